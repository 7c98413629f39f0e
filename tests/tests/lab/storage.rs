//! The storage node: a volume group, the target's side, and the service on them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use blackbox::{Serve, Server, wait};

use crate::tgtd::{Control, Tgtd};
use crate::{network, printed, run};

pub(crate) const GROUP: &str = "besser-story";

/// Who offers the volumes, and how they take their space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Thin volumes behind the kernel's target.
    ThinLio,
    /// Thick ones behind tgtd.
    ThickTgt,
}

impl Kind {
    fn options(self) -> &'static str {
        match self {
            Self::ThinLio => "lvm_type = thin\ntarget_helper = lioadm",
            Self::ThickTgt => "lvm_type = default\ntarget_helper = tgtadm\nvolume_clear_size = 8",
        }
    }

    /// Where its targets are reached.
    fn address(self) -> &'static str {
        match self {
            Self::ThinLio => "127.0.0.1",
            Self::ThickTgt => network::ADDRESS,
        }
    }
}

/// A running service on a fresh volume group.
pub(crate) struct Storage {
    pub(crate) server: Server,
    pub(crate) kind: Kind,
    tgtd: Option<Tgtd>,
}

impl Storage {
    /// None outside of the lab.
    pub(crate) fn new(kind: Kind) -> Option<Self> {
        Self::with(kind, "")
    }

    /// The same with one more line of the backend's section, which counts instead of an earlier one.
    pub(crate) fn with(kind: Kind, option: &str) -> Option<Self> {
        let Some(disk) = std::env::var_os("LAB_DISK1").map(PathBuf::from) else {
            println!("skipped: not in the lab");
            return None;
        };
        if printed("vgs", &["--noheadings", "--options", "vg_name"]).contains(GROUP) {
            remove_group();
        }
        // Host and storage node are one machine here: LVM must not wait for a disk that waits for LVM.
        let filter = format!("devices {{ global_filter = [ \"a|^{}$|\", \"r|.*|\" ] }}\n", disk.display());
        fs::write("/etc/lvm/lvmlocal.conf", filter).unwrap();
        run("vgcreate", &["--yes", "--quiet", GROUP, disk.to_str().unwrap()]);
        let tgtd = (kind == Kind::ThickTgt).then(Tgtd::start);
        let serve = Serve::new();
        let volumes_dir = serve.side_dir("tgt");
        let conf = format!(
            "[DEFAULT]\nenabled_backends = lvm\n\n[lvm]\n\
             volume_driver = cinder.volume.drivers.lvm.LVMVolumeDriver\nvolume_group = {GROUP}\n{}\n\
             use_chap_auth = true\ntarget_ip_address = {}\nvolumes_dir = {}\n{option}\n",
            kind.options(),
            kind.address(),
            volumes_dir.display()
        );
        let storage = Self { server: serve.config(&conf).start(), kind, tgtd };
        storage.await_backend();
        Some(storage)
    }

    /// Waits until the backend has been looked at: it makes its pool at that time.
    pub(crate) fn await_backend(&self) {
        let admin = self.server.admin();
        wait::until(wait::PATIENCE, "the backend has reported", || {
            let pools = admin.get("/scheduler-stats/get_pools");
            pools["pools"].as_array().is_some_and(|pools| !pools.is_empty()).then_some(())
        });
    }

    /// tgtd, where it offers the volumes.
    #[track_caller]
    pub(crate) fn tgtd(&mut self) -> &mut Tgtd {
        self.tgtd.as_mut().unwrap()
    }

    /// Who stands between the service and tgtd.
    #[track_caller]
    pub(crate) fn control(&self) -> &Control {
        self.tgtd.as_ref().unwrap().control()
    }

    /// `kill -9` of the service, which is started again.
    pub(crate) fn restart_killed(&mut self) {
        self.server.kill();
        self.start_again();
    }

    /// Starts the service again.
    pub(crate) fn start_again(&mut self) {
        self.server.start_again();
        self.await_backend();
    }

    /// The logical volumes of the group, without the pool.
    pub(crate) fn logical_volumes(&self) -> Vec<String> {
        let listed = run("lvs", &["--noheadings", "--options", "lv_name", GROUP]);
        let pool = format!("{GROUP}-pool");
        listed.lines().map(|line| line.trim().to_owned()).filter(|name| *name != pool).collect()
    }

    /// The names of the targets that are offered.
    pub(crate) fn targets(&self) -> Vec<String> {
        match self.kind {
            Kind::ThinLio => {
                let entries = fs::read_dir("/sys/kernel/config/target/iscsi").into_iter().flatten();
                let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
                names.filter(|name| name.starts_with("iqn.")).collect()
            }
            Kind::ThickTgt => {
                let shown = run("tgtadm", &["--lld", "iscsi", "--mode", "target", "--op", "show"]);
                shown.lines().filter(|line| line.starts_with("Target ")).map(str::to_owned).collect()
            }
        }
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        self.server.kill();
        drop(self.tgtd.take());
        if thread::panicking() {
            return;
        }
        remove_group();
    }
}

/// Removes the group; what udev looks at for a moment is asked again.
fn remove_group() {
    let removed = wait::poll(Duration::from_secs(30), || {
        let arguments = ["--force", "--yes", "--quiet", GROUP];
        Command::new("vgremove").args(arguments).output().unwrap().status.success().then_some(())
    });
    assert!(removed.is_some(), "{GROUP} cannot be removed: {}", printed("lvs", &[GROUP]));
    run("udevadm", &["settle", "--timeout", "30"]);
}
