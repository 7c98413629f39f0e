//! Disks in libvirt's words: <https://libvirt.org/formatdomain.html#hard-drives-floppy-disks-cdroms>.

use std::path::Path;

use model::VolumeId;

use super::secrets::{Purpose, id};
use super::xml::Element;
use crate::hypervisor::disk::{Disk, Format, Image, Iscsi, Nbd, NbdServer, Place, Rbd};
use crate::hypervisor::{DeviceName, Options};

/// The port of iSCSI targets when none is named.
const ISCSI_PORT: &str = "3260";
/// The port of Gluster's daemon.
const GLUSTER_PORT: &str = "24007";

/// The element of a disk.
pub(super) fn write(disk: &Disk, options: &Options, name: DeviceName, alias: &str) -> String {
    let mut source = source(&disk.image.place, options.volume_id);
    if disk.passphrase.is_some() {
        let secret = Element::new("secret").with("type", "passphrase");
        let secret = secret.with("uuid", id(options.volume_id, Purpose::Content));
        source = source.child(Element::new("encryption").with("format", "luks").child(secret));
    }
    let marks = [(options.read_only, "readonly"), (options.shared, "shareable")];
    let marks = marks.into_iter().filter(|(is_set, _)| *is_set).map(|(_, name)| Element::new(name));
    let limits = options.limits.in_specs_words().map(|(name, value)| Element::new(name).text(value));
    let limits = (!options.limits.is_empty()).then(|| Element::new("iotune").children(limits));
    Element::new("disk")
        .with("type", kind(&disk.image.place))
        .with("device", "disk")
        .child(driver(disk.image.format, options, &disk.image.place))
        .child(source)
        .child(backing(&disk.backing, options.volume_id))
        .child(Element::new("target").with("dev", name.short()).with("bus", "virtio"))
        .children(limits)
        .children(marks)
        .child(Element::new("serial").text(options.volume_id))
        .child(Element::new("alias").with("name", alias))
        .to_string()
}

fn driver(format: Format, options: &Options, place: &Place) -> Element {
    let driver = Element::new("driver").with("name", "qemu").with("type", format.name());
    let driver = driver.with("cache", options.cache.name());
    let driver = driver.with("discard", if options.discard { "unmap" } else { "ignore" });
    match place {
        Place::File(_) | Place::Block(_) => driver.with("io", options.aio.name(options.cache)),
        _ => driver,
    }
}

/// What an image lies on; the last one says that it lies on nothing, so that nobody looks.
fn backing(images: &[Image], volume: VolumeId) -> Element {
    let Some((image, below)) = images.split_first() else { return Element::new("backingStore") };
    Element::new("backingStore")
        .with("type", kind(&image.place))
        .child(Element::new("format").with("type", image.format.name()))
        .child(source(&image.place, volume))
        .child(backing(below, volume))
}

const fn kind(place: &Place) -> &'static str {
    match place {
        Place::File(_) => "file",
        Place::Block(_) => "block",
        _ => "network",
    }
}

fn source(place: &Place, volume: VolumeId) -> Element {
    let local = |attribute, path: &Path| Element::new("source").with(attribute, path.display());
    match place {
        Place::File(path) => local("file", path),
        Place::Block(path) => local("dev", path),
        Place::Iscsi(iscsi) => self::iscsi(iscsi, volume),
        Place::Nbd(nbd) => self::nbd(nbd),
        Place::Rbd(rbd) => self::rbd(rbd, volume),
        Place::Nfs { host, path } => network("nfs", path).child(Element::new("host").with("name", host)),
        Place::Gluster { host, volume, path } => {
            network("gluster", &format!("{volume}/{path}")).child(self::host(host, GLUSTER_PORT))
        }
    }
}

fn network(protocol: &str, name: &str) -> Element {
    Element::new("source").with("protocol", protocol).with("name", name)
}

fn host(name: &str, port: &str) -> Element {
    let name = name.trim_start_matches('[').trim_end_matches(']');
    Element::new("host").with("name", name).with("port", port)
}

fn auth(user: &str, kind: &str, secret: impl std::fmt::Display) -> Element {
    let secret = Element::new("secret").with("type", kind).with("uuid", secret);
    Element::new("auth").with("username", user).child(secret)
}

fn iscsi(iscsi: &Iscsi, volume: VolumeId) -> Element {
    let (address, port) = match iscsi.portal.rsplit_once(':') {
        Some((address, port)) if !port.ends_with(']') => (address, port),
        _ => (iscsi.portal.as_str(), ISCSI_PORT),
    };
    let user = iscsi.chap.as_ref().map(|chap| auth(&chap.user, "iscsi", id(volume, Purpose::Storage)));
    let named = |name: &String| Element::new("initiator").child(Element::new("iqn").with("name", name));
    network("iscsi", &format!("{}/{}", iscsi.iqn, iscsi.lun))
        .child(host(address, port))
        .children(user)
        .children(iscsi.initiator.as_ref().map(named))
}

fn nbd(nbd: &Nbd) -> Element {
    let server = match &nbd.server {
        NbdServer::Tcp { host, port } => self::host(host, &port.to_string()),
        NbdServer::Unix(path) => {
            Element::new("host").with("transport", "unix").with("socket", path.display())
        }
    };
    let source = Element::new("source").with("protocol", "nbd");
    let source = if nbd.export.is_empty() { source } else { source.with("name", &nbd.export) };
    source.child(server)
}

fn rbd(rbd: &Rbd, volume: VolumeId) -> Element {
    let secret = match (&rbd.key, &rbd.libvirt_secret) {
        (Some(_), _) => Some(id(volume, Purpose::Storage).to_string()),
        (None, kept) => kept.clone(),
    };
    let user = rbd.user.as_ref().zip(secret).map(|(user, secret)| auth(user, "ceph", secret));
    let configuration = rbd.configuration.as_ref();
    let file = configuration.map(|path| Element::new("config").with("file", path.display()));
    network("rbd", &format!("{}/{}", rbd.pool, rbd.image))
        .children(rbd.monitors.iter().map(|(name, port)| host(name, port)))
        .children(file)
        .children(user)
}
