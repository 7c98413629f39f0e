//! The target of the Linux kernel (LIO), through its configfs tree (Documentation/target, rtslib's layout).
//!
//! ```text
//! core/iblock_7260/{volume}          the device
//! iscsi/{iqn}/tpgt_1/np/{portal}     where it is reached
//!                   /lun/lun_0       the device, as a unit
//!                   /acls/{initiator}/lun_0, auth/*    who is let in
//! ```
//!
//! The tree lives in the kernel: what a killed process left there is found again. A reboot restores what was saved (module
//! `saved`), and what is attached is offered anew.

mod saved;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use ports::exec::Call;
use ports::volume::Access;
use ports::{DriverError, Exec, Work};
use serde_json::{Value, json};

use self::saved::Entry;
use self::tree::Node;
use super::{Chap, Described, Iqn, Offer, Portals, Target};

/// Where the kernel shows its targets.
const ROOT: &str = "/sys/kernel/config/target";
/// By which one run of the kernel is told from another.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";
/// Our shelf among the kernel's block backstores; the number means nothing.
const SHELF: &str = "core/iblock_7260";
/// How every such shelf begins.
const SHELVES: &str = "iblock_";
/// The only unit of a target.
const LUN: &str = "lun_0";

/// The kernel's target.
#[derive(Debug)]
pub struct Lio {
    root: PathBuf,
    portals: Portals,
    exec: Exec,
}

impl Lio {
    /// A target that is reached at `portals`.
    #[must_use]
    pub fn new(portals: Portals, exec: Exec) -> Self {
        Self { root: PathBuf::from(ROOT), portals, exec }
    }

    fn target(&self, name: &Iqn) -> Node {
        Node::at(self.root.join("iscsi").join(name.as_str()))
    }

    fn group(&self, name: &Iqn) -> Node {
        self.target(name).child("tpgt_1")
    }

    fn access(&self, target: &Iqn, initiator: &Iqn) -> Node {
        self.group(target).child("acls").child(initiator.as_str())
    }

    /// The device behind a target; its name is the target's. What was restored after a reboot, or made by others in the
    /// same way, is on a shelf of its own.
    fn device(&self, name: &Iqn) -> Result<Node, DriverError> {
        let ours = Node::at(self.root.join(SHELF)).child(name.as_str());
        let shelves = Node::at(self.root.join("core")).children()?;
        let others = shelves.iter().filter(|shelf| shelf.name().starts_with(SHELVES));
        let found = others.map(|shelf| shelf.child(name.as_str())).find(Node::exists);
        Ok(found.unwrap_or(ours))
    }

    /// Has a reboot restore the target as it is now. A failure is told to nobody but the log: what is attached is offered
    /// anew by the service too.
    fn save(&self, target: &Iqn) {
        let Some(directory) = saved::directory() else { return };
        if let Err(error) = self.save_in(&directory, target) {
            tracing::warn!(%target, error = error.chain(), "a reboot will not restore the target");
        }
    }

    fn save_in(&self, directory: &Path, target: &Iqn) -> Result<(), DriverError> {
        saved::put(directory, target, self.entry(target)?)
    }

