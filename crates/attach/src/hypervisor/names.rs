//! What things in a hypervisor are called. Each name derives from the volume's identifier, so that whoever comes next
//! finds what is there.

use model::VolumeId;

use super::device_name::DeviceName;

/// What disks are called, before the device's name and the volume's identifier.
const DEVICE: &str = "besser-";
/// What nodes of QEMU's block layer are called, before the layer and the volume's identifier.
const NODE: &str = "bsr";
/// How much of an identifier fits into the name of a node, which has 31 bytes: 104 of its random bits.
const NODE_DIGITS: usize = 26;
/// What layers are called: one digit each, as many as there can be.
const LAYERS: &[u8; super::MAX_LAYERS] = b"0123456789abcdefghijklmnopqrstuv";

/// The names of one volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Names(pub(super) VolumeId);

impl Names {
    /// The disk, with the name that the guest gives it: so the hypervisor remembers it.
    pub(super) fn device(self, name: DeviceName) -> String {
        format!("{DEVICE}{}-{}", name.short(), self.0)
    }

    /// The node of an image; the top one is number 0.
    pub(super) fn image(self, number: usize) -> String {
        let layer = LAYERS.get(number).copied().unwrap_or(b'-');
        self.node(char::from(layer))
    }

    /// The node that decrypts.
    pub(super) fn decryption(self) -> String {
        self.node('L')
    }

    /// The node that keeps limits.
    pub(super) fn throttle(self) -> String {
        self.node('T')
    }

    /// Whether `node` is one of ours.
    pub(super) fn owns_node(self, node: &str) -> bool {
        let layer = node.strip_prefix(NODE).and_then(|rest| rest.strip_suffix(&self.digits()));
        layer.is_some_and(|layer| layer.strip_suffix('-').is_some_and(|layer| layer.len() == 1))
    }

    /// An object: `chap`, `ceph`, `luks`, `limits`.
    pub(super) fn object(self, what: &str) -> String {
        format!("{DEVICE}{what}-{}", self.0)
    }

    /// Whether `object` is one of ours.
    pub(super) fn owns_object(self, object: &str) -> bool {
        object.starts_with(DEVICE) && object.ends_with(&self.0.to_string())
    }

    fn node(self, layer: char) -> String {
        format!("{NODE}{layer}-{}", self.digits())
    }

    fn digits(self) -> String {
        let mut digits = self.0.uuid().simple().to_string();
        digits.truncate(NODE_DIGITS);
        digits
    }
}

/// The volume behind a disk called `device`, and the name that the guest gives it.
pub(super) fn volume_of(device: &str) -> Option<(VolumeId, DeviceName)> {
    let (name, volume) = device.strip_prefix(DEVICE)?.split_once('-')?;
    Some((volume.parse().ok()?, name.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_is_found_by_its_disk() {
        let names = Names(VolumeId::random());
        let name = "vdab".parse().unwrap();
        assert_eq!(volume_of(&names.device(name)), Some((names.0, name)));
        for other in ["", "besser-", "besser-vdb", "besser-vdb-x", "besser-limits-x", "virtio-disk0"] {
            assert_eq!(volume_of(other), None);
        }
        assert_eq!(volume_of(&names.object("limits")), None);
    }

    #[test]
    fn nodes_have_short_names_of_their_own() {
        let (names, other) = (Names(VolumeId::random()), Names(VolumeId::random()));
        let mut nodes: Vec<_> =
            (0..crate::hypervisor::MAX_LAYERS).map(|number| names.image(number)).collect();
        nodes.extend([names.decryption(), names.throttle()]);
        for node in &nodes {
            assert!(node.len() <= 31 && names.owns_node(node) && !other.owns_node(node), "{node}");
        }
        let count = nodes.len();
        nodes.sort();
        nodes.dedup();
        assert_eq!(nodes.len(), count);
        assert!(names.owns_object(&names.object("chap")) && !other.owns_object(&names.object("chap")));
    }
}
