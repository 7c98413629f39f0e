//! Simulated sites: while another one has taken over, what is not replicated is out of sight.

use ports::volume::replication::{FailedOver, Replica, Replication};
use ports::{DriverError, Work};

use super::SimDriver;
use crate::volume::files::FileName;

impl Replication for SimDriver {
    fn targets(&self) -> Vec<String> {
        self.options.replication_targets.clone()
    }

    fn fail_over(
        &self,
        work: &Work,
        volumes: &[Replica],
        target: Option<&str>,
    ) -> Result<FailedOver, DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        if let Some(target) =
            target.filter(|target| !self.options.replication_targets.iter().any(|it| it == target))
        {
            return Err(DriverError::Refused(format!("{target} is none of the replication targets")));
        }
        let (mut lost, mut half) = (Vec::new(), Some(()));
        for replica in volumes.iter().filter(|replica| !replica.replicated) {
            let name = FileName::volume(replica.volume.id);
            match target {
                Some(_) => {
                    directory.put_aside(name)?;
                    lost.push(replica.volume.id);
                }
                None => directory.bring_back(name)?,
            }
            if half.take().is_some() {
                self.half_way("sim.fail_over.half_way", fails)?;
            }
        }
        directory.sync()?;
        Ok(FailedOver { lost })
    }
}
