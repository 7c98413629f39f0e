//! Simulated sites: while another one has taken over, what is not replicated is out of sight. Of the groups that are
//! replicated by themselves it is noted which site works.

use std::path::Path;

use model::VolumeId;
use ports::volume::Access;
use ports::volume::replication::{FailedOver, Kept, Replica, ReplicatedGroup, Replication};
use ports::{DriverError, Work};

use super::SimDriver;
use super::table::{self, Table};
use crate::volume::files::{FileName, existing};

/// The file of volumes that are replicated by their groups, and of the sites that work; none is the first one. It is
/// there while there are any.
const FILE: &str = ".sites.json";

/// Forgets a volume that is removed.
pub(super) fn forget(directory: &Path, volume: VolumeId) -> Result<(), DriverError> {
    note(directory, volume, &Kept::Here)
}

/// Notes how a volume is kept.
fn note(directory: &Path, volume: VolumeId, kept: &Kept) -> Result<(), DriverError> {
    let mut sites: Table<Option<String>> = table::read(directory, FILE)?;
    match kept {
        Kept::Here if sites.remove(&volume.to_string()).is_none() => return Ok(()),
        Kept::Here => {}
        Kept::Everywhere { active } => {
            sites.insert(volume.to_string(), active.clone());
        }
    }
    table::write(directory, FILE, &sites)
}

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
        self.check_target(target)?;
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
        let _one_by_one = self.one_by_one();
        let mut sites: Table<Option<String>> = table::read(directory.path(), FILE)?;
        sites.values_mut().for_each(|active| *active = target.map(str::to_owned));
        table::write(directory.path(), FILE, &sites)?;
        directory.sync()?;
        Ok(FailedOver { lost })
    }

    fn replicates_groups(&self) -> bool {
        true
    }

    fn replicate_group(&self, work: &Work, group: &ReplicatedGroup, kept: &Kept) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let fails = self.begin(work)?;
        if let Kept::Everywhere { active } = kept {
            self.check_target(active.as_deref())?;
        }
        for (number, volume) in group.volumes.iter().enumerate() {
            existing(directory, FileName::volume(volume.id), Access::Read)?;
            if number == 1 {
                self.half_way("sim.replicate_group.half_way", fails)?;
            }
            let _one_by_one = self.one_by_one();
            note(directory.path(), volume.id, kept)?;
        }
        directory.sync()
    }
}

impl SimDriver {
    fn check_target(&self, target: Option<&str>) -> Result<(), DriverError> {
        match target {
            Some(target) if !self.options.replication_targets.iter().any(|it| it == target) => {
                Err(DriverError::Refused(format!("{target} is none of the replication targets")))
            }
            _ => Ok(()),
        }
    }
}
