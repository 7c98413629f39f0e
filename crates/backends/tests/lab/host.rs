//! The kernel's own initiator, through open-iscsi.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use backends::target::Iqn;

use crate::group::run;
use crate::promises::Disk;

/// How long a disk may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);

/// A host with a name and a running iscsid.
pub(crate) struct Host {
    pub(crate) name: Iqn,
    daemon: Child,
}

impl Host {
    pub(crate) fn start() -> Self {
        let name: Iqn = "iqn.1993-08.org.example:kernel".parse().unwrap();
        fs::write("/etc/iscsi/initiatorname.iscsi", format!("InitiatorName={name}\n")).unwrap();
        let mut iscsid = Command::new("iscsid");
        let daemon =
            iscsid.arg("-f").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Self { name, daemon: daemon.unwrap() }
    }

    /// Logs in and waits for the disk.
    pub(crate) fn log_in(&self, disk: &Disk, portal: SocketAddr, lun: u64) -> PathBuf {
        let (target, place) = (disk.name.as_str(), portal.to_string());
        let node = ["-m", "node", "-T", target, "-p", &place];
        let with = |more: &[&str]| run("iscsiadm", &[&node[..], more].concat());
        with(&["-o", "new"]);
        let chap = disk.chap.as_ref().map(|chap| (chap.user().to_owned(), chap.expose_secret().to_owned()));
        if let Some((user, secret)) = chap {
            for (key, value) in [("authmethod", "CHAP"), ("username", &user), ("password", &secret)] {
                with(&["-o", "update", "-n", &format!("node.session.auth.{key}"), "-v", value]);
            }
        }
        with(&["--login"]);
        let path = PathBuf::from(format!("/dev/disk/by-path/ip-{place}-iscsi-{target}-lun-{lun}"));
        let begun = Instant::now();
        while !path.exists() {
            assert!(begun.elapsed() < PATIENCE, "no {}", path.display());
            thread::sleep(Duration::from_millis(50));
        }
        path
    }

    /// Logs out and forgets the target.
    pub(crate) fn log_out(&self, disk: &Disk) {
        run("iscsiadm", &["-m", "node", "-T", disk.name.as_str(), "--logout"]);
        run("iscsiadm", &["-m", "node", "-T", disk.name.as_str(), "-o", "delete"]);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}
