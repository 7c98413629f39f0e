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

mod restored;
mod saved;
mod tree;

use std::fs;
use std::path::{Path, PathBuf};

use ports::exec::Call;
use ports::volume::Access;
use ports::{DriverError, Exec, Work};

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

    fn ensure_device(&self, offer: &Offer<'_>) -> Result<Node, DriverError> {
        let device = self.device(offer.target)?;
        device.ensure()?;
        if device.read("enable")?.trim() != "1" {
            device.write("control", &format!("udev_path={}", offer.device.display()))?;
            device.write("udev_path", &offer.device.display().to_string())?;
            device.write("enable", "1")?;
        }
        if offer.discards != discards(&device)? {
            // UNMAP, and WRITE SAME that unmaps: not every initiator understands what every kernel says of the first.
            let how = if offer.discards { "1" } else { "0" };
            let told = device.write("attrib/emulate_tpws", how);
            let told = told.and_then(|()| device.write("attrib/emulate_tpu", how));
            // A disk without it cannot give anything back.
            if let Err(error) = told {
                tracing::debug!(target = %offer.target, error = error.chain(), "initiators give no space back");
            }
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
        if let Some(chap) = offer.chap {
            // For whoever is let in next; the kernel itself would ask those for it who are let in by no name.
            write_chap(&group, chap)?;
        }
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
            Some(acl) => chap_of(acl)?,
            None if asks => chap_of(&group)?,
            None => None,
        };
        Ok(Some(Described {
            device: PathBuf::from(device.read("udev_path")?.trim()),
            serial: serial_of(&device)?,
            chap,
            discards: discards(&device)?,
            initiators: access.iter().map(|acl| acl.name().to_owned()).collect(),
        }))
    }

    fn save_all(&self, to: Option<&Path>) -> Result<usize, DriverError> {
        let Some(file) = to.map(Path::to_owned).or_else(saved::default_file) else {
            return Err(DriverError::Refused("there is no rtslib that would restore anything".to_owned()));
        };
        let mut saved = 0;
        for name in self.list("")?.iter().filter_map(|name| name.parse::<Iqn>().ok()) {
            // One that is laid out in another way was made, and is saved, by others.
            if self.describe(&name)?.is_some() {
                self.save_in(&file, &name)?;
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

/// Sets what is asked of an initiator, or of a group's.
fn write_chap(node: &Node, chap: &Chap) -> Result<(), DriverError> {
    node.write("auth/userid", chap.user())?;
    node.write_secret("auth/password", chap.expose_secret())
}

/// What is asked, if anything.
fn chap_of(node: &Node) -> Result<Option<Chap>, DriverError> {
    let (user, secret) = (node.read("auth/userid")?, node.read("auth/password")?);
    let (user, secret) = (user.trim(), secret.trim());
    Ok((!user.is_empty()).then(|| Chap::new(user.to_owned(), secret.to_owned())))
}

/// Whether initiators may give space back.
fn discards(device: &Node) -> Result<bool, DriverError> {
    Ok(device.read("attrib/emulate_tpu")?.trim() == "1")
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
