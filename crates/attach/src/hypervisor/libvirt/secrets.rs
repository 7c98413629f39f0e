//! Secrets that libvirt keeps for a disk for as long as the disk is plugged. They are named after the volume, can be read
//! by nobody, and are forgotten when libvirt ends.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::VolumeId;
use uuid::Uuid;

use super::xml::Element;
use super::{Libvirt, STDIN};
use crate::hypervisor::PlugError;
use crate::hypervisor::disk::{Chap, Disk, Iscsi, Passphrase, Place, Rbd};

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Getting at the storage.
    Storage,
    /// Opening the content.
    Content,
}

/// The identifier of a volume's secret. There may be two, which differ in the last bit.
pub(super) fn id(volume: VolumeId, purpose: Purpose) -> Uuid {
    match purpose {
        Purpose::Storage => volume.uuid(),
        Purpose::Content => Uuid::from_u128(volume.uuid().as_u128() ^ 1),
    }
}

/// A secret as libvirt is told of it.
struct Told {
    id: Uuid,
    usage: Element,
    /// In base64.
    value: String,
}

impl Libvirt {
    /// Sees to it that libvirt has what it needs for `disk`.
    pub(super) fn ensure_secrets(&self, disk: &Disk, volume: VolumeId) -> Result<(), PlugError> {
        for secret in of(disk, volume) {
            let definition = Element::new("secret").with("ephemeral", "yes").with("private", "yes");
            let definition =
                definition.child(Element::new("uuid").text(secret.id)).child(secret.usage).to_string();
            self.run(&self.call("secret-define").args(["--file", STDIN]).stdin(definition))?;
            let id = secret.id.to_string();
            let call = self.call("secret-set-value").args(["--secret", &id, "--file", STDIN]);
            self.run(&call.stdin(secret.value))?;
        }
        Ok(())
    }

    /// Sees to it that libvirt has no secret of `volume`.
    pub(super) fn remove_secrets(&self, volume: VolumeId) -> Result<(), PlugError> {
        let known = self.run(&self.call("secret-list"))?;
        for purpose in [Purpose::Storage, Purpose::Content] {
            let id = id(volume, purpose).to_string();
            if known.lines().any(|line| line.split_whitespace().next() == Some(id.as_str())) {
                self.run(&self.call("secret-undefine").args(["--secret", &id]))?;
            }
        }
        Ok(())
    }
}

fn of(disk: &Disk, volume: VolumeId) -> Vec<Told> {
    let named = |name: &'static str| Element::new(name).text(format!("besser {volume}"));
    let usage =
        |kind: &'static str, name: &'static str| Element::new("usage").with("type", kind).child(named(name));
    let encoded = |secret: &Passphrase| STANDARD.encode(secret.expose());
    let storage = match &disk.image.place {
        Place::Iscsi(Iscsi { chap: Some(Chap { password, .. }), .. }) => {
            Some((usage("iscsi", "target"), encoded(password)))
        }
        Place::Rbd(Rbd { key: Some(key), .. }) => {
            Some((usage("ceph", "name"), String::from_utf8_lossy(key.expose()).into_owned()))
        }
        _ => None,
    };
    let content = disk.passphrase.as_ref().map(|secret| (usage("volume", "volume"), encoded(secret)));
    let told = |(purpose, found): (Purpose, Option<(Element, String)>)| {
        found.map(|(usage, value)| Told { id: id(volume, purpose), usage, value })
    };
    [(Purpose::Storage, storage), (Purpose::Content, content)].into_iter().filter_map(told).collect()
}
