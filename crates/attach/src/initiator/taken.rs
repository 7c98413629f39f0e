//! The devices at the ends of paths: made one, and let go of.

use std::path::Path;
use std::time::Duration;

use super::connection::Connection;
use super::facts::{Facts, Note};
use super::multipath::Map;
use super::scsi::{self, Unit, wait_for};
use super::{Device, Initiator, noted};
use crate::AttachError;
use crate::machine::{Machine, Program};

/// How long a map may take to come that somebody who is gone has asked for.
const MAP_COMES_WITHIN: Duration = Duration::from_secs(10);

impl Initiator {
    /// One device out of those at the ends of the paths.
    pub(super) fn one_device(
        &self,
        connection: &Connection,
        units: &[Unit],
        facts: &mut Facts,
        note: Note<'_>,
    ) -> Result<Device, AttachError> {
        let machine = self.machine.as_ref();
        for unit in units {
            unit.revive(machine);
            unit.check_serial(connection.volume_id)?;
            let Some(says) = unit.wwid(machine) else { continue };
            match &facts.wwid {
                None => {
                    facts.wwid = Some(says);
                    noted(facts, note)?;
                }
                Some(expected) if *expected != says => {
                    let (device, expected) = (unit.name.clone(), expected.clone());
                    return Err(AttachError::WrongDevice { device, says, expected });
                }
                Some(_) => {}
            }
        }
        let first = units.first().ok_or_else(|| AttachError::NoPath("all of them failed".to_owned()))?;
        match &facts.wwid {
            Some(wwid) if connection.multipath => match Map::ensure(machine, wwid, units) {
                Ok(map) => {
                    if !facts.mapped {
                        facts.mapped = true;
                        noted(facts, note)?;
                    }
                    if connection.read_only {
                        only_read(machine, &map.node(machine))?;
                    }
                    return Ok(self.mapped(&map, units));
                }
                Err(error) if connection.enforce_multipath => return Err(error),
                Err(error) => tracing::warn!(%error, "one path is used, without multipath"),
            },
            _ if connection.enforce_multipath => {
                return Err(AttachError::NotMultipath { paths: units.len() });
            }
            _ => {}
        }
        if connection.read_only {
            only_read(machine, &first.node(machine))?;
        }
        Ok(self.device(first.node(machine), Vec::new()))
    }

    /// Flushes and forgets the map over `units`, and them.
    pub(super) fn remove_units(
        &self,
        units: &[Unit],
        facts: &Facts,
        multipath: bool,
        force: bool,
    ) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let names: Vec<String> = units.iter().map(|unit| unit.name.clone()).collect();
        units.iter().for_each(|unit| unit.revive(machine));
        if let Some(wwid) = &facts.wwid {
            self.remove_map(wwid, force)?;
            Map::forget(machine, wwid)?;
            if multipath {
                // A map that multipathd was told to make by somebody who is gone may yet come.
                let no_more = wait_for(machine, MAP_COMES_WITHIN, || {
                    let removed = self.remove_map(wwid, force);
                    (removed.is_err() || !self.is_any_held(&names)).then_some(removed)
                });
                no_more.transpose()?;
            }
        }
        self.let_go_of_units(&names, facts.mapped, force)?;
        units.iter().try_for_each(|unit| unit.remove(machine))?;
        // A map that came meanwhile has had its disk remembered again.
        facts.wwid.iter().try_for_each(|wwid| Map::forget(machine, wwid))
    }

    fn remove_map(&self, wwid: &str, force: bool) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let Some(map) = Map::find(machine, wwid) else { return Ok(()) };
        self.free(&map.node(machine), force)?;
        map.remove(machine)
    }

    fn is_any_held(&self, names: &[String]) -> bool {
        let machine = self.machine.as_ref();
        names.iter().any(|name| machine.is_held(&machine.at("dev").join(name)).unwrap_or(false))
    }

    /// Lets go of the devices at the ends of the paths to one disk. What was written through a map of them went to those that
    /// were there: one that is lost has nothing of it.
    fn let_go_of_units(&self, names: &[String], mapped: bool, force: bool) -> Result<(), AttachError> {
        let freed = names.iter().map(|name| (name, self.free(&self.machine.at("dev").join(name), force)));
        let (kept, lost): (Vec<_>, Vec<_>) = freed.partition(|(_, freed)| freed.is_ok());
        for (name, freed) in lost {
            match freed {
                Err(AttachError::Exec(error)) if mapped && !kept.is_empty() => {
                    tracing::warn!(device = name, %error, "a path is lost; the others are flushed");
                }
                freed => freed?,
            }
        }
        Ok(())
    }

    /// Sees to it that nobody holds these devices, and that nothing is left to be written to them.
    pub(super) fn let_go(&self, names: Vec<String>, force: bool) -> Result<(), AttachError> {
        names.iter().try_for_each(|name| self.free(&self.machine.at("dev").join(name), force))
    }

    pub(super) fn free(&self, device: &Path, force: bool) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        // A device that cannot be opened any more is held by nobody.
        if machine.is_held(device).unwrap_or(false) {
            return Err(AttachError::Busy { device: device.to_owned() });
        }
        match scsi::flush(machine, device) {
            Err(error) if !force => Err(error.into()),
            Err(error) => {
                tracing::warn!(device = %device.display(), %error, "not flushed, and let go all the same");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }
}

/// Has the kernel refuse what would be written to a device, whatever the target would take.
pub(super) fn only_read(machine: &dyn Machine, device: &Path) -> Result<(), AttachError> {
    machine.run(&Program::new("blockdev", &["--setro", &device.display().to_string()]))?;
    Ok(())
}
