//! A Fibre Channel fabric inside of one kernel: software adapters (FCoE, in the mode VN2VN, which needs no switch) on pairs
//! of virtual network cards. One end of each pair is an adapter of the host, the other a port of the storage, whose unit is
//! offered by the kernel's target (`tcm_fc`).
//!
//! The lab's usual guest has no such modules, `cargo xtask lab --fibre-channel` starts one that has.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::wait;

const ADAPTERS: &str = "/sys/bus/fcoe";
const TARGETS: &str = "/sys/kernel/config/target";
/// The shelf of its unit among the kernel's block devices; the number means nothing.
const SHELF: &str = "core/iblock_7262";
const UNIT: &str = "unit";
/// How long adapters may take to find each other: they claim addresses first, and wait for objections.
const MEET_WITHIN: Duration = Duration::from_secs(60);

/// A fabric, and a unit at its end. Both go with this value.
#[derive(Debug)]
pub struct Fabric {
    pairs: Vec<Pair>,
}

/// An adapter of the host, and the port of the storage that it sees.
#[derive(Debug)]
struct Pair {
    host_end: String,
    storage_end: String,
    host_wwpn: String,
    storage_wwpn: String,
}

impl Fabric {
    /// Lays `paths` ways to `device`, which is unit 0 at the end of each and bears the serial number `serial`; none where
    /// the kernel has no Fibre Channel.
    #[must_use]
    pub fn lay(device: &Path, serial: &str, paths: usize) -> Option<Self> {
        let has =
            |module: &str| Command::new("modprobe").args(["--quiet", module]).status().unwrap().success();
        if !["veth", "fcoe", "tcm_fc", "target_core_iblock"].into_iter().all(has) {
            println!("skipped: this kernel has no Fibre Channel (cargo xtask lab --fibre-channel)");
            return None;
        }
        remove_targets();
        let unit = PathBuf::from(TARGETS).join(SHELF).join(UNIT);
        fs::create_dir_all(&unit).unwrap();
        order(&unit.join("control"), &format!("udev_path={}", device.display()));
        order(&unit.join("enable"), "1");
        order(&unit.join("wwn/vpd_unit_serial"), serial);
        // Whoever wants a unit has to look for it, so that one that is found was looked for.
        order(Path::new("/sys/module/scsi_mod/parameters/scan"), "manual");
        // A target must be there before the host's adapter comes.
        let pairs: Vec<Pair> = (0..paths).map(Pair::lay).collect();
        let fabric = Self { pairs };
        for pair in &fabric.pairs {
            make_adapter(&pair.host_end);
            wait::until(MEET_WITHIN, "the host's adapter sees the storage", || pair.has_met().then_some(()));
            pair.offer(&unit);
        }
        Some(fabric)
    }

    /// The names of the storage's ports: 16 hexadecimal digits each.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        self.pairs.iter().map(|pair| pair.storage_wwpn.clone()).collect()
    }

    /// The names of the host's adapters.
    #[must_use]
    pub fn initiators(&self) -> Vec<String> {
        self.pairs.iter().map(|pair| pair.host_wwpn.clone()).collect()
    }

    /// Has the host's adapters look for every unit, as the administrator of a SAN does.
    pub fn scan(&self) {
        for pair in &self.pairs {
            let host = host_of(&pair.host_end).unwrap();
            order(&Path::new("/sys/class/scsi_host").join(host).join("scan"), "- - -");
        }
    }

    /// Takes the wire of one way away.
    pub fn cut(&self, way: usize) {
        ip(&["link", "set", &self.pairs[way].storage_end, "down"]);
    }
}

impl Pair {
    fn lay(number: usize) -> Self {
        let (host_end, storage_end) = (format!("fchost{number}"), format!("fcstore{number}"));
        ip(&["link", "add", &host_end, "type", "veth", "peer", "name", &storage_end]);
        // udev gives cards addresses of its own, and adapters are named after them.
        let settled = Command::new("udevadm").args(["settle", "--timeout", "30"]).status().unwrap();
        assert!(settled.success(), "udev does not settle");
        for end in [&host_end, &storage_end] {
            // A frame of Fibre Channel has 2148 bytes.
            ip(&["link", "set", end, "mtu", "4000", "up"]);
        }
        make_adapter(&storage_end);
        let (host_wwpn, storage_wwpn) = (wwpn(&host_end), wwpn(&storage_end));
        let pair = Self { host_end, storage_end, host_wwpn, storage_wwpn };
        fs::create_dir_all(pair.group().join("lun/lun_0")).unwrap();
        fs::create_dir_all(pair.access()).unwrap();
        pair
    }

