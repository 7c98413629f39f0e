//! A volume group of its own for each test, emptied between the checks of one.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use backends::target::lio::Lio;
use backends::target::{Portals, Target, TargetOptions};
use backends::volume::lvm::{LvmDriver, LvmOptions, LvmType};
use ports::volume::conformance::Subject;
use ports::{Exec, VolumeDriver};

/// The group's name; hyphens are what the device mapper is particular about.
pub(crate) const NAME: &str = "besser-lab";

/// What stands for a GiB where every promise is tried, because the guest is slow.
const SMALL_GIB_BYTES: u64 = 64 << 20;

/// How much of a volume that goes is wiped: enough to be seen, and no more, because the guest is slow.
const WIPE_MIB: u64 = 8;

/// How long a removal may be refused because something has a device open: udev looks at what was written, and a host that is
/// busy lets it wait.
const PATIENCE: Duration = Duration::from_secs(60);

/// A fresh volume group on the scratch disk; it goes with everything that is on it.
pub(crate) struct Group;

impl Group {
    pub(crate) fn new(disk: &Path) -> Self {
        Self::remove();
        run("vgcreate", &["--yes", "--quiet", NAME, &disk.display().to_string()]);
        Self
    }

    /// Removes every logical volume but a thin pool.
    fn clear() {
        let but_the_pool = format!("lv_name!=\"{NAME}-pool\"");
        until_done("lvremove", &["--force", "--yes", "--quiet", "--select", &but_the_pool, NAME]);
    }

    /// Removes the group, if it is there.
    fn remove() {
        let is_it = format!("vg_name=\"{NAME}\"");
        if run("vgs", &["--noheadings", "--options", "vg_name", "--select", &is_it]).trim().is_empty() {
            return;
        }
        until_done("vgremove", &["--force", "--yes", "--quiet", NAME]);
        // The group's directory goes when the last of its devices has been heard of.
        let _ = Command::new("udevadm").args(["settle", "--timeout", "30"]).output();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if thread::panicking() {
            // What is in the way is told by the next test that wants a group.
            let _ = attempt("vgremove", &["--force", "--yes", "--quiet", NAME]);
        } else {
            Self::remove();
        }
    }
}

/// A driver on an empty group.
pub(crate) struct Lab<'a> {
    options: LvmOptions,
    driver: LvmDriver,
    _group: &'a Group,
}

impl<'a> Lab<'a> {
    pub(crate) fn new(group: &'a Group, lvm_type: LvmType) -> Self {
        let options = LvmOptions { lvm_type, gib_bytes: SMALL_GIB_BYTES, ..options() };
        let driver = driver(&options);
        driver.check().unwrap();
        Self { options, driver, _group: group }
    }

    /// Removes what a check left, exports first.
    pub(crate) fn clear(self) {
        let target = Lio::new(self.options.target.portals.clone(), Exec::direct());
        for name in target.list(&self.options.target.prefix).unwrap() {
            target.remove(&name.parse().unwrap()).unwrap();
        }
        Group::clear();
    }
}

/// Thick volumes of the group, with secrets.
pub(crate) fn options() -> LvmOptions {
    let portals = Portals::new(SocketAddr::from((Ipv4Addr::LOCALHOST, 3260)), []);
    let prefix = "iqn.2010-10.org.openstack:".to_owned();
    let target = TargetOptions { use_chap: true, ..TargetOptions::new(prefix, portals, PathBuf::new()) };
    LvmOptions { wipe_mib: WIPE_MIB, ..LvmOptions::new(NAME.to_owned(), target) }
}

pub(crate) fn driver(options: &LvmOptions) -> LvmDriver {
    let target = Lio::new(options.target.portals.clone(), Exec::direct());
    LvmDriver::new(options.clone(), Box::new(target), Exec::direct())
}

impl Subject for Lab<'_> {
    fn gib_bytes(&self) -> u64 {
        SMALL_GIB_BYTES
    }

    fn driver(&self) -> &dyn VolumeDriver {
        &self.driver
    }

    fn driver_of_next_process(&self) -> Box<dyn VolumeDriver> {
        Box::new(driver(&self.options))
    }
}

/// Runs a program that must succeed; what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    attempt(program, arguments).unwrap_or_else(|why| panic!("{why}"))
}

/// Runs a program until it succeeds, and tells its last refusal when it never does.
fn until_done(program: &str, arguments: &[&str]) {
    let begun = Instant::now();
    while let Err(why) = attempt(program, arguments) {
        assert!(begun.elapsed() < PATIENCE, "{why}");
        println!("again: {why}");
        thread::sleep(Duration::from_millis(500));
    }
}

/// What a program printed, or why it failed.
fn attempt(program: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    if output.status.success() {
        Ok(out.into_owned())
    } else {
        Err(format!("{program} {arguments:?}: {out}{err}"))
    }
}
