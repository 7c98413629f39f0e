//! Logical volumes of a volume group that several hosts have, on a LUN of a SAN. Whoever may use one activates it, and
//! nobody else: the service has put a tag on it for that host, and LVM activates nothing without that tag here.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Initiator;
use super::connection::{Connection, IscsiPath, MAX_TEXT_BYTES, iscsi_paths};
use super::taken;
use crate::AttachError;
use crate::machine::{Machine, Program};

/// How long LVM may take: it waits for others' locks, and for udev.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A logical volume, and by which of its tags this host may have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogicalVolume {
    /// Its volume group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// The tag.
    pub tag: String,
    /// The LUN that the group is on, where it is reached over iSCSI and the service says how.
    #[serde(default)]
    pub lun: Option<IscsiPath>,
}

impl LogicalVolume {
    /// What a connection says of it.
    pub(super) fn read(data: &Map<String, Value>) -> Result<Self, AttachError> {
        let name = |key: &str| {
            let name = data.get(key).and_then(Value::as_str).filter(|name| is_lvm_name(name));
            let bad = AttachError::BadConnection(
                "a volume group, logical volume or tag has no name that LVM takes",
            );
            name.map(str::to_owned).ok_or(bad)
        };
        let (group, lv, tag) = (name("volume_group")?, name("logical_volume")?, name("activation_tag")?);
        Ok(Self { group, name: lv, tag, lun: lun(data)? })
    }

    /// Whether it is the same one, wherever its LUN is.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (&self.group, &self.name, &self.tag) == (&other.group, &other.name, &other.tag)
    }

    /// Its device, while it is active on this host.
    pub(super) fn path(&self, machine: &dyn Machine) -> PathBuf {
        machine.at("dev").join(&self.group).join(&self.name)
    }

    /// Makes its device.
    fn activate(&self, machine: &dyn Machine, read_only: bool) -> Result<PathBuf, AttachError> {
        let ours = format!("[ \"@{}\" ]", self.tag);
        // What is only read is activated so: LVM gives it a table that cannot be written through.
        let only_read = if read_only { format!(" read_only_volume_list = {ours}") } else { String::new() };
        let only_ours = format!("activation {{ volume_list = {ours}{only_read} }}");
        self.change(machine, &["--config", &only_ours, "--ignoreactivationskip", "--activate", "ey"])?;
        let path = self.path(machine);
        if !path.exists() {
            let (group, name, tag) = (&self.group, &self.name, &self.tag);
            return Err(AttachError::NoPath(format!("{group}/{name} does not have the tag {tag}")));
        }
        if read_only {
            taken::only_read(machine, &path)?;
        }
        Ok(path)
    }

    fn change(&self, machine: &dyn Machine, how: &[&str]) -> Result<(), AttachError> {
        let name = format!("{}/{}", self.group, self.name);
        // One that is killed leaves what it holds of the device mapper behind.
        let program = Program {
            time_limit: TIME_LIMIT,
            is_left_to_end: true,
            ..Program::new("lvchange", &[how, &[&name]].concat())
        };
        Ok(machine.run(&program).map(drop)?)
    }
}

/// Whether this may be a name or a tag (lvm(8), "Valid names").
fn is_lvm_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"+_.-".contains(&byte);
    let dots = matches!(text, "." | "..");
    !text.is_empty()
        && text.len() <= MAX_TEXT_BYTES
        && !text.starts_with('-')
        && !dots
        && text.bytes().all(good)
}

/// The LUN of a group, where enough is said to log in to it.
fn lun(data: &Map<String, Value>) -> Result<Option<IscsiPath>, AttachError> {
    let san = data.get("san").and_then(Value::as_object);
    let Some(san) = san.filter(|san| san.get("protocol").and_then(Value::as_str) == Some("iscsi")) else {
        return Ok(None);
    };
    let named = ["target_portal", "target_iqn", "target_lun"].iter().all(|key| san.contains_key(*key));
    if named { Ok(iscsi_paths(san)?.into_iter().next()) } else { Ok(None) }
}

impl Initiator {
    /// Sees to it that the logical volume has its device here.
    pub(super) fn activate_shared(
        &self,
        volume: &LogicalVolume,
        connection: &Connection,
    ) -> Result<PathBuf, AttachError> {
        let turn = self.turn_at(volume.lun.as_ref())?;
        if let (Some((luns, _)), Some(lun)) = (&turn, &volume.lun) {
            self.ensure_lun(luns, lun, connection)?;
        }
        volume.activate(self.machine.as_ref(), connection.read_only)
    }

    /// Sees to it that the logical volume has no device here, and its LUN no session of ours when it was the last. The lock
    /// of its group makes this wait for whoever was about to make it.
    pub(super) fn deactivate(&self, volume: &LogicalVolume, force: bool) -> Result<(), AttachError> {
        let turn = self.turn_at(volume.lun.as_ref())?;
        self.deactivate_alone(volume, force)?;
        match (&turn, &volume.lun) {
            (Some((luns, _)), Some(lun)) => self.leave_lun(luns, lun),
            _ => Ok(()),
        }
    }

    fn deactivate_alone(&self, volume: &LogicalVolume, force: bool) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let path = volume.path(machine);
        if path.exists() {
            self.free(&path, force)?;
        }
        match volume.change(machine, &["--activate", "n"]) {
            // Its group is not here, or it has been deleted meanwhile.
            Err(error) if !path.exists() => {
                tracing::debug!(%error, group = volume.group, name = volume.name, "nothing to deactivate");
                Ok(())
            }
            done => done,
        }
    }
}
