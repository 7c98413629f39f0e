//! Volumes that a virtual machine of this host has, instead of the host itself.
//!
//! A hypervisor that can connect to the storage does so by itself; where it cannot, or where the kernel does it better, the
//! volume becomes a device of the host, and the machine gets that.

use std::io::ErrorKind;
use std::path::PathBuf;

use model::{Connector, VolumeId};
use serde_json::{Map, Value};

use super::{Agent, AgentError, Entry};
use crate::chain;
use crate::hypervisor::{
    Cache, DEFAULT_PATIENCE, DeviceName, Disk, Format, Hypervisor, Limits, Options, Passphrase, Place,
    PlugError, Plugged, Vm,
};
use crate::initiator::{Connection, Device};

/// The format of encrypted content that QEMU opens: version 1 of LUKS.
const OPENED_BY_QEMU: &str = "luks";

impl Agent {
    /// Who connects, and under which name the guest will have the volume; it is chosen here.
    pub(super) fn connector_for(&self, entry: &mut Entry) -> Result<Connector, AgentError> {
        let Some(vm) = &entry.vm else { return Ok(self.connector.clone()) };
        let mut said = self.connector.as_map().clone();
        let name = match entry.guest_device {
            Some(name) => name,
            None => self.hypervisor(vm)?.next_name()?,
        };
        entry.guest_device = Some(name);
        said.insert("mountpoint".to_owned(), Value::from(name.to_string()));
        Connector::new(said).map_err(|error| PlugError::Connection(error.to_string()).into())
    }

    /// Connects by whatever way, and plugs.
    pub(super) fn connect_guest(
        &self,
        entry: &mut Entry,
        vm: &Vm,
        info: &Map<String, Value>,
    ) -> Result<Device, AgentError> {
        let (disk, options) = self.disk_for(entry, info)?;
        let plugged = self.hypervisor(vm)?.ensure_plugged(&disk, &options)?;
        Ok(device(&plugged))
    }

    /// The disk of a volume, and how it is to be plugged. The phase becomes that of connecting, unless it is attached.
    fn disk_for(&self, entry: &mut Entry, info: &Map<String, Value>) -> Result<(Disk, Options), AgentError> {
        let data = info.get("data").and_then(Value::as_object).unwrap_or(info);
        let flag = |key: &str| data.get(key).and_then(Value::as_bool);
        entry.encrypted = flag("encrypted").unwrap_or_default();
        let passphrase = if entry.encrypted { Some(self.passphrase(entry.volume_id)?) } else { None };
        let read_only = entry.read_only || data.get("access_mode").and_then(Value::as_str) == Some("ro");
        let limits = data.get("qos_specs").and_then(Value::as_object).map(Limits::of_specs).transpose()?;
        let options = Options {
            device: entry.guest_device,
            read_only,
            shared: self.service.is_shared(entry.volume_id)?,
            discard: flag("discard").unwrap_or(true),
            limits: limits.unwrap_or_default(),
            cache: entry.cache,
            ..Options::new(entry.volume_id)
        };
        let direct = Disk::of_connection(info, self.connector.initiator(), passphrase.clone());
        let is_better_here = || {
            let connection = Connection::read(info, entry.volume_id, &self.connector);
            connection.is_ok_and(|connection| self.initiator.has_kernel_for(&connection))
        };
        let disk = match direct {
            Ok(_) if is_better_here() => {
                Disk { passphrase, ..self.disk_of_host(entry, info, options.shared)? }
            }
            Ok(disk) => {
                self.begin_connecting(entry)?;
                disk
            }
            Err(PlugError::NeedsHost(_)) => {
                Disk { passphrase, ..self.disk_of_host(entry, info, options.shared)? }
            }
            Err(error) => return Err(error.into()),
        };
        Ok((disk, options))
    }

