//! Ends what a dead process left running.

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};

use super::record::{self, Record};

/// How long a killed program may take to be gone; one that waits for a dead disk may never be.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// A program that a dead process left running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its process identifier.
    pub pid: i32,
    /// Its file.
    pub program: String,
    /// Whether it is gone. One that is not was killed, but hangs in the kernel; its record stays.
    pub gone: bool,
}

/// Ends every program recorded in `dir` that still runs.
pub(super) fn end_all(dir: &Path) -> io::Result<Vec<Ended>> {
    let mut ended = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let alive = Record::read(&path).filter(Record::is_alive);
        let gone = match alive {
            None => true,
            Some(record) => {
                let gone = end(&record)?;
                ended.push(Ended { pid: record.pid, program: record.program, gone });
                gone
            }
        };
        if gone {
            record::remove(&path);
        }
    }
    Ok(ended)
}

/// Kills the process of `record` with its group, and waits; says whether it is gone.
fn end(record: &Record) -> io::Result<bool> {
    let Some(pid) = Pid::from_raw(record.pid) else { return Ok(true) };
    let process = match pidfd_open(pid, PidfdFlags::empty()) {
        Ok(process) => process,
        Err(rustix::io::Errno::SRCH) => return Ok(true),
        Err(errno) => return Err(errno.into()),
    };
    // Only now does the number stand for one process: look again whether it is the recorded one.
    if !record.is_alive() {
        return Ok(true);
    }
    let _ = kill_process_group(pid, Signal::KILL);
    match pidfd_send_signal(&process, Signal::KILL) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(errno) => return Err(errno.into()),
    }
    let timeout = Timespec::try_from(GONE_WITHIN).map_err(io::Error::other)?;
    let mut fds = [PollFd::new(&process, PollFlags::IN)];
    let ready = rustix::io::retry_on_intr(|| poll(&mut fds, Some(&timeout)))?;
    Ok(ready > 0)
}