    /// The target as rtslib restores it; none where it is not there.
    fn entry(&self, target: &Iqn) -> Result<Option<Entry>, DriverError> {
        let (device, group) = (self.device(target)?, self.group(target));
        if !device.exists() || !group.exists() {
            return Ok(None);
        }
        let (name, serial) = (target.as_str(), serial_of(&device)?);
        let portals = group.child("np").children()?;
        let portals: Vec<Value> = portals.iter().filter_map(|portal| portal_entry(portal.name())).collect();
        let mut access = Vec::new();
        for acl in group.child("acls").children()? {
            let protected = acl.child(LUN).read("write_protect")?.trim() == "1";
            access.push(json!({
                "node_wwn": acl.name(),
                "chap_userid": acl.read("auth/userid")?.trim(),
                "chap_password": acl.read("auth/password")?.trim(),
                "mapped_luns": [{"index": 0, "tpg_lun": 0, "write_protect": protected}],
            }));
        }
        let asks = group.read("attrib/authentication")?.trim() == "1";
        Ok(Some(Entry {
            device: json!({
                "name": name, "plugin": "block", "dev": device.read("udev_path")?.trim(), "wwn": serial,
                "readonly": false, "write_back": false,
            }),
            target: json!({
                "wwn": name,
                "fabric": "iscsi",
                "tpgs": [{
                    "tag": 1,
                    "enable": true,
                    "attributes": {
                        "authentication": u8::from(asks), "generate_node_acls": 0, "demo_mode_write_protect": 1,
                    },
                    "luns": [{"index": 0, "storage_object": format!("/backstores/block/{name}")}],
                    "node_acls": access,
                    "portals": portals,
                }],
            }),
        }))
    }

    fn ensure_device(&self, offer: &Offer<'_>) -> Result<Node, DriverError> {
        let device = self.device(offer.target)?;
        device.ensure()?;
        if device.read("enable")?.trim() != "1" {
            device.write("control", &format!("udev_path={}", offer.device.display()))?;
            device.write("udev_path", &offer.device.display().to_string())?;
            device.write("enable", "1")?;
        }
        // A unit that somebody uses keeps its number.
        if !device.read("wwn/vpd_unit_serial")?.trim_end().ends_with(offer.serial) {
            device.write("wwn/vpd_unit_serial", offer.serial)?;
        }
        Ok(device)
    }

    fn ensure_group(&self, offer: &Offer<'_>) -> Result<Node, DriverError> {
        let target = self.target(offer.target);
        target.ensure()?;
        let group = target.child("tpgt_1");
        group.ensure()?;
        // Nobody is let in who was not let in by name.
        group.write("attrib/generate_node_acls", "0")?;
        group.write("attrib/demo_mode_write_protect", "1")?;
        group.write("attrib/authentication", if offer.chap.is_some() { "1" } else { "0" })?;
        Ok(group)
    }
}

impl Target for Lio {
    fn check(&self) -> Result<(), DriverError> {
        for module in ["target_core_mod", "target_core_iblock", "iscsi_target_mod"] {
            // Built into the kernel, or not there at all: what follows tells.
            let _ = self.exec.run(&Work::new(), &Call::new("modprobe").args(["--quiet", module]));
        }
        if !self.root.is_dir() {
            let why = format!("the kernel's target (LIO) is not there: no {}", self.root.display());
            return Err(DriverError::Refused(why));
        }
        Node::at(self.root.join("iscsi")).ensure()?;
        Node::at(self.root.join(SHELF)).ensure()
    }

    /// Targets last as long as the kernel does.
    fn life(&self) -> Result<String, DriverError> {
        fs::read_to_string(BOOT_ID).map_err(DriverError::io(format!("reading {BOOT_ID}")))
    }

    fn lun(&self) -> u64 {
        0
    }

    fn ensure(&self, offer: &Offer<'_>) -> Result<(), DriverError> {
        let device = self.ensure_device(offer)?;
        let group = self.ensure_group(offer)?;
        let unit = group.child("lun").child(LUN);
        unit.ensure()?;
        unit.link("device", &device)?;
        for portal in self.portals.all() {
            group.child("np").child(&portal.to_string()).ensure()?;
        }
        group.write("enable", "1")?;
        self.save(offer.target);
        Ok(())
    }

    fn admit(&self, offer: &Offer<'_>, initiator: &Iqn, access: Access) -> Result<(), DriverError> {
        let acl = self.access(offer.target, initiator);
        acl.ensure()?;
        if let Some(chap) = offer.chap {
            write_chap(&acl, chap)?;
        }
        let unit = acl.child(LUN);
        unit.ensure()?;
        unit.link("unit", &self.group(offer.target).child("lun").child(LUN))?;
        unit.write("write_protect", if access == Access::Read { "1" } else { "0" })?;
        self.save(offer.target);
        Ok(())
    }

