//! A plain QEMU, by its monitor.

mod backing;
mod content;
mod nodes;
mod slots;

use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::VolumeId;
use ports::chaos::Faults;
use serde_json::{Value, json};

use super::disk::{Disk, Passphrase};
use super::images;
use super::names::{Names, volume_of};
use super::qmp::Session;
use super::{DeviceName, Hypervisor, Options, PlugError, Plugged};
use nodes::Nodes;

/// Where QEMU keeps the devices that have names, and the objects.
const DEVICES: &str = "/machine/peripheral";
const OBJECTS: &str = "/objects";
/// How often a guest is asked again: one that was not up when it was asked forgot it.
const ASK_EVERY: Duration = Duration::from_secs(3);
/// How long a node may stay in use after its disk is gone, and how often to look.
const FREE_WITHIN: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A QEMU, in one session with its monitor.
#[derive(Debug)]
pub struct Qemu {
    session: Session,
}

impl Qemu {
    /// Speaks to the QEMU whose monitor is at `socket`.
    ///
    /// # Errors
    /// Nobody is there, or somebody else is spoken to.
    pub fn connect(socket: &Path) -> Result<Self, PlugError> {
        Session::open(socket, None).map(|session| Self { session })
    }

    /// The same with faults before each command, for tests.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn connect_with_faults(socket: &Path, faults: Faults) -> Result<Self, PlugError> {
        Session::open(socket, Some(faults)).map(|session| Self { session })
    }

    fn children(&mut self, path: &str) -> Result<Vec<String>, PlugError> {
        let list = self.session.execute("qom-list", json!({"path": path}))?;
        let names = list.as_array().into_iter().flatten().filter_map(|child| child["name"].as_str());
        Ok(names.map(str::to_owned).collect())
    }

    /// The disk of `volume`, and the name that the guest gives it.
    fn device_of(&mut self, volume: VolumeId) -> Result<Option<(String, DeviceName)>, PlugError> {
        let is_its = |alias: &str| volume_of(alias).filter(|(found, _)| *found == volume);
        let devices = self.children(DEVICES)?;
        Ok(devices.into_iter().find_map(|alias| is_its(&alias).map(|(_, name)| (alias, name))))
    }

    fn nodes_of(&mut self, names: Names) -> Result<Vec<String>, PlugError> {
        let list = self.session.execute("query-named-block-nodes", json!({"flat": true}))?;
        let nodes = list.as_array().into_iter().flatten().filter_map(|node| node["node-name"].as_str());
        Ok(nodes.filter(|node| names.owns_node(node)).map(str::to_owned).collect())
    }

    /// Makes everything below the disk. What is made stays when that fails.
    fn make_nodes(&mut self, disk: &Disk, options: &Options) -> Result<(), PlugError> {
        let names = Names(options.volume_id);
        let nodes = Nodes::of(disk, options);
        for (object, secret) in nodes.secrets() {
            let data = match &secret {
                Secret::Bytes(bytes) => STANDARD.encode(bytes.expose()),
                Secret::Base64(text) => String::from_utf8_lossy(text.expose()).into_owned(),
            };
            let secret = json!({"qom-type": "secret", "id": object, "format": "base64", "data": data});
            self.session.execute("object-add", secret)?;
        }
        if !options.limits.is_empty() {
            let limits = options.limits.in_qemus_words();
            let group = json!({"qom-type": "throttle-group", "id": names.object("limits"), "limits": limits});
            self.session.execute("object-add", group)?;
        }
        for tree in nodes.trees() {
            match self.session.execute("blockdev-add", tree.clone()) {
                Err(error) if disk.passphrase.is_some() && content::is_empty(&error) => {
                    self.make_container(names, nodes.bare())?;
                    self.session.execute("blockdev-add", tree)?;
                }
                added => drop(added?),
            }
        }
        // They were needed for opening only.
        for (object, _) in nodes.secrets() {
            self.session.execute("object-del", json!({"id": object}))?;
        }
        let known = self.session.execute("query-named-block-nodes", json!({"flat": true}))?;
        backing::check(disk, names, &known)
    }

    fn make_device(&mut self, options: &Options, is_encrypted: bool) -> Result<(), PlugError> {
        let names = Names(options.volume_id);
        let name = self.choose_name(options.device)?;
        let device = json!({
            "driver": "virtio-blk-pci",
            "id": names.device(name),
            "drive": nodes::top(names, options, is_encrypted),
            "serial": options.volume_id.to_string(),
            "write-cache": if options.cache.has_write_cache() { "on" } else { "off" },
            "share-rw": options.shared,
        });
        self.add_to_free_slot(device)
    }

    /// The name of a new disk. Disks that are not ours have the first ones, as many as there are.
    fn choose_name(&mut self, wanted: Option<DeviceName>) -> Result<DeviceName, PlugError> {
        let ours = self.children(DEVICES)?;
        let taken: Vec<_> = ours.iter().filter_map(|alias| Some(volume_of(alias)?.1)).collect();
        if let Some(wanted) = wanted {
            if taken.contains(&wanted) {
                return Err(self.refused("device_add", format!("another volume is {wanted}")));
            }
            return Ok(wanted);
        }
        let disks = self.session.execute("query-block", Value::Null)?;
        let paths = disks.as_array().into_iter().flatten().filter_map(|disk| disk["qdev"].as_str());
        let is_foreign = |path: &&str| {
            let alias = path.strip_suffix("/virtio-backend").and_then(|path| path.rsplit('/').next());
            alias.is_some_and(|alias| volume_of(alias).is_none())
        };
        let foreign = paths.filter(is_foreign).count();
        let full =
            || PlugError::Full { vm: self.session.vm().to_owned(), why: "every name is taken".to_owned() };
        DeviceName::next_free(&taken, foreign).ok_or_else(full)
    }

    /// Has the guest release the disk `alias`.
    fn remove_device(&mut self, alias: &str, name: DeviceName, patience: Duration) -> Result<(), PlugError> {
        let until = Instant::now() + patience;
        loop {
            match self.session.execute("device_del", json!({"id": alias})) {
                Ok(_) => {}
                // It was asked already; or it has released it this moment.
                Err(PlugError::Refused { why, .. }) if why.contains("in the process of unplug") => {}
                Err(error @ PlugError::Refused { .. }) => {
                    return if self.children(DEVICES)?.iter().any(|name| name == alias) {
                        Err(error)
                    } else {
                        Ok(())
                    };
                }
                Err(error) => return Err(error),
            }
            let next = until.min(Instant::now() + ASK_EVERY);
            let about =
                |event: &super::qmp::Event| event.data.get("device").and_then(Value::as_str) == Some(alias);
            let told = self.session.wait(next, |event| {
                about(event) && matches!(event.name.as_str(), "DEVICE_DELETED" | "DEVICE_UNPLUG_GUEST_ERROR")
            })?;
            // An event may have gone to another session.
            if !self.children(DEVICES)?.iter().any(|name| name == alias) {
                return Ok(());
            }
            let refuses = told.is_some_and(|event| event.name != "DEVICE_DELETED");
            if refuses || Instant::now() >= until {
                let why = if refuses { "it refuses".to_owned() } else { self.why_not()? };
                return Err(PlugError::NotReleased { device: name.to_string(), waited: patience, why });
            }
        }
    }

    /// Why a guest may be silent.
    fn why_not(&mut self) -> Result<String, PlugError> {
        let status = self.session.execute("query-status", Value::Null)?;
        Ok(match status["status"].as_str() {
            Some("running") => {
                "it runs, but did not answer: it may not have started up yet, hang, or have no hot-plug"
                    .to_owned()
            }
            Some(other) => format!("the machine is {other}, and a guest that does not run cannot answer"),
            None => "the machine does not say whether it runs".to_owned(),
        })
    }

    /// Removes whatever there is of a volume below its disk.
    fn remove_nodes(&mut self, names: Names) -> Result<(), PlugError> {
        // What a killed predecessor has begun goes on; how it ends is nobody's business.
        if let Err(error) = self.end_job(&names.object("format")) {
            tracing::debug!(%error, "a container was not made");
        }
        let until = Instant::now() + FREE_WITHIN;
        // A node that others lie on can only go after them.
        loop {
            let nodes = self.nodes_of(names)?;
            let mut kept = None;
            for node in &nodes {
                match self.session.execute("blockdev-del", json!({"node-name": node})) {
                    Ok(_) => {}
                    Err(error @ PlugError::Refused { .. }) => kept = Some(error),
                    Err(error) => return Err(error),
                }
            }
            match kept {
                None => break,
                Some(error) if Instant::now() >= until && !self.nodes_of(names)?.is_empty() => {
                    return Err(error);
                }
                Some(_) => std::thread::sleep(LOOK_EVERY),
            }
        }
        for object in self.children(OBJECTS)?.into_iter().filter(|object| names.owns_object(object)) {
            self.session.execute("object-del", json!({"id": object}))?;
        }
        Ok(())
    }

    fn refused(&self, asked: &str, why: String) -> PlugError {
        PlugError::Refused { vm: self.session.vm().to_owned(), asked: asked.to_owned(), why }
    }

    fn absent(&self) -> PlugError {
        PlugError::Absent { vm: self.session.vm().to_owned() }
    }

    /// What the guest has of `volume`.
    fn found(&mut self, volume: VolumeId) -> Result<Plugged, PlugError> {
        let found = self.list()?.into_iter().find(|plugged| plugged.volume_id == volume);
        found.ok_or_else(|| self.absent())
    }
}

