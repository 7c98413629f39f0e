//! Logical volumes of a volume group that several hosts have, on a LUN of a SAN. Whoever may use one activates it, and
//! nobody else: the service has put a tag on it for that host, and LVM activates nothing without that tag here.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Initiator;
use super::connection::MAX_TEXT_BYTES;
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
        Ok(Self { group: name("volume_group")?, name: name("logical_volume")?, tag: name("activation_tag")? })
    }

    /// Its device, while it is active on this host.
    pub(super) fn path(&self, machine: &dyn Machine) -> PathBuf {
        machine.at("dev").join(&self.group).join(&self.name)
    }

    /// Makes its device.
    pub(super) fn activate(&self, machine: &dyn Machine, read_only: bool) -> Result<PathBuf, AttachError> {
        let only_ours = format!("activation {{ volume_list = [ \"@{}\" ] }}", self.tag);
        self.change(machine, &["--config", &only_ours, "--ignoreactivationskip", "--activate", "ey"])?;
        let path = self.path(machine);
        if !path.exists() {
            let (group, name, tag) = (&self.group, &self.name, &self.tag);
            return Err(AttachError::NoPath(format!("{group}/{name} does not have the tag {tag}")));
        }
        if read_only {
            machine.run(&Program::new("blockdev", &["--setro", &path.display().to_string()]))?;
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

impl Initiator {
    /// Sees to it that the logical volume has no device here. The lock of its group makes this wait for whoever was about to
    /// make it.
    pub(super) fn deactivate(&self, volume: &LogicalVolume, force: bool) -> Result<(), AttachError> {
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
