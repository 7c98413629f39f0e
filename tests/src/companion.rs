//! A program that runs beside the server under test.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::wait;

/// Longer than a start takes on any machine.
const START_LIMIT: Duration = Duration::from_secs(90);
/// How much of its log a failed test shows.
const LOG_TAIL_LINES: usize = 20;

/// A program that listens. It ends with this value; when a test fails, its last words are printed.
#[derive(Debug)]
pub(crate) struct Companion {
    name: &'static str,
    log: PathBuf,
    child: Child,
}

impl Companion {
    /// Starts what `name` is called by `command`, whose output goes to `log`, and waits until it listens there.
    ///
    /// # Panics
    /// If it does not come.
    pub(crate) fn start(
        name: &'static str,
        mut command: Command,
        log: PathBuf,
        address: (Ipv4Addr, u16),
    ) -> Self {
        let file = File::create(&log).expect("a log file");
        command.stdin(Stdio::null()).stdout(file.try_clone().expect("a log file")).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} cannot be started: {error}"));
        let mut companion = Self { name, log, child };
        wait::until(START_LIMIT, &format!("{name} listens"), || {
            let ended = companion.child.try_wait().ok().flatten();
            assert!(ended.is_none(), "{name} ended: {ended:?}");
            TcpStream::connect(address).ok()
        });
        companion
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(LOG_TAIL_LINES)..).unwrap_or_default();
            eprintln!("---- {}'s last words ----\n{}", self.name, tail.join("\n"));
        }
    }
}
