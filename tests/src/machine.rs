//! QEMU and what else tests of virtual machines need, as `lab/machine.sh` unpacked them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::console::Console;
use crate::server::target_dir;

/// Names the directory that `lab/machine.sh` made.
const VARIABLE: &str = "BESSER_MACHINE";

/// What `lab/machine.sh` made.
#[derive(Debug)]
pub struct Machine {
    dir: PathBuf,
}

impl Machine {
    /// It, unless it is not there: then the test is reported as skipped.
    pub fn find() -> Option<Self> {
        let dir = std::env::var_os(VARIABLE).map_or_else(|| target_dir().join("machine"), PathBuf::from);
        if dir.join("made").exists() {
            return Some(Self { dir });
        }
        skips::report("there is no QEMU for tests (lab/machine.sh makes one)");
        None
    }

    /// A run of one of the programs.
    ///
    /// # Panics
    /// If there is none of this name.
    pub fn program(&self, name: &str) -> Command {
        let dirs = ["usr/bin", "usr/sbin"].map(|dir| self.root().join(dir).join(name));
        let program = dirs.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("there is no {name}"));
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", self.root().join("usr/lib/x86_64-linux-gnu"));
        command
    }

    /// Runs a program to its end: whether that was good, and what it printed.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn run<A: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = A>) -> (bool, String) {
        let output = self.program(name).args(args).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    /// The same, where it must succeed.
    ///
    /// # Panics
    /// If it does not.
    pub fn must<A: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = A>) -> String {
        let (good, text) = self.run(name, args);
        assert!(good, "{name}: {text}");
        text
    }

    /// A run of QEMU with an emulated processor, a serial port behind the socket `serial`, and nothing else.
    pub fn qemu(&self, kind: &str, serial: &Path) -> Command {
        let mut command = self.program("qemu-system-x86_64");
        command.args(["-M", &format!("{kind},accel=tcg"), "-cpu", "max", "-display", "none"]);
        command.args(["-nodefaults", "-no-reboot"]);
        for firmware in ["qemu", "seabios"] {
            command.arg("-L").arg(self.root().join("usr/share").join(firmware));
        }
        let serial = format!("socket,id=s,path={},server=on,wait=off", serial.display());
        command.args(["-chardev", &serial, "-serial", "chardev:s"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }

    /// Boots a machine from the disk in `file`, which has `format`; its console is behind the socket `serial`.
    ///
    /// # Panics
    /// If it does not boot.
    pub fn boot(&self, file: &Path, format: &str, serial: &Path) -> (Running, Console) {
        let drive = format!("file={},format={format},if=virtio", file.display());
        let mut command = self.qemu("pc", serial);
        let mut running = Running::start(command.args(["-m", "256", "-drive", &drive]));
        let console = Console::of(serial, || assert!(running.is_running(), "QEMU does not start"));
        (running, console)
    }

    /// A disk in raw format that boots.
    pub fn disk(&self) -> PathBuf {
        self.dir.join("disk.raw")
    }

    /// Where everything is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the programs are.
    pub fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    /// The kernel of the guest.
    pub fn kernel(&self) -> PathBuf {
        self.dir.join("vmlinuz")
    }

    /// Everything else of the guest.
    pub fn initrd(&self) -> PathBuf {
        self.dir.join("initrd")
    }
}

/// A program that ends with its test.
#[derive(Debug)]
pub struct Running(Child);

impl Running {
    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    /// Whether it still runs.
    ///
    /// # Panics
    /// If the system does not say.
    pub fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
