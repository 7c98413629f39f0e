//! Sessions of the kernel's iSCSI initiator, as sysfs shows them.

use std::path::{Path, PathBuf};

use crate::AttachError;
use crate::initiator::connection::{IscsiPath, split_portal};
use crate::initiator::scsi::{Unit, names_in, says};
use crate::machine::Machine;

/// A session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    /// Its device: below it are its connections and its targets.
    device: PathBuf,
    /// `host0`.
    host: String,
}

/// A target and a portal to which this host has a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionName {
    /// Name of the target.
    pub iqn: String,
    /// Its portal, as [`IscsiPath`] has it.
    pub portal: String,
}

/// Every session of this host.
pub(in crate::initiator) fn all(machine: &dyn Machine) -> Vec<SessionName> {
    names_in(&machine.at("sys/class/iscsi_session"))
        .iter()
        .filter_map(|name| {
            let class = machine.at("sys/class/iscsi_session").join(name);
            let (address, port) = portal_of(machine, name)?;
            let portal = if address.contains(':') {
                format!("[{address}]:{port}")
            } else {
                format!("{address}:{port}")
            };
            Some(SessionName { iqn: says(&class.join("targetname"))?, portal })
        })
        .collect()
}

/// The session that this path has, if it has one.
pub(super) fn find(machine: &dyn Machine, path: &IscsiPath) -> Option<Session> {
    let (address, port) = split_portal(&path.portal)?;
    names_in(&machine.at("sys/class/iscsi_session")).iter().find_map(|name| {
        let class = machine.at("sys/class/iscsi_session").join(name);
        let (theirs, their_port) = portal_of(machine, name)?;
        let same =
            says(&class.join("targetname"))? == path.iqn && is_same(&theirs, address) && their_port == port;
        same.then_some(())?;
        let device = class.join("device").canonicalize().ok()?;
        let host = device.parent()?.file_name()?.to_str()?.to_owned();
        Some(Session { device, host })
    })
}

/// Where the session `name` was asked to go: a target may have sent it elsewhere.
fn portal_of(machine: &dyn Machine, name: &str) -> Option<(String, u16)> {
    let number = name.strip_prefix("session")?;
    let connection = machine.at("sys/class/iscsi_connection").join(format!("connection{number}:0"));
    let address = says(&connection.join("persistent_address"))?;
    Some((address, says(&connection.join("persistent_port"))?.parse().ok()?))
}

/// Whether two addresses are one, however they are written.
fn is_same(one: &str, other: &str) -> bool {
    use std::net::IpAddr;
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

impl Session {
    /// The disk behind the unit `lun`, once the kernel has it.
    pub(super) fn unit(&self, lun: u64) -> Option<Unit> {
        self.device(lun).and_then(|device| Unit::at(&device))
    }

    /// The SCSI device of the unit `lun`, which may have no block device yet.
    pub(super) fn device(&self, lun: u64) -> Option<PathBuf> {
        let ending = format!(":{lun}");
        self.devices().into_iter().find(|device| device.to_string_lossy().ends_with(&ending))
    }

    /// Whether it has devices, ours or not.
    pub(super) fn is_in_use(&self) -> bool {
        !self.devices().is_empty()
    }

    /// Has the kernel look for the unit `lun`, and for no other.
    pub(super) fn scan(&self, machine: &dyn Machine, lun: u64) -> Result<(), AttachError> {
        let order = machine.at("sys/class/scsi_host").join(&self.host).join("scan");
        machine
            .order(&order, &format!("0 0 {lun}"))
            .map_err(AttachError::io(format!("looking for unit {lun}")))
    }

    /// Its SCSI devices: `target0:0:0/0:0:0:1`.
    fn devices(&self) -> Vec<PathBuf> {
        let targets = names_in(&self.device).into_iter().filter(|name| name.starts_with("target"));
        targets.flat_map(|target| devices_of(&self.device.join(target))).collect()
    }
}

/// The SCSI devices of a target: those with a name of four numbers.
pub(in crate::initiator) fn devices_of(target: &Path) -> Vec<PathBuf> {
    let is_device = |name: &String| {
        let mut numbers = name.split(':');
        numbers.clone().count() == 4 && numbers.all(|number| number.parse::<u64>().is_ok())
    };
    names_in(target).into_iter().filter(is_device).map(|name| target.join(name)).collect()
}
