//! From connection information to a block device of this host, and off again.
//!
//! Every call can be repeated, and finds what an earlier one left wherever it was cut off: sessions, devices, maps,
//! processes and loop devices are looked for where the host shows them, by names that derive from the connection.

mod connection;
mod crypt;
mod facts;
mod fibre_channel;
mod iscsi;
mod loops;
mod luns;
mod multipath;
mod processes;
mod scsi;
mod served;
mod shared;
mod taken;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use model::VolumeId;
use serde::{Deserialize, Serialize};

pub use connection::{Chap, Connection, FcPath, Format, IscsiPath, MAX_PATHS, Way};
pub use crypt::Encryption;
pub use facts::{Facts, Means, Note};
pub use iscsi::SessionName;
pub use luns::Luns;
pub use shared::LogicalVolume;

use self::multipath::Map;
use self::scsi::{Unit, says, wait_for};
use self::served::Place;
use crate::AttachError;
use crate::machine::{Machine, Program};

/// How long a device may take to show its new size.
const GROWS_WITHIN: Duration = Duration::from_secs(30);

/// A volume on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Its block device.
    pub path: PathBuf,
    /// How large it is.
    pub bytes: u64,
    /// The devices at the end of its paths, where it has several or they are not the device itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<String>,
}

/// The host's end of connections.
#[derive(Debug, Clone)]
pub struct Initiator {
    machine: Arc<dyn Machine>,
    served: PathBuf,
    name: Option<String>,
    /// Which means are used for iSCSI; chosen by what the host has when none is named.
    iscsi: Option<Means>,
    /// What is known of LUNs of shared volume groups; nothing where they are the host's own business.
    luns: Option<Luns>,
}

impl Initiator {
    /// The initiator of `machine`. Daemons keep their files below `served`, which only their user may enter; `name` is
    /// the host's iSCSI name.
    #[must_use]
    pub fn new(machine: Arc<dyn Machine>, served: PathBuf, name: Option<String>) -> Self {
        Self { machine, served, name, iscsi: None, luns: None }
    }

    /// The same, with the means for iSCSI chosen.
    #[must_use]
    pub fn with_iscsi(self, means: Option<Means>) -> Self {
        Self { iscsi: means, ..self }
    }

    /// Sees to it that the volume is a block device of this host. What has to be known to undo it is noted before it is
    /// done.
    ///
    /// # Errors
    /// No path leads there, a device is another volume, or this host has nothing to connect with. What was begun stays
    /// until [`Initiator::ensure_disconnected`].
    pub fn ensure_connected(
        &self,
        connection: &Connection,
        facts: &mut Facts,
        note: Note<'_>,
    ) -> Result<Device, AttachError> {
        let machine = self.machine.as_ref();
        let means = match facts.means {
            Some(means) => means,
            None => {
                let means = self.choose(connection)?;
                facts.means = Some(means);
                if let (Means::Kernel, Way::Iscsi { paths }) = (means, &connection.way) {
                    facts.foreign = iscsi::with_session(machine, paths);
                }
                noted(facts, note)?;
                means
            }
        };
        let path = match (means, &connection.way) {
            (Means::Kernel, Way::Iscsi { paths }) => {
                // Where the session of others has ended, the machine was restarted say, the next one is ours.
                let theirs = iscsi::with_session(machine, &facts.foreign);
                if theirs != facts.foreign {
                    facts.foreign = theirs;
                    noted(facts, note)?;
                }
                let units = iscsi::connect(machine, connection, paths)?;
                return self.one_device(connection, &units, facts, note);
            }
            (Means::Kernel, Way::FibreChannel { paths }) => {
                let units = fibre_channel::connect(machine, paths, connection.multipath)?;
                return self.one_device(connection, &units, facts, note);
            }
            (Means::Loop, Way::Local { path, .. }) => loops::ensure(machine, path, connection.read_only)?,
            (Means::Device, Way::Local { path, .. }) => {
                activate(machine, path)?;
                path.clone()
            }
            (_, Way::LogicalVolume { volume }) => self.activate_shared(volume, connection)?,
            _ => served::connect(machine, &self.place(connection), connection, self.name.as_deref())?,
        };
        Ok(self.device(path, Vec::new()))
    }

