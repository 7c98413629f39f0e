//! The way back: detaching, and what becomes of work that was cut off.

use model::VolumeId;

use super::{Agent, AgentError, Entry, Phase, ServiceError};
use crate::AttachError;
use crate::hypervisor::{PlugError, Vm};

impl Agent {
    /// Detaches a volume. `force` overlooks that what the host still holds of it cannot be written.
    ///
    /// # Errors
    /// It is not attached here, or several machines have it; somebody uses the device; the host does not let go, or the
    /// service cannot be asked: the next who takes the volume finishes.
    pub fn detach(&self, volume: VolumeId, force: bool) -> Result<(), AgentError> {
        self.detach_from(volume, None, force)
    }

    /// Detaches a volume from `vm`, or from whoever has it where only one does.
    ///
    /// # Errors
    /// As [`Self::detach`].
    pub fn detach_from(&self, volume: VolumeId, vm: Option<&Vm>, force: bool) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        let mut found = self.journal.all_of(volume)?;
        found.retain(|entry| vm.is_none_or(|vm| entry.vm.as_ref() == Some(vm)));
        let mut entries = found.into_iter();
        match (entries.next(), entries.as_slice()) {
            (None, _) => Err(AgentError::NotAttached(volume)),
            (Some(mut entry), []) => self.leave(&mut entry, force),
            (Some(first), others) => {
                let vms = [&first].into_iter().chain(others).filter_map(|entry| entry.vm.clone()).collect();
                Err(AgentError::Several { volume, vms })
            }
        }
    }

    /// Detaches what `entry` is about.
    pub(super) fn leave(&self, entry: &mut Entry, force: bool) -> Result<(), AgentError> {
        if matches!(entry.phase, Phase::Reserving | Phase::Offering) {
            return self.settle(entry);
        }
        if entry.phase != Phase::Releasing {
            self.unplug(entry, force)?;
        }
        self.release(entry)
    }

    /// Takes the device away. A device that is in use stays attached, as if nobody had asked.
    fn unplug(&self, entry: &mut Entry, force: bool) -> Result<(), AgentError> {
        let before = entry.phase;
        self.enter(entry, Phase::Disconnecting)?;
        match self.unplug_guest(entry) {
            Err(error @ PlugError::NotReleased { .. }) if before == Phase::Attached => {
                self.enter(entry, before)?;
                return Err(error.into());
            }
            result => result?,
        }
        if entry.vm.is_some() {
            entry.unplugged = true;
            self.journal.keep(entry)?;
        }
        if let Some(connection) = entry.connection.clone()
            && !self.is_held_by_others(entry)?
        {
            match self.initiator.ensure_disconnected(&connection, &entry.facts, force) {
                Err(error @ AttachError::Busy { .. }) if before == Phase::Attached => {
                    entry.unplugged = false;
                    self.enter(entry, before)?;
                    return Err(error.into());
                }
                result => result?,
            }
        }
        entry.device = None;
        self.enter(entry, Phase::Releasing)
    }

    fn release(&self, entry: &Entry) -> Result<(), AgentError> {
        if let Some(id) = &entry.attachment_id {
            self.service.release(id)?;
        }
        Ok(self.journal.forget(entry)?)
    }

    /// Finishes or cleans up what was cut off; what is attached stays.
    ///
    /// # Errors
    /// It cannot yet: the service does not answer, or the host does not let go.
    pub fn recover(&self, volume: VolumeId) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        self.journal.all_of(volume)?.into_iter().try_for_each(|mut entry| self.settle(&mut entry))
    }

    /// The same with one entry.
    pub(super) fn settle(&self, entry: &mut Entry) -> Result<(), AgentError> {
        match entry.phase {
            Phase::Attached => Ok(()),
            Phase::Reserving => self.forget_reservation(entry),
            Phase::Connected => match self.complete(entry) {
                Err(AgentError::Service(ServiceError::Refused { status: 400 | 403 | 404 | 409, .. })) => {
                    self.unplug(entry, false)?;
                    self.release(entry)
                }
                result => result,
            },
            Phase::Offering | Phase::Connecting | Phase::Disconnecting => {
                self.unplug(entry, false)?;
                self.release(entry)
            }
            Phase::Releasing => self.release(entry),
        }
    }

    /// Removes a reservation of which the answer was lost: one that came since, for no server, and that nobody has told
    /// who connects. Were it another host's, it could not have connected by it either, and would be told so.
    fn forget_reservation(&self, entry: &Entry) -> Result<(), AgentError> {
        let shown = match self.service.attachments(entry.volume_id) {
            Err(error) if error.is_not_found() => Vec::new(),
            result => result?,
        };
        let others = self.journal.all_of(entry.volume_id)?;
        for shown in shown {
            let is_bare = shown.instance.is_none() && shown.connection_info.is_empty();
            let is_known = entry.before.contains(&shown.id)
                || others.iter().any(|other| other.attachment_id.as_ref() == Some(&shown.id));
            if shown.status == "reserved" && is_bare && !is_known {
                self.service.release(&shown.id)?;
            }
        }
        Ok(self.journal.forget(entry)?)
    }
}