    fn expel(&self, target: &Iqn, initiator: &Iqn) -> Result<(), DriverError> {
        remove_access(&self.access(target, initiator))?;
        self.save(target);
        Ok(())
    }

    /// The kernel looks at the device whenever an initiator asks for its size.
    fn resized(&self, _target: &Iqn) -> Result<(), DriverError> {
        Ok(())
    }

    fn remove(&self, target: &Iqn) -> Result<(), DriverError> {
        let group = self.group(target);
        if group.exists() {
            group.write("enable", "0")?;
            for acl in group.child("acls").children()? {
                remove_access(&acl)?;
            }
            for portal in group.child("np").children()? {
                portal.remove()?;
            }
            for unit in group.child("lun").children()? {
                unit.unlink_all()?;
                unit.remove()?;
            }
            group.remove()?;
        }
        self.target(target).remove()?;
        self.device(target)?.remove()?;
        self.save(target);
        Ok(())
    }

    fn describe(&self, target: &Iqn) -> Result<Option<Described>, DriverError> {
        let (device, group) = (self.device(target)?, self.group(target));
        if !device.exists() || !group.exists() {
            return Ok(None);
        }
        let access = group.child("acls").children()?;
        let asks = group.read("attrib/authentication")?.trim() == "1";
        let chap = match access.first().filter(|_| asks) {
            Some(acl) => Some(Chap::new(
                acl.read("auth/userid")?.trim().to_owned(),
                acl.read("auth/password")?.trim().to_owned(),
            )),
            None => None,
        };
        Ok(Some(Described {
            device: PathBuf::from(device.read("udev_path")?.trim()),
            serial: serial_of(&device)?,
            chap,
            discards: false,
            initiators: access.iter().map(|acl| acl.name().to_owned()).collect(),
        }))
    }

    fn save_all(&self) -> Result<usize, DriverError> {
        let Some(directory) = saved::directory() else {
            return Err(DriverError::Refused("there is no rtslib that would restore anything".to_owned()));
        };
        let mut saved = 0;
        for name in self.list("")?.iter().filter_map(|name| name.parse::<Iqn>().ok()) {
            // One that is laid out in another way was made, and is saved, by others.
            if self.describe(&name)?.is_some() {
                self.save_in(&directory, &name)?;
                saved += 1;
            }
        }
        Ok(saved)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, DriverError> {
        let targets = Node::at(self.root.join("iscsi")).children()?;
        let names =
            targets.iter().filter_map(|target| target.path().file_name()?.to_str().map(str::to_owned));
        // Beside the targets stands a group of the kernel's own.
        let names = names.filter(|name| name.starts_with(prefix) && name.parse::<Iqn>().is_ok());
        Ok(names.collect())
    }
}

/// `T10 VPD Unit Serial Number: …`, as the kernel shows it.
fn serial_of(device: &Node) -> Result<String, DriverError> {
    let shown = device.read("wwn/vpd_unit_serial")?;
    Ok(shown.rsplit(':').next().unwrap_or_default().trim().to_owned())
}

/// `192.0.2.1:3260` or `[2001:db8::1]:3260`.
fn portal_entry(name: &str) -> Option<Value> {
    let (address, port) = name.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    Some(json!({"ip_address": address, "port": port, "iser": false, "offload": false}))
}

fn write_chap(acl: &Node, chap: &Chap) -> Result<(), DriverError> {
    acl.write("auth/userid", chap.user())?;
    acl.write_secret("auth/password", chap.expose_secret())
}

fn remove_access(acl: &Node) -> Result<(), DriverError> {
    if !acl.exists() {
        return Ok(());
    }
    for unit in acl.children()?.iter().filter(|child| is_unit(child.path())) {
        unit.unlink_all()?;
        unit.remove()?;
    }
    acl.remove()
}

/// Beside the units stand groups that the kernel made and nobody can remove.
fn is_unit(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("lun_"))
}