    /// Sees to it that nothing of the connection is left on this host, whatever there was of it.
    ///
    /// # Errors
    /// Somebody holds the device; what is in its caches cannot be written, which `force` overlooks; or the host does not
    /// let go.
    pub fn ensure_disconnected(
        &self,
        connection: &Connection,
        facts: &Facts,
        force: bool,
    ) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let Some(means) = facts.means else { return Ok(()) };
        if connection.encrypted {
            self.close(connection.volume_id, force)?;
        }
        match (means, &connection.way) {
            (Means::Kernel, Way::Iscsi { paths }) => {
                self.remove_units(&iscsi::units(machine, paths), facts, connection.multipath, force)?;
                let cut_off = iscsi::devices(machine, paths);
                cut_off.iter().try_for_each(|device| scsi::forget(machine, device))?;
                iscsi::disconnect(machine, facts, paths)
            }
            (Means::Kernel, Way::FibreChannel { paths }) => {
                self.remove_units(&fibre_channel::units(machine, paths), facts, connection.multipath, force)?;
                let cut_off = fibre_channel::devices(machine, paths);
                cut_off.iter().try_for_each(|device| scsi::forget(machine, device))
            }
            (Means::Loop, Way::Local { path, .. }) => {
                self.let_go(loops::over(machine, path), force)?;
                loops::remove(machine, path)
            }
            (_, Way::LogicalVolume { volume }) => self.deactivate(volume, force),
            // It was there before, and stays.
            (Means::Device, Way::Local { .. }) => Ok(()),
            _ => {
                let place = self.place(connection);
                self.let_go(loops::over(machine, &place.disk()), force)?;
                served::disconnect(machine, &place)
            }
        }
    }

    /// Has the device take the size that the volume has by now, while it is used.
    ///
    /// # Errors
    /// It does not.
    pub fn ensure_size(
        &self,
        connection: &Connection,
        facts: &Facts,
        bytes: u64,
    ) -> Result<Device, AttachError> {
        let machine = self.machine.as_ref();
        let none = || AttachError::NoPath("the volume is not connected".to_owned());
        let units = self.units(connection);
        for unit in &units {
            unit.rescan(machine)?;
        }
        match (facts.means, &connection.way) {
            (Some(Means::Served), _) => served::resize(machine, &self.place(connection), bytes)?,
            (Some(Means::Loop), Way::Local { path, .. }) => loops::resize(machine, path)?,
            _ => {}
        }
        if let Some(map) = facts.wwid.as_deref().and_then(|wwid| Map::find(machine, wwid)) {
            let all_grown = || units.iter().all(|unit| self.bytes(&unit.name) >= bytes).then_some(());
            wait_for(machine, GROWS_WITHIN, all_grown);
            map.resize(machine)?;
        }
        let grown = || self.find(connection, facts).filter(|device| device.bytes >= bytes);
        if let Some(device) = wait_for(machine, GROWS_WITHIN, grown) {
            return Ok(device);
        }
        let device = self.find(connection, facts).ok_or_else(none)?;
        let name = device.path.display().to_string();
        Err(AttachError::NotGrown { device: name, bytes: device.bytes, wanted: bytes })
    }

    /// The device of a connection, if there is one now. Nothing is changed.
    #[must_use]
    pub fn find(&self, connection: &Connection, facts: &Facts) -> Option<Device> {
        let machine = self.machine.as_ref();
        let over = |file: &Path| {
            let name = loops::over(machine, file).into_iter().next()?;
            Some(self.device(machine.at("dev").join(name), Vec::new()))
        };
        match (facts.means?, &connection.way) {
            (Means::Kernel, Way::Iscsi { .. } | Way::FibreChannel { .. }) => {
                let units = self.units(connection);
                let map = facts.wwid.as_deref().and_then(|wwid| Map::find(machine, wwid));
                match map {
                    Some(map) => Some(self.mapped(&map, &units)),
                    None => {
                        let unit = units.first().filter(|unit| !unit.is_given_up())?;
                        Some(self.device(unit.node(machine), Vec::new()))
                    }
                }
            }
            (Means::Loop, Way::Local { path, .. }) => over(path),
            (_, Way::LogicalVolume { volume }) => {
                let path = volume.path(machine);
                path.exists().then(|| self.device(path, Vec::new()))
            }
            (Means::Device, Way::Local { path, .. }) => {
                path.exists().then(|| self.device(path.clone(), Vec::new()))
            }
            _ => {
                let place = self.place(connection);
                if served::is_up(machine, &place) { over(&place.disk()) } else { None }
            }
        }
    }

    /// Whether the device of a connection takes what is written to it.
    #[must_use]
    pub fn is_writable(&self, connection: &Connection, facts: &Facts) -> bool {
        let machine = self.machine.as_ref();
        // What was there before is not ours to change.
        let is_ours = !matches!((facts.means, &connection.way), (Some(Means::Device), Way::Local { .. }));
        let device = self.find(connection, facts).filter(|_| is_ours);
        let flag = device.and_then(|device| {
            let real = device.path.canonicalize().unwrap_or(device.path);
            says(&machine.at("sys/class/block").join(real.file_name()?).join("ro"))
        });
        flag.is_some_and(|flag| flag == "0")
    }

    /// The same connection over every portal at which the storage offers its target, where several paths are wanted and
    /// the service names one. Whoever cannot be asked has one.
    #[must_use]
    pub fn with_every_portal(&self, connection: Connection) -> Connection {
        let Way::Iscsi { paths } = &connection.way else { return connection };
        let by_kernel = self.choose(&connection).is_ok_and(|means| means == Means::Kernel);
        let ([path], true) = (&paths[..], connection.multipath && by_kernel) else { return connection };
        match iscsi::every_portal(self.machine.as_ref(), path) {
            Ok(paths) => Connection { way: Way::Iscsi { paths }, ..connection },
            Err(error) => {
                tracing::warn!(portal = path.portal, %error, "the target does not say at which portals it is");
                connection
            }
        }
    }

    /// Every iSCSI session of this host, ours or not.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionName> {
        iscsi::sessions(self.machine.as_ref())
    }

    /// The volumes that a daemon of ours serves, or served.
    #[must_use]
    pub fn served(&self) -> Vec<VolumeId> {
        served::all(&self.served)
    }

    /// Ends the daemon of a volume that nobody has attached.
    ///
    /// # Errors
    /// Somebody holds the device, or the daemon does not end.
    pub fn stop_serving(&self, volume: VolumeId) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let place = Place::of(&self.served, volume);
        self.let_go(loops::over(machine, &place.disk()), false)?;
        served::disconnect(machine, &place)
    }

    fn place(&self, connection: &Connection) -> Place {
        Place::of(&self.served, connection.volume_id)
    }

    /// Whether this host's kernel connects, and not a program.
    pub(crate) fn has_kernel_for(&self, connection: &Connection) -> bool {
        let remote = !matches!(connection.way, Way::Local { .. });
        remote && self.choose(connection).is_ok_and(|means| means == Means::Kernel)
    }

    /// By what means a volume becomes a block device here.
    fn choose(&self, connection: &Connection) -> Result<Means, AttachError> {
        let machine = self.machine.as_ref();
        match &connection.way {
            Way::Iscsi { .. } => match self.iscsi {
                Some(means) => Ok(means),
                None if iscsi::is_here(machine) => Ok(Means::Kernel),
                None => Ok(Means::Served),
            },
            Way::FibreChannel { .. } | Way::LogicalVolume { .. } => Ok(Means::Kernel),
            Way::Local { path, format } => {
                let is_device = !path.exists() || is_block_device(path);
                Ok(match (is_device, format) {
                    (true, _) => Means::Device,
                    (false, Format::Raw) => Means::Loop,
                    (false, Format::Qcow2) => Means::Served,
                })
            }
        }
    }

    fn units(&self, connection: &Connection) -> Vec<Unit> {
        match &connection.way {
            Way::Iscsi { paths } => iscsi::units(self.machine.as_ref(), paths),
            Way::FibreChannel { paths } => fibre_channel::units(self.machine.as_ref(), paths),
            Way::LogicalVolume { .. } | Way::Local { .. } => Vec::new(),
        }
    }

    fn mapped(&self, map: &Map, units: &[Unit]) -> Device {
        let bytes = self.bytes(&map.device);
        let paths = units.iter().map(|unit| unit.name.clone()).collect();
        Device { path: map.node(self.machine.as_ref()), bytes, paths }
    }

    fn device(&self, path: PathBuf, paths: Vec<String>) -> Device {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Device { bytes: self.bytes(name), path, paths }
    }

    fn bytes(&self, name: &str) -> u64 {
        scsi::size_bytes(self.machine.as_ref(), name).unwrap_or(0)
    }
}

fn noted(facts: &Facts, note: Note<'_>) -> Result<(), AttachError> {
    note(facts).map_err(AttachError::io("keeping what is being done"))
}

fn is_block_device(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    std::fs::metadata(path).is_ok_and(|meta| meta.file_type().is_block_device())
}

/// Sees to it that a logical volume of a group that this host shares has its device: `/dev/{group}/{volume}`.
fn activate(machine: &dyn Machine, path: &Path) -> Result<(), AttachError> {
    if path.exists() {
        return Ok(());
    }
    let names: Vec<&str> = path.iter().filter_map(|part| part.to_str()).collect();
    if let ["/", "dev", group, volume] = names[..] {
        let name = format!("{group}/{volume}");
        machine.run(&Program::new("lvchange", &["--activate", "y", "--ignoreactivationskip", &name]))?;
    }
    if path.exists() { Ok(()) } else { Err(AttachError::NoPath(format!("there is no {}", path.display()))) }
}
