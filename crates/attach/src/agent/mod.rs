//! Attaching and detaching so that it can be cut off anywhere.
//!
//! ```text
//! attach:  reserving ─▶ offering ─▶ connecting ─▶ connected ─▶ attached
//! detach:  attached ─▶ disconnecting ─▶ releasing ─▶ (nothing)
//! ```
//!
//! Each phase is kept in the journal before its effect is made. What is cut off before the device is there goes back by
//! the phases of detaching; what is cut off after it goes on. Either is done by whoever takes the volume next: the agent,
//! or the next command.

mod check;
mod guest;
mod journal;
mod service;

pub use check::{Finding, Trouble};
pub use guest::Seat;
pub use journal::{Entry, Journal, Lock, Phase};
pub use service::{Service, ServiceError, Shown};

use std::io;

use model::{Connector, VolumeId};
use ports::Exec;
use serde_json::{Map, Value};
use thiserror::Error;

use crate::hypervisor::{PlugError, Vm};
use crate::initiator::{Connection, Device, Initiator};
use crate::{AttachError, chain};

/// Why a volume was not attached or detached.
#[derive(Debug, Error)]
pub enum AgentError {
    /// The service.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The host.
    #[error(transparent)]
    Host(#[from] AttachError),
    /// The virtual machine.
    #[error(transparent)]
    Vm(#[from] PlugError),
    /// The journal cannot be kept.
    #[error("the journal cannot be kept")]
    Journal(#[from] io::Error),
    /// Somebody else on this host works on the volume.
    #[error("somebody else on this host works on volume {0}")]
    Taken(VolumeId),
    /// The volume is not attached to this host.
    #[error("volume {0} is not attached to this host")]
    NotAttached(VolumeId),
    /// It is attached to something else.
    #[error("volume {volume} is attached to {}", place_of(vm.as_ref()))]
    Elsewhere {
        /// The volume.
        volume: VolumeId,
        /// Who has it.
        vm: Option<Vm>,
    },
    /// It is attached to this host for writing, or for reading only, and was asked for otherwise.
    #[error("volume {0} is attached to this host already, in another mode than is asked for")]
    OtherMode(VolumeId),
}

fn place_of(vm: Option<&Vm>) -> String {
    vm.map_or_else(|| "this host itself".to_owned(), Vm::to_string)
}

/// Attaches volumes to this host and to its virtual machines.
pub struct Agent {
    journal: Journal,
    initiator: Initiator,
    service: Box<dyn Service>,
    connector: Connector,
    exec: Exec,
}

impl Agent {
    /// An agent that keeps `journal`, connects by `initiator` and calls itself `connector`.
    #[must_use]
    pub fn new(
        journal: Journal,
        initiator: Initiator,
        service: Box<dyn Service>,
        connector: Connector,
    ) -> Self {
        Self { journal, initiator, service, connector, exec: Exec::direct() }
    }

    /// The same, which runs the programs of hypervisors by `exec`.
    #[must_use]
    pub fn with_exec(self, exec: Exec) -> Self {
        Self { exec, ..self }
    }

    /// The journal.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Attaches a volume to this host itself; its device.
    ///
    /// # Errors
    /// As [`Self::attach_to`].
    pub fn attach(&self, volume: VolumeId, read_only: bool) -> Result<Device, AgentError> {
        self.attach_to(&Seat::default(), volume, read_only)
    }

    /// Attaches a volume; its device, as whoever has it calls it. One that is attached already is only looked at.
    ///
    /// # Errors
    /// The service refuses, or this host cannot connect: then nothing is left of it. When the service stops answering, or
    /// the host does not let go, the next who takes the volume finishes.
    pub fn attach_to(&self, seat: &Seat, volume: VolumeId, read_only: bool) -> Result<Device, AgentError> {
        let _lock = self.take(volume)?;
        self.settle(volume)?;
        if let Some(entry) = self.journal.find(volume)? {
            if entry.vm != seat.vm {
                return Err(AgentError::Elsewhere { volume, vm: entry.vm });
            }
            if entry.read_only != read_only {
                return Err(AgentError::OtherMode(volume));
            }
            return self.reconnect(entry);
        }
        let before = self.service.attachments(volume)?.into_iter().map(|shown| shown.id).collect();
        let (vm, guest_device) = (seat.vm.clone(), seat.device);
        let mut entry = Entry { vm, guest_device, ..Entry::new(volume, read_only, before) };
        self.journal.keep(&entry)?;
        match self.service.reserve(volume, read_only) {
            Ok(id) => entry.attachment_id = Some(id),
            Err(error) => {
                // A refusal has made nothing. Of anything else that is not known, and somebody has to look.
                if matches!(error, ServiceError::Refused { .. }) {
                    self.journal.forget(volume)?;
                }
                return Err(error.into());
            }
        }
        self.enter(&mut entry, Phase::Offering)?;
        match self.connect(&mut entry) {
            Ok(device) => Ok(device),
            Err(why) => {
                tracing::warn!(%volume, phase = ?entry.phase, "not attached, going back");
                if let Err(error) = self.settle(volume) {
                    tracing::warn!(%volume, error = chain(&error), "not cleaned up yet");
                }
                Err(why)
            }
        }
    }

    /// From the offer to the end.
    fn connect(&self, entry: &mut Entry) -> Result<Device, AgentError> {
        let id = entry.attachment_id.clone().unwrap_or_default();
        let info = self.service.offer(&id, &self.connector_for(entry)?)?;
        let device = match entry.vm.clone() {
            Some(vm) => self.connect_guest(entry, &vm, &info)?,
            None => {
                let connection = self.read(entry, &info)?;
                entry.connection = Some(connection.clone());
                entry.encrypted = connection.encrypted;
                self.enter(entry, Phase::Connecting)?;
                self.plug_content(entry, &connection)?
            }
        };
        entry.device = Some(device.clone());
        self.enter(entry, Phase::Connected)?;
        self.complete(entry)?;
        Ok(device)
    }

    /// What the service says of the way to a volume.
    fn read(&self, entry: &Entry, info: &Map<String, Value>) -> Result<Connection, AttachError> {
        let mut connection = Connection::read(info, entry.volume_id, &self.connector)?;
        connection.read_only |= entry.read_only;
        Ok(connection)
    }

    /// Makes the device; the facts are kept as they are learned.
    fn plug(&self, entry: &mut Entry, connection: &Connection) -> Result<Device, AttachError> {
        let mut facts = entry.facts.clone();
        let mut note = |facts: &_| {
            entry.facts = Clone::clone(facts);
            self.journal.keep(entry)
        };
        self.initiator.ensure_connected(connection, &mut facts, &mut note)
    }

    /// The same, and opens what is encrypted.
    fn plug_content(&self, entry: &mut Entry, connection: &Connection) -> Result<Device, AgentError> {
        let device = self.plug(entry, connection)?;
        if !connection.encrypted {
            return Ok(device);
        }
        let encryption = self.service.encryption(entry.volume_id)?;
        Ok(self.initiator.ensure_opened(connection, &device, &encryption)?)
    }

    fn complete(&self, entry: &mut Entry) -> Result<(), AgentError> {
        let id = entry.attachment_id.clone().unwrap_or_default();
        self.service.complete(&id)?;
        // That it is attached counts, and not what it looks like.
        entry.attached_at = self.service.show(&id).ok().flatten().and_then(|shown| shown.attached_at);
        self.enter(entry, Phase::Attached)
    }

    /// Detaches a volume. `force` overlooks that what the host still holds of it cannot be written.
    ///
    /// # Errors
    /// It is not attached here; somebody uses the device; the host does not let go, or the service cannot be asked: the
    /// next who takes the volume finishes.
    pub fn detach(&self, volume: VolumeId, force: bool) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        let mut entry = self.journal.find(volume)?.ok_or(AgentError::NotAttached(volume))?;
        if matches!(entry.phase, Phase::Reserving | Phase::Offering) {
            return self.settle(volume);
        }
        if entry.phase != Phase::Releasing {
            self.unplug(&mut entry, force)?;
        }
        self.release(&entry)
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
        if let Some(connection) = entry.connection.clone() {
            match self.initiator.ensure_disconnected(&connection, &entry.facts, force) {
                Err(error @ AttachError::Busy { .. }) if before == Phase::Attached => {
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
        Ok(self.journal.forget(entry.volume_id)?)
    }

    /// Finishes or cleans up what was cut off; what is attached stays.
    ///
    /// # Errors
    /// It cannot yet: the service does not answer, or the host does not let go.
    pub fn recover(&self, volume: VolumeId) -> Result<(), AgentError> {
        let _lock = self.take(volume)?;
        self.settle(volume)
    }

    fn settle(&self, volume: VolumeId) -> Result<(), AgentError> {
        let Some(mut entry) = self.journal.find(volume)? else { return Ok(()) };
        match entry.phase {
            Phase::Attached => Ok(()),
            Phase::Reserving => self.forget_reservation(&entry),
            Phase::Connected => match self.complete(&mut entry) {
                Err(AgentError::Service(ServiceError::Refused { .. })) => {
                    self.unplug(&mut entry, false)?;
                    self.release(&entry)
                }
                result => result,
            },
            Phase::Offering | Phase::Connecting | Phase::Disconnecting => {
                self.unplug(&mut entry, false)?;
                self.release(&entry)
            }
            Phase::Releasing => self.release(&entry),
        }
    }

    /// Removes a reservation of which the answer was lost: one that came since, for no server, and that nobody has told
    /// who connects. Were it another host's, it could not have connected by it either, and would be told so.
    fn forget_reservation(&self, entry: &Entry) -> Result<(), AgentError> {
        let shown = match self.service.attachments(entry.volume_id) {
            Err(error) if error.is_not_found() => Vec::new(),
            result => result?,
        };
        for shown in shown {
            let is_bare = shown.instance.is_none() && shown.connection_info.is_empty();
            if shown.status == "reserved" && is_bare && !entry.before.contains(&shown.id) {
                self.service.release(&shown.id)?;
            }
        }
        Ok(self.journal.forget(entry.volume_id)?)
    }

    /// The device of a volume that is attached, made anew where it is gone: the machine was restarted, say.
    fn reconnect(&self, mut entry: Entry) -> Result<Device, AgentError> {
        if let Some(device) = self.find(&entry) {
            return Ok(device);
        }
        let id = entry.attachment_id.clone().unwrap_or_default();
        let shown = self.service.show(&id)?.ok_or(AgentError::NotAttached(entry.volume_id))?;
        if let Some(vm) = entry.vm.clone() {
            let device = self.connect_guest(&mut entry, &vm, &shown.connection_info)?;
            entry.device = Some(device.clone());
            self.enter(&mut entry, Phase::Attached)?;
            return Ok(device);
        }
        let kept = entry.connection.clone().ok_or(AgentError::NotAttached(entry.volume_id))?;
        // What lets this host in is not kept.
        let connection = self.read(&entry, &shown.connection_info)?;
        if connection.way == kept.way {
            let device = self.plug_content(&mut entry, &connection)?;
            entry.device = Some(device.clone());
            self.journal.keep(&entry)?;
            return Ok(device);
        }
        Err(AttachError::BadConnection("the volume is now reached elsewhere: detach it, and attach it again")
            .into())
    }

    /// Has the device take the size that the volume has by now; nothing is done when it has it.
    ///
    /// # Errors
    /// The volume is not attached here, or its device does not grow.
    pub fn resize(&self, volume: VolumeId) -> Result<Device, AgentError> {
        let _lock = self.take(volume)?;
        let entry = self.journal.find(volume)?.filter(|entry| entry.phase == Phase::Attached);
        let mut entry = entry.ok_or(AgentError::NotAttached(volume))?;
        let bytes = self.service.size_bytes(volume)?.ok_or(AgentError::NotAttached(volume))?;
        let device = match self.find(&entry) {
            Some(device) if entry.fills(&device, bytes) => device,
            _ => self.grow(&entry, bytes)?,
        };
        entry.device = Some(device.clone());
        self.journal.keep(&entry)?;
        Ok(device)
    }

    fn grow(&self, entry: &Entry, bytes: u64) -> Result<Device, AgentError> {
        let of_host = match &entry.connection {
            Some(connection) => Some(self.initiator.ensure_size(connection, &entry.facts, bytes)?),
            None => None,
        };
        match (&entry.vm, of_host) {
            (Some(vm), _) => self.resize_guest(entry, vm, bytes),
            (None, Some(_)) if entry.encrypted => Ok(self.initiator.resize_opened(entry.volume_id)?),
            (None, device) => device.ok_or(AgentError::NotAttached(entry.volume_id)),
        }
    }

    fn enter(&self, entry: &mut Entry, phase: Phase) -> Result<(), AgentError> {
        entry.phase = phase;
        Ok(self.journal.keep(entry)?)
    }

    fn take(&self, volume: VolumeId) -> Result<Lock, AgentError> {
        self.journal.lock(volume)?.ok_or(AgentError::Taken(volume))
    }
}
