//! Disks in the words of QEMU's `blockdev-add`.
//!
//! The words: "QEMU QMP Reference Manual", `BlockdevOptions`,
//! <https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html>. Every image is one tree, which names the one that it lies
//! on: of an image inside the tree QEMU would take the name from the header, unless it is a file of this host. Every layer
//! names its driver and what it lies on, or that it lies on nothing: QEMU probes nothing, and opens no file because an
//! image names it.

use serde_json::{Map, Value, json};

use super::Secret;
use crate::hypervisor::disk::{Disk, Image, Iscsi, Nbd, NbdServer, Place, Rbd};
use crate::hypervisor::names::Names;
use crate::hypervisor::{Format, Options};

/// The port of Gluster's daemon.
const GLUSTER_PORT: &str = "24007";
/// For how many seconds requests wait for a server of network block devices that has gone.
const RECONNECT_DELAY_S: u32 = 30;

/// The nodes of one disk.
pub(super) struct Nodes<'a> {
    disk: &'a Disk,
    options: &'a Options,
    names: Names,
}

/// The node that the guest's disk is made of.
pub(super) fn top(names: Names, options: &Options, is_encrypted: bool) -> String {
    match (options.limits.is_empty(), is_encrypted) {
        (false, _) => names.throttle(),
        (true, true) => names.decryption(),
        (true, false) => names.image(0),
    }
}

impl<'a> Nodes<'a> {
    pub(super) const fn of(disk: &'a Disk, options: &'a Options) -> Self {
        Self { disk, options, names: Names(options.volume_id) }
    }

    /// What QEMU has to know in secret, each under the name by which the tree speaks of it.
    pub(super) fn secrets(&self) -> Vec<(String, Secret<'a>)> {
        let of_place = |(number, image): (usize, &'a Image)| match &image.place {
            Place::Iscsi(Iscsi { chap: Some(chap), .. }) => {
                Some((self.secret(number), Secret::Bytes(&chap.password)))
            }
            Place::Rbd(Rbd { key: Some(key), .. }) => Some((self.secret(number), Secret::Base64(key))),
            _ => None,
        };
        let mut secrets: Vec<_> = self.disk.images().enumerate().filter_map(of_place).collect();
        let passphrase = self.disk.passphrase.as_ref();
        secrets.extend(passphrase.map(|passphrase| (self.names.object("luks"), Secret::Bytes(passphrase))));
        secrets
    }

    /// The trees, in the order in which they are made: each lies on the one before it, and the last is the disk.
    pub(super) fn trees(&self) -> Vec<Value> {
        let below = self.disk.backing.iter().enumerate().rev();
        below.map(|(number, image)| self.image(number + 1, image)).chain([self.top()]).collect()
    }

    /// The image that the guest's disk is made of, without anything above it.
    pub(super) fn bare(&self) -> Value {
        self.image(0, &self.disk.image)
    }

    /// The tree that the guest's disk is made of.
    fn top(&self) -> Value {
        let mut tree = self.bare();
        if self.disk.passphrase.is_some() {
            tree =
                self.over(tree, "luks", self.names.decryption(), ("key-secret", self.names.object("luks")));
        }
        if !self.options.limits.is_empty() {
            let group = ("throttle-group", self.names.object("limits"));
            tree = self.over(tree, "throttle", self.names.throttle(), group);
        }
        tree
    }

    /// A node over `file`.
    fn over(&self, file: Value, driver: &str, name: String, (key, value): (&str, String)) -> Value {
        let mut node = self.node(driver, self.options.read_only);
        node["node-name"] = json!(name);
        node[key] = json!(value);
        node["file"] = file;
        node
    }

    /// The image `number`, on the next one. Only the top one is written to.
    fn image(&self, number: usize, image: &Image) -> Value {
        let read_only = number > 0 || self.options.read_only;
        let mut node = self.node(image.format.name(), read_only);
        node["node-name"] = json!(self.names.image(number));
        node["file"] = self.place(number, &image.place, read_only);
        if image.format == Format::Qcow2 {
            let below = self.disk.backing.get(number).map(|_| self.names.image(number + 1));
            node["backing"] = json!(below);
        }
        node
    }

    fn place(&self, number: usize, place: &Place, read_only: bool) -> Value {
        let (driver, words) = match place {
            Place::File(path) => ("file", self.local(path)),
            Place::Block(path) => ("host_device", self.local(path)),
            Place::Iscsi(iscsi) => ("iscsi", self.iscsi(number, iscsi)),
            Place::Nbd(nbd) => ("nbd", self::nbd(nbd)),
            Place::Rbd(rbd) => ("rbd", self.rbd(number, rbd)),
            Place::Nfs { host, path } => {
                ("nfs", json!({"server": {"type": "inet", "host": host}, "path": path}))
            }
            Place::Gluster { host, volume, path } => {
                let server = json!([{"type": "inet", "host": host, "port": GLUSTER_PORT}]);
                ("gluster", json!({"server": server, "volume": volume, "path": path}))
            }
        };
        let mut node = self.node(driver, read_only);
        if let (Some(node), Value::Object(words)) = (node.as_object_mut(), words) {
            node.extend(words);
        }
        node
    }

    /// What every node says.
    fn node(&self, driver: &str, read_only: bool) -> Value {
        json!({
            "driver": driver,
            "read-only": read_only,
            "discard": if self.options.discard { "unmap" } else { "ignore" },
            "cache": {"direct": self.options.cache.is_direct(), "no-flush": false},
        })
    }

    fn local(&self, path: &std::path::Path) -> Value {
        json!({"filename": path.to_string_lossy(), "aio": self.options.aio.name(self.options.cache)})
    }

    fn iscsi(&self, number: usize, iscsi: &Iscsi) -> Value {
        let mut words =
            json!({"transport": "tcp", "portal": iscsi.portal, "target": iscsi.iqn, "lun": iscsi.lun});
        if let Some(chap) = &iscsi.chap {
            words["user"] = json!(chap.user);
            words["password-secret"] = json!(self.secret(number));
        }
        if let Some(initiator) = &iscsi.initiator {
            words["initiator-name"] = json!(initiator);
        }
        words
    }

    fn rbd(&self, number: usize, rbd: &Rbd) -> Value {
        let mut words = Map::new();
        let mut say = |key: &str, value: Value| drop(words.insert(key.to_owned(), value));
        say("pool", json!(rbd.pool));
        say("image", json!(rbd.image));
        if !rbd.monitors.is_empty() {
            let server = |(host, port): &(String, String)| json!({"host": host.trim_start_matches('[').trim_end_matches(']'), "port": port});
            say("server", rbd.monitors.iter().map(server).collect());
        }
        if let Some(user) = &rbd.user {
            say("user", json!(user));
        }
        if let Some(configuration) = &rbd.configuration {
            say("conf", json!(configuration.to_string_lossy()));
        }
        if rbd.key.is_some() {
            say("key-secret", json!(self.secret(number)));
            say("auth-client-required", json!(["cephx"]));
        }
        Value::Object(words)
    }

    /// The secret of the place of image `number`.
    fn secret(&self, number: usize) -> String {
        self.names.object(&format!("secret{number}"))
    }
}

fn nbd(nbd: &Nbd) -> Value {
    let server = match &nbd.server {
        NbdServer::Unix(path) => json!({"type": "unix", "path": path.to_string_lossy()}),
        NbdServer::Tcp { host, port } => json!({"type": "inet", "host": host, "port": port.to_string()}),
    };
    json!({"server": server, "export": nbd.export, "reconnect-delay": RECONNECT_DELAY_S})
}

#[cfg(test)]
mod tests;