    /// What opens the content of an encrypted volume, where a hypervisor is to do it.
    fn passphrase(&self, volume: VolumeId) -> Result<Passphrase, AgentError> {
        let encryption = self.service.encryption(volume)?;
        if encryption.format == OPENED_BY_QEMU {
            return Ok(encryption.passphrase);
        }
        let why = format!(
            "its content is encrypted as {:?}, and QEMU opens {OPENED_BY_QEMU:?} alone: attach it to the host, or retype it",
            encryption.format
        );
        Err(PlugError::Connection(why).into())
    }

    /// Makes the volume a device of this host, for a machine of it. Of a device that others may get too, to write, it is the
    /// hypervisor that lets this machine only read.
    fn disk_of_host(
        &self,
        entry: &mut Entry,
        info: &Map<String, Value>,
        is_shared: bool,
    ) -> Result<Disk, AgentError> {
        let mut connection = self.way(entry, info)?;
        connection.read_only &= !is_shared;
        self.join(entry, &connection)?;
        entry.connection = Some(connection.clone());
        self.begin_connecting(entry)?;
        let device = self.plug(entry, &connection)?;
        let place = Place::local(&device.path);
        let bad = |error| PlugError::Connection(format!("{}: {error}", device.path.display()));
        Ok(Disk::new(place.map_err(bad)?, Format::Raw))
    }

    /// Takes a volume away from its guest. A machine that has ended has nothing any more.
    pub(super) fn unplug_guest(&self, entry: &Entry) -> Result<(), PlugError> {
        let Some(vm) = &entry.vm else { return Ok(()) };
        let gone = |error: &PlugError| {
            let PlugError::Unreachable { source, .. } = error else { return false };
            matches!(source.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused)
        };
        match self.hypervisor(vm) {
            Err(error) if gone(&error) => Ok(()),
            hypervisor => hypervisor?.ensure_unplugged(entry.volume_id, DEFAULT_PATIENCE),
        }
    }

    /// The device of a volume, wherever it is, if there is one now. Nothing is changed. A machine that does not answer is
    /// taken for one that does not have it: whoever plugs it again looks first.
    pub(super) fn find(&self, entry: &Entry) -> Option<Device> {
        let Some(vm) = &entry.vm else {
            let connected = self.initiator.find(entry.connection.as_ref()?, &entry.facts)?;
            let is_open = || self.initiator.find_opened(entry.volume_id);
            return if entry.encrypted { is_open() } else { Some(connected) };
        };
        let found = self.hypervisor(vm).and_then(|mut it| find_in(it.as_mut(), entry.volume_id));
        found.unwrap_or_else(|error| {
            tracing::warn!(%vm, error = chain(&error), "the machine cannot be asked");
            None
        })
    }

    /// Lets a guest see that its disk has grown.
    pub(super) fn resize_guest(&self, entry: &Entry, vm: &Vm, bytes: u64) -> Result<Device, AgentError> {
        let mut hypervisor = self.hypervisor(vm)?;
        hypervisor.resize(entry.volume_id, bytes)?;
        find_in(hypervisor.as_mut(), entry.volume_id)?.ok_or(AgentError::NotAttached(entry.volume_id))
    }

    fn hypervisor(&self, vm: &Vm) -> Result<Box<dyn Hypervisor>, PlugError> {
        vm.open(&self.exec)
    }
}

fn find_in(hypervisor: &mut dyn Hypervisor, volume: VolumeId) -> Result<Option<Device>, PlugError> {
    let plugged = hypervisor.list()?.into_iter().find(|plugged| plugged.volume_id == volume);
    Ok(plugged.as_ref().map(device))
}

/// The disk as its guest has it.
fn device(plugged: &Plugged) -> Device {
    Device {
        path: PathBuf::from(plugged.device.to_string()),
        bytes: plugged.size_bytes.unwrap_or_default(),
        paths: Vec::new(),
    }
}

/// What a volume is attached to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seat {
    /// A machine of this host; the host itself when there is none.
    pub vm: Option<Vm>,
    /// The name that the guest is to give it; the next free one when none is said.
    pub device: Option<DeviceName>,
    /// What is to lie between the guest and the storage; nothing where nobody says.
    pub cache: Option<Cache>,
}
