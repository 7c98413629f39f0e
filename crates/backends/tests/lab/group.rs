//! A volume group of its own for each test.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use backends::target::lio::Lio;
use backends::target::{Portals, Target, TargetOptions};
use backends::volume::lvm::{LvmDriver, LvmOptions, LvmType};
use ports::volume::conformance::Subject;
use ports::{Exec, VolumeDriver};

/// The group's name; hyphens are what the device mapper is particular about.
pub(crate) const NAME: &str = "besser-lab";

/// How much of a volume that goes is wiped: enough to be seen, and no more, because the guest is slow.
const WIPE_MIB: u64 = 8;

/// A fresh volume group on the scratch disk; it goes with everything that is on it.
pub(crate) struct Group;

impl Group {
    pub(crate) fn new(disk: &Path) -> Self {
        run("vgcreate", &["--yes", "--quiet", NAME, &disk.display().to_string()]);
        Self
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let _ = Command::new("vgremove").args(["--force", "--yes", "--quiet", NAME]).output();
        // The group's directory goes when the last of its devices has been heard of.
        let _ = Command::new("udevadm").args(["settle", "--timeout", "30"]).output();
    }
}

/// A group, and the driver on it.
pub(crate) struct Lab {
    options: LvmOptions,
    driver: LvmDriver,
    /// Goes last.
    _group: Group,
}

impl Lab {
    pub(crate) fn new(disk: &Path, lvm_type: LvmType) -> Self {
        let group = Group::new(disk);
        let options = LvmOptions { lvm_type, ..options() };
        let driver = driver(&options);
        driver.check().unwrap();
        Self { options, driver, _group: group }
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

impl Subject for Lab {
    fn driver(&self) -> &dyn VolumeDriver {
        &self.driver
    }

    fn driver_of_next_process(&self) -> Box<dyn VolumeDriver> {
        Box::new(driver(&self.options))
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let target = Lio::new(self.options.target.portals.clone(), Exec::direct());
        for name in target.list(&self.options.target.prefix).unwrap_or_default() {
            let _ = name.parse().map(|name| target.remove(&name));
        }
    }
}

/// Runs a program that must succeed; what it printed.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}: {out}{err}");
    out.into_owned()
}
