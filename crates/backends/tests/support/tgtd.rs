//! A tgtd of its own for a test.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use backends::target::tgt::Tgt;
use backends::target::{Portals, Target, TargetOptions};
use tempfile::TempDir;

use crate::promises::{SIZE_BYTES, Subject};

/// Numbers of control ports, by which tgtd names its socket.
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A running tgtd, its files, and what speaks to it.
pub(crate) struct Tgtd {
    pub(crate) directory: TempDir,
    control_port: u16,
    portals: Vec<SocketAddr>,
    child: Option<Child>,
    target: Tgt,
}

impl Tgtd {
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        // tgtd takes no number above 32767.
        let control_port = 10_000 + (std::process::id() % 2000) as u16 * 8 + number;
        let portals = vec![free_port(), free_port()];
        let options = options(directory.path(), &portals);
        let target = Tgt::at(&socket(control_port), &options);
        let mut tgtd = Self { directory, control_port, portals, child: None, target };
        tgtd.restart();
        tgtd
    }

    /// Starts tgtd, which knows only the first portal by itself.
    pub(crate) fn restart(&mut self) {
        self.stop();
        fs::create_dir_all("/var/run/tgtd").unwrap();
        let log = File::create(self.directory.path().join("log")).unwrap();
        let mut command = Command::new("tgtd");
        command.args(["-f", "-C", &self.control_port.to_string()]);
        command.args(["--iscsi", &format!("portal={}", self.portals[0])]);
        self.child = Some(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let begun = Instant::now();
        while self.target.check().is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "tgtd does not come up");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills tgtd.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The process, to be sent signals.
    #[allow(dead_code, reason = "not every program that shares this stops tgtd")]
    pub(crate) fn process(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(self.child.as_ref().unwrap())
    }

    /// Has Debian's own start of the service read our files.
    #[allow(dead_code, reason = "not every program that shares this has tgt-admin")]
    pub(crate) fn restore_by_files(&self) {
        let text = format!("include {}/*\n", self.volumes_dir().display());
        let config = self.directory.path().join("targets.conf");
        fs::write(&config, text).unwrap();
        let mut admin = Command::new("tgt-admin");
        admin.args(["-e", "-C", &self.control_port.to_string(), "-c", config.to_str().unwrap()]);
        let output = admin.output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// How `tgtadm` finds it (`-C`).
    #[allow(dead_code, reason = "not every program that shares this goes behind the product's back")]
    pub(crate) const fn control_port(&self) -> u16 {
        self.control_port
    }

    /// How a backend is told to offer by it.
    #[allow(dead_code, reason = "not every program that shares this has a backend")]
    pub(crate) fn options(&self) -> TargetOptions {
        options(self.directory.path(), &self.portals)
    }

    pub(crate) fn volumes_dir(&self) -> PathBuf {
        self.directory.path().join("volumes")
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        self.stop();
        let _ = fs::remove_file(socket(self.control_port));
        let _ = fs::remove_file(format!("{}.lock", socket(self.control_port).display()));
    }
}

impl Subject for Tgtd {
    fn target(&self) -> &dyn Target {
        &self.target
    }

    fn next_process(&self) -> Box<dyn Target> {
        Box::new(Tgt::at(&socket(self.control_port), &self.options()))
    }

    fn portals(&self) -> Vec<SocketAddr> {
        self.portals.clone()
    }

    fn device(&self, name: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        File::create(&path).unwrap().set_len(SIZE_BYTES).unwrap();
        path
    }

    fn grow(&self, device: &Path) {
        File::options().write(true).open(device).unwrap().set_len(2 * SIZE_BYTES).unwrap();
    }
}

fn options(directory: &Path, portals: &[SocketAddr]) -> TargetOptions {
    let portals = Portals::new(portals[0], portals[1..].to_vec());
    TargetOptions::new("iqn.2010-10.org.openstack:".to_owned(), portals, directory.join("volumes"))
}

fn socket(control_port: u16) -> PathBuf {
    PathBuf::from(format!("/var/run/tgtd/socket.{control_port}"))
}

fn free_port() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}
