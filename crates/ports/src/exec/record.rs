//! The record of a running program: enough to recognise it after our own death, and never anything else.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Longest record that is read, in bytes.
const MAX_RECORD_BYTES: usize = 4096;

/// A process, so named that no later process can be taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    /// Process identifier.
    pub(super) pid: i32,
    /// When it started, in clock ticks since the machine did (`/proc/<pid>/stat`, field 22).
    pub(super) start_ticks: u64,
    /// Which run of the machine it was.
    pub(super) boot_id: String,
    /// The program's file.
    pub(super) program: String,
}

impl Record {
    /// The record of this process, about to become `program`.
    pub(super) fn of_self(program: &Path) -> io::Result<Self> {
        let pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        let start_ticks = start_ticks(pid).ok_or_else(|| io::Error::other("own start time unknown"))?;
        Ok(Self { pid, start_ticks, boot_id: boot_id()?, program: program.to_string_lossy().into_owned() })
    }

    /// Writes it to `path`.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
        let line = format!("{} {} {} {}\n", self.pid, self.start_ticks, self.boot_id, self.program);
        file.write_all(line.as_bytes())
    }

    /// Reads one; none when it is not complete, which means that its process never became a program.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let text = fs::read(path).ok().filter(|bytes| bytes.len() <= MAX_RECORD_BYTES)?;
        let text = String::from_utf8(text).ok()?;
        let mut words = text.strip_suffix('\n')?.splitn(4, ' ');
        Some(Self {
            pid: words.next()?.parse().ok().filter(|pid| *pid > 1)?,
            start_ticks: words.next()?.parse().ok()?,
            boot_id: words.next()?.to_owned(),
            program: words.next()?.to_owned(),
        })
    }

    /// Whether the process that it names still runs.
    pub(super) fn is_alive(&self) -> bool {
        boot_id().is_ok_and(|now| now == self.boot_id) && start_ticks(self.pid) == Some(self.start_ticks)
    }
}

/// Forgets the record at `path`. One that stays is harmless: the next start sees that its process is gone.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "the record of an ended program stays behind");
    }
}

fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// When process `pid` started, unless it has ended: fields 3 (state) and 22 of proc(5)'s `stat`. The name in field 2
/// may contain blanks and brackets, so fields are counted from its last closing bracket.
pub(super) fn start_ticks(pid: i32) -> Option<u64> {
    const FIELDS_BETWEEN: usize = 22 - 3 - 1;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace();
    let ended = matches!(fields.next()?, "Z" | "X");
    fields.nth(FIELDS_BETWEEN)?.parse().ok().filter(|_| !ended)
}
