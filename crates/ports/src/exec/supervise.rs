//! Waits for a program: feeds it, drains it, and ends it when a limit is reached.
//!
//! One thread, one `poll` over the three pipes and the process itself; no helper threads that could be left behind.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::{Child, ChildStdin, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use super::{Call, ExecError, MAX_STDERR_BYTES, MAX_STDOUT_BYTES, Output};
use crate::Work;

/// How often a waiting call looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How much is read at once.
const READ_BYTES: usize = 64 << 10;
/// How often one pipe is read before the others, and the clock, get their turn. Far more than a pipe holds, so that
/// nothing is missed of a program that has ended.
const READS_IN_A_ROW: usize = 32;

/// Why a program was ended.
enum Cut {
    Time,
    Flood,
    Unwanted,
    System(io::Error),
}

/// Waits for `child`. It is reaped, and every process of its group ended, when this returns.
pub(super) fn supervise(mut child: Child, call: &Call, work: &Work) -> Result<Output, ExecError> {
    let mut output = Output::default();
    let cut = Watch::new(&mut child, call)
        .and_then(|mut watch| watch.until_exit(call.time_limit, work, &mut output));
    // The leader is not reaped yet, so the group's number is still its own.
    end_group(&child);
    let status = child.wait();
    let program = call.name();
    match cut {
        Ok(()) => ended(program, status, output),
        Err(Cut::Time) => Err(ExecError::TimedOut { program, limit: call.time_limit }),
        Err(Cut::Flood) => Err(ExecError::Flooded { program, limit_bytes: MAX_STDOUT_BYTES }),
        Err(Cut::Unwanted) => Err(ExecError::CalledOff { program }),
        Err(Cut::System(source)) => Err(ExecError::Spawn { program, source }),
    }
}

fn ended(program: String, status: io::Result<ExitStatus>, output: Output) -> Result<Output, ExecError> {
    match status {
        Ok(status) if status.success() => Ok(output),
        Ok(status) => {
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            Err(ExecError::Failed { program, status, stderr })
        }
        Err(source) => Err(ExecError::Spawn { program, source }),
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn end_group(child: &Child) {
    if let Some(group) = pid_of(child) {
        // No such group means that all of it has ended, which is what is wanted.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// The ends of the pipes that are still open, and the process.
struct Watch<'a> {
    process: OwnedFd,
    stdin: Option<ChildStdin>,
    unwritten: &'a [u8],
    stdout: Option<std::process::ChildStdout>,
    stderr: Option<std::process::ChildStderr>,
}

impl<'a> Watch<'a> {
    fn new(child: &mut Child, call: &'a Call) -> Result<Self, Cut> {
        let pid = pid_of(child).ok_or_else(|| Cut::System(ErrorKind::InvalidData.into()))?;
        let process = pidfd_open(pid, PidfdFlags::empty()).map_err(|errno| Cut::System(errno.into()))?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let ends = [
            stdin.as_ref().map(AsFd::as_fd),
            stdout.as_ref().map(AsFd::as_fd),
            stderr.as_ref().map(AsFd::as_fd),
        ];
        for fd in ends.into_iter().flatten() {
            never_block(fd).map_err(Cut::System)?;
        }
        Ok(Self { process, stdin, unwritten: &call.stdin, stdout, stderr })
    }

    fn until_exit(&mut self, limit: Duration, work: &Work, output: &mut Output) -> Result<(), Cut> {
        let deadline = Instant::now().checked_add(limit);
        loop {
            let left = deadline.map_or(LOOK_EVERY, |end| end.saturating_duration_since(Instant::now()));
            let exited = self.wait(left.min(LOOK_EVERY)).map_err(Cut::System)?;
            self.feed();
            drain(&mut self.stdout, &mut output.stdout, |kept| kept.len() <= MAX_STDOUT_BYTES)?;
            drain(&mut self.stderr, &mut output.stderr, |kept| {
                let excess = kept.len().saturating_sub(MAX_STDERR_BYTES);
                kept.drain(..excess);
                true
            })?;
            if exited {
                return Ok(());
            }
            if left.is_zero() {
                return Err(Cut::Time);
            }
            if work.is_unwanted() {
                return Err(Cut::Unwanted);
            }
        }
    }

    /// Waits until a pipe is ready or the program has ended; says whether it has.
    fn wait(&self, at_most: Duration) -> io::Result<bool> {
        let mut fds = vec![PollFd::new(&self.process, PollFlags::IN)];
        fds.extend(self.stdin.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        fds.extend(self.stdout.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        fds.extend(self.stderr.as_ref().map(|pipe| PollFd::new(pipe, PollFlags::IN)));
        let timeout = Timespec::try_from(at_most).map_err(io::Error::other)?;
        match poll(&mut fds, Some(&timeout)) {
            Ok(_) => Ok(fds[0].revents().contains(PollFlags::IN)),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Writes what the pipe takes, and closes it when everything is written or nobody reads any more.
    fn feed(&mut self) {
        let Some(pipe) = &mut self.stdin else { return };
        while !self.unwritten.is_empty() {
            match pipe.write(self.unwritten) {
                Ok(written) => self.unwritten = &self.unwritten[written..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => break,
            }
        }
        self.stdin = None;
    }
}

/// Reads what there is into `kept`, and closes the pipe at its end. `fits` may trim what is kept, or refuse it.
fn drain<P: Read>(
    pipe: &mut Option<P>,
    kept: &mut Vec<u8>,
    fits: impl Fn(&mut Vec<u8>) -> bool,
) -> Result<(), Cut> {
    let Some(open) = pipe else { return Ok(()) };
    let mut buffer = [0; READ_BYTES];
    for _ in 0..READS_IN_A_ROW {
        match open.read(&mut buffer) {
            Ok(0) => {
                *pipe = None;
                return Ok(());
            }
            Ok(read) => {
                kept.extend_from_slice(&buffer[..read]);
                if !fits(kept) {
                    return Err(Cut::Flood);
                }
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(Cut::System(error)),
        }
    }
    Ok(())
}

fn never_block(fd: BorrowedFd<'_>) -> io::Result<()> {
    fcntl_setfl(fd, fcntl_getfl(fd)? | OFlags::NONBLOCK)?;
    Ok(())
}