/// What QEMU must know in secret, and keeps as an object while it opens a disk.
enum Secret<'a> {
    /// As it is.
    Bytes(&'a Passphrase),
    /// Written in base64 already.
    Base64(&'a Passphrase),
}

impl Hypervisor for Qemu {
    fn ensure_plugged(&mut self, disk: &Disk, options: &Options) -> Result<Plugged, PlugError> {
        if self.device_of(options.volume_id)?.is_some() {
            let plugged = self.found(options.volume_id)?;
            plugged.must_be(options)?;
            return Ok(plugged);
        }
        images::check(disk)?;
        let names = Names(options.volume_id);
        self.remove_nodes(names)?;
        let made = self
            .make_nodes(disk, options)
            .and_then(|()| self.make_device(options, disk.passphrase.is_some()));
        if let Err(error) = made {
            // What cannot be removed now is removed before the next attempt.
            if let Err(left) = self.remove_nodes(names) {
                tracing::warn!(volume = %options.volume_id, %left, "something is left in the hypervisor");
            }
            return Err(error);
        }
        self.found(options.volume_id)
    }

    fn ensure_unplugged(&mut self, volume: VolumeId, patience: Duration) -> Result<(), PlugError> {
        if let Some((alias, name)) = self.device_of(volume)? {
            self.remove_device(&alias, name, patience)?;
        }
        self.remove_nodes(Names(volume))
    }

    fn resize(&mut self, volume: VolumeId, size_bytes: u64) -> Result<(), PlugError> {
        let nodes = self.nodes_of(Names(volume))?;
        let names = Names(volume);
        let top = [names.throttle(), names.decryption(), names.image(0)];
        let top = top.into_iter().find(|node| nodes.contains(node)).ok_or_else(|| self.absent())?;
        let header = self.header_bytes(names)?;
        self.session.resize_node(&top, size_bytes.saturating_sub(header))
    }

    fn next_name(&mut self) -> Result<DeviceName, PlugError> {
        self.choose_name(None)
    }

    fn list(&mut self) -> Result<Vec<Plugged>, PlugError> {
        let devices = self.children(DEVICES)?;
        let disks = self.session.execute("query-block", Value::Null)?;
        let vm = self.session.vm().to_owned();
        let plugged = |alias: String| {
            let (volume_id, device) = volume_of(&alias)?;
            let backend = format!("{DEVICES}/{alias}/virtio-backend");
            let disk = disks.as_array()?.iter().find(|disk| disk["qdev"] == backend.as_str())?;
            let inserted = &disk["inserted"];
            Some(Plugged {
                volume_id,
                vm: vm.clone(),
                device,
                alias,
                read_only: inserted["ro"].as_bool().unwrap_or_default(),
                size_bytes: inserted["image"]["virtual-size"].as_u64(),
            })
        };
        Ok(devices.into_iter().filter_map(plugged).collect())
    }
}

#[cfg(test)]
mod tests;
