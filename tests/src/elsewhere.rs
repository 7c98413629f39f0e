//! A machine of its own, as far as a process can tell that runs on it: another identity of the kernel's, a tgtd of its own,
//! and nothing of the other machine's files.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::{ports, server, wait};

/// Where tgtd listens to those who control it, and what says which machine this is.
const TGTD: &str = "/var/run/tgtd";
const IDENTITY: &str = "/proc/sys/kernel/random/boot_id";

/// A machine. Its tgtd ends with this value.
#[derive(Debug)]
pub struct Elsewhere {
    dir: TempDir,
    portal: SocketAddrV4,
    tgtd: Option<Child>,
}

impl Elsewhere {
    /// Two machines; none, with the reason reported, where there can be none.
    ///
    /// # Panics
    /// They should be there and are not.
    pub fn two() -> Option<[Self; 2]> {
        if !rustix::process::geteuid().is_root() {
            skips::report("only root can give a process another machine's identity");
            return None;
        }
        if !Command::new("tgtd").arg("--version").output().is_ok_and(|output| output.status.success()) {
            skips::report("there is no tgtd");
            return None;
        }
        let machines = [1, 2].map(Self::new);
        let tried = machines[0].run("true", &[]);
        if !tried.status.success() {
            let why = String::from_utf8_lossy(&tried.stderr).into_owned();
            skips::report(&format!("there are no namespaces of mounts: {why}"));
            return None;
        }
        Some(machines)
    }

    fn new(number: u32) -> Self {
        let dir = tempfile::Builder::new().prefix("machine-").tempdir().expect("a directory");
        // Nobody else's: the loopback interface has sixteen million addresses.
        let own = (std::process::id() * 2 + number) & 0x3f_ffff | 0x40_0000;
        let portal = SocketAddrV4::new(Ipv4Addr::from(127 << 24 | own), ports::three_free()[0]);
        fs::create_dir(dir.path().join("tgtd")).expect("a directory");
        let identity = format!("00000000-0000-4000-8000-{:08x}{number:04x}\n", std::process::id());
        fs::write(dir.path().join("identity"), identity).expect("an identity");
        let machine = Self { dir, portal, tgtd: None };
        machine.script("enter", &machine.enter(None, "\"$@\""));
        fs::create_dir_all(TGTD).expect("a directory of tgtd");
        machine
    }

    fn enter(&self, hidden: Option<&Path>, program: &str) -> String {
        let at = self.dir.path().display();
        let hide = hidden.map(|path| format!("mount -t tmpfs none {}\n", path.display())).unwrap_or_default();
        format!(
            "exec unshare --mount --propagation private /bin/sh -ec 'mount --bind {at}/identity {IDENTITY}\n\
             mount --bind {at}/tgtd {TGTD}\n{hide}exec \"$0\" \"$@\"' {program}\n"
        )
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}")).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        path
    }

    /// The program under test on this machine, on which nothing of `hidden` is to be seen.
    pub fn besser(&self, hidden: &Path) -> PathBuf {
        let program = format!("{} \"$@\"", server::binary().display());
        self.script("besser", &self.enter(Some(hidden), &program))
    }

    /// Where its targets are reached.
    pub fn portal(&self) -> SocketAddrV4 {
        self.portal
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.dir.path().join("enter"));
        command.arg(program).args(arguments);
        command
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        self.command(program, arguments).output().expect("a program of this machine")
    }

    /// Starts its tgtd.
    ///
    /// # Panics
    /// It does not come up.
    pub fn start_tgtd(&mut self) {
        let portal = format!("portal={}", self.portal);
        let log = File::create(self.dir.path().join("log")).expect("a log");
        let mut command = self.command("tgtd", &["-f", "--iscsi", &portal]);
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        self.tgtd = Some(started.expect("a tgtd"));
        wait::until(wait::PATIENCE, "tgtd is up", || self.shown().map(drop));
    }

    fn shown(&self) -> Option<String> {
        let shown = self.run("tgtadm", &["--lld", "iscsi", "--op", "show", "--mode", "target"]);
        shown.status.success().then(|| String::from_utf8_lossy(&shown.stdout).into_owned())
    }

    /// What its tgtd offers, as `tgtadm` shows it.
    ///
    /// # Panics
    /// tgtd does not answer.
    pub fn targets(&self) -> String {
        self.shown().expect("an answer of tgtd")
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if let Some(mut tgtd) = self.tgtd.take() {
            let _ = tgtd.kill();
            let _ = tgtd.wait();
        }
    }
}
