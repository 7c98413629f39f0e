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
mod leaving;
mod service;
mod sharing;

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
    /// Several machines of this host have it, and nobody said which of them is meant.
    #[error("volume {volume} is attached to several machines of this host: name one of {}", listed(vms))]
    Several {
        /// The volume.
        volume: VolumeId,
        /// Who has it.
        vms: Vec<Vm>,
    },
    /// More machines of this host have it than are counted.
    #[error("volume {0} is attached to too many machines of this host")]
    TooMany(VolumeId),
    /// It is attached to this host for writing, or for reading only, and was asked for otherwise.
    #[error("volume {0} is attached to this host already, in another mode than is asked for")]
    OtherMode(VolumeId),
}

fn place_of(vm: Option<&Vm>) -> String {
    vm.map_or_else(|| "this host itself".to_owned(), Vm::to_string)
}

fn listed(vms: &[Vm]) -> String {
    vms.iter().map(Vm::to_string).collect::<Vec<_>>().join(", ")
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
        self.settle_before(seat, volume)?;
        let known = self.journal.all_of(volume)?;
        if let Some(entry) = known.iter().find(|entry| entry.vm == seat.vm) {
            if entry.read_only != read_only || seat.cache.is_some_and(|cache| cache != entry.cache) {
                return Err(AgentError::OtherMode(volume));
            }
            return self.reconnect(entry.clone());
        }
        self.must_be_shared(seat, volume, &known)?;
        let number = journal::free_number(&known).ok_or(AgentError::TooMany(volume))?;
        let before = self.service.attachments(volume)?.into_iter().map(|shown| shown.id).collect();
        let (vm, guest_device) = (seat.vm.clone(), seat.device);
        let cache = seat.cache.unwrap_or_default();
        let mut entry = Entry { number, vm, guest_device, cache, ..Entry::new(volume, read_only, before) };
        self.journal.keep(&entry)?;
        match self.service.reserve(volume, read_only) {
            Ok(id) => entry.attachment_id = Some(id),
            Err(error) => {
                // A refusal has made nothing. Of anything else that is not known, and somebody has to look.
                if matches!(error, ServiceError::Refused { .. }) {
                    self.journal.forget(&entry)?;
                }
                return Err(error.into());
            }
        }
        self.enter(&mut entry, Phase::Offering)?;
        match self.connect(&mut entry) {
            Ok(device) => Ok(device),
            Err(why) => {
                tracing::warn!(%volume, phase = ?entry.phase, "not attached, going back");
                if let Err(error) = self.settle(&mut entry) {
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
                let connection = self.way(entry, &info)?;
                entry.connection = Some(connection.clone());
                entry.encrypted = connection.encrypted;
                self.begin_connecting(entry)?;
                self.plug_content(entry, &connection)?
            }
        };
        entry.device = Some(device.clone());
        self.enter(entry, Phase::Connected)?;
        self.complete(entry)?;
        Ok(device)
    }

    /// What the service says of the way to a volume, and what the storage says of further paths. Once that is known it
    /// stays, as long as the service says the same.
    fn way(&self, entry: &Entry, info: &Map<String, Value>) -> Result<Connection, AttachError> {
        let mut connection = Connection::read(info, entry.volume_id, &self.connector)?;
        connection.read_only |= entry.read_only;
        let data = info.get("data").and_then(Value::as_object).unwrap_or(info);
        match &entry.connection {
            Some(kept) if connection.way.is_within(&kept.way) => {
                connection.way = kept.way.clone();
                Ok(connection)
            }
            _ if data.contains_key("target_portals") => Ok(connection),
            _ => Ok(self.initiator.with_every_portal(connection)),
        }
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

    /// The device of a volume that is attached, made anew where it is gone: the machine was restarted, say.
    fn reconnect(&self, mut entry: Entry) -> Result<Device, AgentError> {
        if let Some(device) = self.find(&entry).filter(|_| !self.is_wrongly_writable(&entry)) {
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
        let connection = self.way(&entry, &shown.connection_info)?;
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
        let mut entries = self.journal.all_of(volume)?;
        entries.retain(|entry| entry.phase == Phase::Attached);
        let mut shown = None;
        for mut entry in entries {
            let bytes = self.service.size_bytes(volume)?.ok_or(AgentError::NotAttached(volume))?;
            let device = match self.find(&entry) {
                Some(device) if entry.fills(&device, bytes) => device,
                _ => self.grow(&entry, bytes)?,
            };
            entry.device = Some(device.clone());
            self.journal.keep(&entry)?;
            shown.get_or_insert(device);
        }
        shown.ok_or(AgentError::NotAttached(volume))
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

    /// Notes that the host begins to connect. What is attached, and is made anew, stays that.
    fn begin_connecting(&self, entry: &mut Entry) -> Result<(), AgentError> {
        let phase = if entry.phase == Phase::Attached { Phase::Attached } else { Phase::Connecting };
        self.enter(entry, phase)
    }

    fn enter(&self, entry: &mut Entry, phase: Phase) -> Result<(), AgentError> {
        entry.phase = phase;
        Ok(self.journal.keep(entry)?)
    }

    fn take(&self, volume: VolumeId) -> Result<Lock, AgentError> {
        self.journal.lock(volume)?.ok_or(AgentError::Taken(volume))
    }
}
