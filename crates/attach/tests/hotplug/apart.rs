//! Services that run in namespaces of their own: nothing of the host's is used or changed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use blackbox::machine::Machine;
use tempfile::TempDir;

/// What the shell that keeps them waits for.
const READY: &str = "ready";

/// A running script of `lab`, with the services that it has started.
pub(crate) struct Apart {
    child: Child,
    dir: TempDir,
}

impl Apart {
    /// The script in namespaces of these kinds, beside those that every one of them has; none where this machine cannot
    /// have it: then the test is reported as skipped.
    pub(crate) fn start(machine: &Machine, script: &str, kinds: &[&str]) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skips::report("only root can give a service namespaces of its own");
            return None;
        }
        let dir = TempDir::new().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lab").join(script);
        let mut command = Command::new("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]).args(kinds).arg(path);
        command.arg(machine.dir().canonicalize().unwrap()).arg(dir.path());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let apart = Self { child, dir };
        if line.trim() == READY {
            return Some(apart);
        }
        let log = fs::read_to_string(apart.path("log")).unwrap_or_default();
        let why = log.lines().last().unwrap_or("it says nothing");
        skips::report(&format!("{script} does not run here: {why}"));
        None
    }

    /// A file of its directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The process that was given the namespaces; its child is the first in that of processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// `command` in the network of the services.
    pub(crate) fn in_network(&self, command: &Command) -> Command {
        let mut entered = Command::new("nsenter");
        entered.arg(format!("--net=/proc/{}/ns/net", self.id())).arg(command.get_program());
        entered.args(command.get_args());
        entered.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        entered
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // With it go its children, the first of which is that of all the others in its namespace.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
