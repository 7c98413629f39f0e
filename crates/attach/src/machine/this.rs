//! The machine that this process runs on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ports::exec::Call;
use ports::{Exec, ExecError, Work};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, kill_process};

use super::{Machine, Program};

/// The machine that this process runs on.
#[derive(Debug, Clone)]
pub struct ThisMachine {
    exec: Exec,
    work: Work,
}

impl ThisMachine {
    /// This machine; its programs run through `exec` until `work` is called off.
    #[must_use]
    pub const fn new(exec: Exec, work: Work) -> Self {
        Self { exec, work }
    }
}

impl Machine for ThisMachine {
    fn root(&self) -> &Path {
        Path::new("/")
    }

    fn run(&self, program: &Program) -> Result<String, ExecError> {
        let call = Call::new(program.name).args(&program.args).time_limit(program.time_limit);
        let call = match &program.input {
            Some(secret) => call.stdin(secret.expose().clone()),
            None => call,
        };
        let output = if program.is_left_to_end {
            Exec::direct().run(&Work::new(), &call)?
        } else {
            self.exec.run(&self.work, &call)?
        };
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    fn order(&self, path: &Path, text: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(path)?.write_all(text.as_bytes())
    }

    fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        write_private(path, bytes)
    }

    fn is_held(&self, device: &Path) -> io::Result<bool> {
        // Of a block device, O_EXCL without O_CREAT means: for myself alone (open(2)).
        let flags = OFlags::RDONLY | OFlags::EXCL | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match rustix::fs::open(device, flags, Mode::empty()) {
            Ok(_) => Ok(false),
            Err(rustix::io::Errno::BUSY) => Ok(true),
            Err(errno) => Err(errno.into()),
        }
    }

    fn end_process(&self, pid: i32, hard: bool) -> io::Result<()> {
        let signal = if hard { Signal::KILL } else { Signal::TERM };
        let Some(pid) = Pid::from_raw(pid) else { return Ok(()) };
        match kill_process(pid, signal) {
            Err(errno) if errno != rustix::io::Errno::SRCH => Err(errno.into()),
            _ => Ok(()),
        }
    }

    fn pause(&self, time: Duration) {
        thread::sleep(time);
    }
}

/// Writes a file that only its owner reads: whole or not at all, durable when this returns.
///
/// # Errors
/// It cannot be written.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    let unfinished = PathBuf::from(name);
    // One that a killed process left may be open to others.
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&unfinished)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_directory_of(path)
}

/// Makes durable that a file came or went.
pub(crate) fn sync_directory_of(path: &Path) -> io::Result<()> {
    let parent = path.parent().unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}
