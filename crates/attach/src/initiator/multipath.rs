//! One device over several paths: multipath-tools, driven through `multipathd` and `multipath`.

use std::path::PathBuf;
use std::time::Duration;

use ports::ExecError;

use super::scsi::{Unit, names_in, says, wait_for};
use crate::AttachError;
use crate::machine::{Machine, Program};

/// What stands before the name of a disk in the name of its map (`dm/uuid`).
const UUID_PREFIX: &str = "mpath-";
/// How long a map may take to come.
const COMES_WITHIN: Duration = Duration::from_secs(15);
/// How long udev may take to give a map the node that has its name.
const NAMED_WITHIN: Duration = Duration::from_secs(10);
/// How long a map may take to go.
const GOES_WITHIN: Duration = Duration::from_secs(15);

/// A map over several paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Map {
    /// What it is called.
    pub(super) name: String,
    /// Its block device: `dm-0`.
    pub(super) device: String,
    /// What its paths call themselves.
    wwid: String,
}

impl Map {
    /// The map of the disk `wwid`, if there is one.
    pub(super) fn find(machine: &dyn Machine, wwid: &str) -> Option<Self> {
        let all = machine.at("sys/block");
        let mut devices = names_in(&all).into_iter().filter(|name| name.starts_with("dm-"));
        devices.find_map(|device| {
            let dm = all.join(&device).join("dm");
            let uuid = says(&dm.join("uuid"))?;
            let theirs = uuid.strip_prefix(UUID_PREFIX)?;
            (theirs == wwid).then_some(())?;
            Some(Self { name: says(&dm.join("name"))?, device, wwid: wwid.to_owned() })
        })
    }

    /// Its node.
    pub(super) fn node(&self, machine: &dyn Machine) -> PathBuf {
        self.named_node(machine).unwrap_or_else(|| machine.at("dev").join(&self.device))
    }

    /// The node that has its name, which udev makes when it has heard of the map.
    fn named_node(&self, machine: &dyn Machine) -> Option<PathBuf> {
        Some(machine.at("dev/mapper").join(&self.name)).filter(|node| node.exists())
    }

    /// Sees to it that the disk `wwid` has a map over all of `units`.
    pub(super) fn ensure(machine: &dyn Machine, wwid: &str, units: &[Unit]) -> Result<Self, AttachError> {
        let found = Self::find(machine, wwid);
        let has = |unit: &Unit| {
            let slaves = found.as_ref().map(|map| machine.at("sys/block").join(&map.device).join("slaves"));
            slaves.is_some_and(|slaves| slaves.join(&unit.name).exists())
        };
        let missing: Vec<&Unit> = units.iter().filter(|unit| !has(unit)).collect();
        if found.is_none() {
            // A disk that multipath does not know yet gets a map only when it is told to.
            machine.run(&Program::new("multipath", &["-a", wwid]))?;
        }
        for unit in missing {
            // It knows nothing of a path before udev does.
            tell_until_done(machine, &["add", "path", &unit.name])?;
        }
        if found.is_none() {
            tell_until_done(machine, &["add", "map", wwid])?;
        }
        let come = wait_for(machine, COMES_WITHIN, || Self::find(machine, wwid));
        let map =
            come.ok_or_else(|| AttachError::CannotHere(format!("multipathd makes no map of {wwid}")))?;
        if wait_for(machine, NAMED_WITHIN, || map.named_node(machine)).is_none() {
            tracing::warn!(map = map.name, "udev has made no node of that name; the kernel's own is used");
        }
        Ok(map)
    }

    /// Removes it. Nobody may hold it.
    pub(super) fn remove(&self, machine: &dyn Machine) -> Result<(), AttachError> {
        // Where every path is lost, what waits for one would wait for ever. A daemon that is not there queues nothing.
        let _ = machine.run(&Program::new("multipathd", &["disablequeueing", "map", &self.name]));
        // Whoever looks at a device that was just closed, as udev does, is in the way for a moment.
        let mut failure = None;
        let gone = wait_for(machine, GOES_WITHIN, || {
            failure = machine.run(&Program::new("multipath", &["-f", &self.name])).err();
            Self::find(machine, &self.wwid).is_none().then_some(())
        });
        match (gone, failure) {
            (Some(()), _) => Ok(()),
            (None, Some(error)) => Err(error.into()),
            (None, None) => Err(AttachError::Busy { device: self.node(machine) }),
        }
    }

    /// Has multipath no longer take the disk `wwid` for one of its own.
    pub(super) fn forget(machine: &dyn Machine, wwid: &str) -> Result<(), AttachError> {
        // It comments the line of this disk out; where there is no such file nothing is remembered.
        let known = says(&machine.at("etc/multipath/wwids")).unwrap_or_default();
        if known.contains(&format!("\n/{wwid}/")) {
            machine.run(&Program::new("multipath", &["-w", wwid]))?;
        }
        Ok(())
    }

    /// Has it take the size of its paths.
    pub(super) fn resize(&self, machine: &dyn Machine) -> Result<(), AttachError> {
        machine.run(&Program::new("multipathd", &["resize", "map", &self.name]))?;
        Ok(())
    }
}

/// Tells multipathd something until it does it, or has had its time.
fn tell_until_done(machine: &dyn Machine, order: &[&str]) -> Result<(), AttachError> {
    let mut failure = None;
    let done = wait_for(machine, COMES_WITHIN, || match machine.run(&Program::new("multipathd", order)) {
        Ok(_) => Some(Ok(())),
        Err(error @ ExecError::NotFound { .. }) => Some(Err(error)),
        Err(error) => {
            failure = Some(error);
            None
        }
    });
    match (done, failure) {
        (Some(result), _) => Ok(result?),
        (None, Some(error)) => Err(error.into()),
        (None, None) => Ok(()),
    }
}