    fn group(&self) -> PathBuf {
        Path::new(TARGETS).join("fc").join(with_colons(&self.storage_wwpn)).join("tpgt_1")
    }

    fn access(&self) -> PathBuf {
        self.group().join("acls").join(with_colons(&self.host_wwpn))
    }

    /// Whether the host's adapter has logged in to the storage's port.
    fn has_met(&self) -> bool {
        let Some(number) =
            host_of(&self.host_end).and_then(|host| host.strip_prefix("host").map(str::to_owned))
        else {
            return false;
        };
        let ports = fs::read_dir("/sys/class/fc_remote_ports").into_iter().flatten().flatten();
        let mut of_host =
            ports.filter(|port| port.file_name().to_string_lossy().starts_with(&format!("rport-{number}:")));
        of_host.any(|port| {
            fs::read_to_string(port.path().join("roles")).is_ok_and(|roles| roles.contains("Target"))
        })
    }

    /// Lets the host have the unit.
    fn offer(&self, unit: &Path) {
        let lun = self.group().join("lun/lun_0");
        symlink(unit, lun.join("unit")).unwrap();
        fs::create_dir(self.access().join("lun_0")).unwrap();
        symlink(lun, self.access().join("lun_0/unit")).unwrap();
    }
}

impl Drop for Fabric {
    fn drop(&mut self) {
        for pair in &self.pairs {
            for end in [&pair.host_end, &pair.storage_end] {
                let _ = fs::write(format!("{ADAPTERS}/ctlr_destroy"), end);
                let _ = wait::poll(MEET_WITHIN, || controller_of(end).is_none().then_some(()));
            }
            let _ = Command::new("ip").args(["link", "delete", &pair.host_end]).output();
        }
        remove_targets();
    }
}

/// Makes a network card an adapter.
fn make_adapter(card: &str) {
    order(&Path::new(ADAPTERS).join("ctlr_create"), card);
    let controller = wait::until(MEET_WITHIN, "the adapter is there", || controller_of(card));
    order(&controller.join("mode"), "VN2VN");
    order(&controller.join("enabled"), "1");
}

fn controller_of(card: &str) -> Option<PathBuf> {
    find(&Path::new("/sys/devices/virtual/net").join(card), "ctlr_")
}

/// The adapter of a network card, as the SCSI layer names it: `host3`.
fn host_of(card: &str) -> Option<String> {
    let host = find(&controller_of(card)?, "host")?;
    Some(host.file_name()?.to_string_lossy().into_owned())
}

fn find(dir: &Path, beginning: &str) -> Option<PathBuf> {
    let mut entries = fs::read_dir(dir).ok()?.flatten();
    let found = entries.find(|entry| entry.file_name().to_string_lossy().starts_with(beginning))?;
    Some(found.path())
}

/// The name of the port on a network card: a format (2), and its address.
fn wwpn(card: &str) -> String {
    let address = fs::read_to_string(format!("/sys/class/net/{card}/address")).unwrap();
    format!("2000{}", address.trim().replace(':', ""))
}

fn with_colons(wwpn: &str) -> String {
    let pairs: Vec<&str> = (0..wwpn.len()).step_by(2).map(|at| &wwpn[at..at + 2]).collect();
    pairs.join(":")
}

/// Removes what a fabric has put into the kernel's tree of targets.
fn remove_targets() {
    let root = Path::new(TARGETS);
    for target in entries(&root.join("fc")).into_iter().filter(|target| target.join("tpgt_1").is_dir()) {
        let group = target.join("tpgt_1");
        for access in entries(&group.join("acls")) {
            let _ = fs::remove_file(access.join("lun_0/unit"));
            let _ = fs::remove_dir(access.join("lun_0"));
            let _ = fs::remove_dir(access);
        }
        let _ = fs::remove_file(group.join("lun/lun_0/unit"));
        for dir in [&group.join("lun/lun_0"), &group, &target] {
            let _ = fs::remove_dir(dir);
        }
    }
    let shelf = root.join(SHELF);
    let _ = fs::remove_dir(shelf.join(UNIT));
    let _ = fs::remove_dir(shelf);
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

/// Writes to a file of the kernel's, which takes it for an order.
fn order(file: &Path, text: &str) {
    let done: io::Result<()> = fs::write(file, text);
    done.unwrap_or_else(|error| panic!("{text:?} to {}: {error}", file.display()));
}

fn ip(words: &[&str]) {
    let output = Command::new("ip").args(words).output().unwrap();
    assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
