//! The programs that tests need, as `lab/machine.sh` unpacked them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

/// Names the directory that `lab/machine.sh` made.
const VARIABLE: &str = "BESSER_MACHINE";

/// What `lab/machine.sh` made.
pub(crate) struct Machine {
    dir: PathBuf,
}

impl Machine {
    /// It, unless it is not there: then the test is reported as skipped.
    pub(crate) fn find() -> Option<Self> {
        let beside_tests = || Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("machine");
        let dir = std::env::var_os(VARIABLE).map_or_else(beside_tests, PathBuf::from);
        if dir.join("made").exists() {
            return Some(Self { dir });
        }
        blackbox::skip::report("there is no QEMU for tests (lab/machine.sh makes one)");
        None
    }

    /// A run of one of the programs.
    pub(crate) fn program(&self, name: &str) -> Command {
        let dirs = ["usr/bin", "usr/sbin"].map(|dir| self.root().join(dir).join(name));
        let program = dirs.iter().find(|path| path.exists()).unwrap_or_else(|| panic!("there is no {name}"));
        let mut command = Command::new(program);
        command.env("LD_LIBRARY_PATH", self.root().join("usr/lib/x86_64-linux-gnu"));
        command
    }

    /// Runs a program to its end: what it printed, whether that was good.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        name: &str,
        args: impl IntoIterator<Item = A>,
    ) -> (bool, String) {
        let output = self.program(name).args(args).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        (output.status.success(), text)
    }

    /// The same, where it must succeed.
    pub(crate) fn must<A: AsRef<OsStr>>(&self, name: &str, args: impl IntoIterator<Item = A>) -> String {
        let (good, text) = self.run(name, args);
        assert!(good, "{name}: {text}");
        text
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.dir.join("root")
    }

    pub(crate) fn kernel(&self) -> PathBuf {
        self.dir.join("vmlinuz")
    }

    pub(crate) fn initrd(&self) -> PathBuf {
        self.dir.join("initrd")
    }
}

/// A program that ends with its test.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.spawn().unwrap())
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.0.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
