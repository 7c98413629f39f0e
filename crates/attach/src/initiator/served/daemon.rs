//! Finding and ending the daemon of a volume: by its arguments, as a record of it may never have been written.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::command::PROGRAM;
use crate::AttachError;
use crate::initiator::scsi::{names_in, wait_for};
use crate::machine::Machine;

/// How long it may take to write back what it holds, and to end.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to be gone when it is killed.
const DIES_WITHIN: Duration = Duration::from_secs(5);

/// The processes that serve out of `dir`.
pub(super) fn find(machine: &dyn Machine, dir: &Path) -> Vec<i32> {
    let pid_file = format!("{}/pid", dir.display());
    let proc = machine.at("proc");
    let pids = names_in(&proc).into_iter().filter_map(|name| name.parse::<i32>().ok());
    let serves = |pid: &i32| {
        let Ok(line) = fs::read(proc.join(pid.to_string()).join("cmdline")) else { return false };
        let mut words = line.split(|byte| *byte == 0);
        let program = words.next().and_then(|word| std::str::from_utf8(word).ok()).unwrap_or_default();
        program.rsplit('/').next() == Some(PROGRAM) && words.any(|word| word == pid_file.as_bytes())
    };
    pids.filter(serves).collect()
}

/// Sees to it that nobody serves out of `dir`.
pub(super) fn end(machine: &dyn Machine, dir: &Path) -> Result<(), AttachError> {
    for (hard, within) in [(false, ENDS_WITHIN), (true, DIES_WITHIN)] {
        for pid in find(machine, dir) {
            machine.end_process(pid, hard).map_err(AttachError::io(format!("ending {PROGRAM}")))?;
        }
        if wait_for(machine, within, || find(machine, dir).is_empty().then_some(())).is_some() {
            return Ok(());
        }
    }
    Err(AttachError::Busy { device: dir.join("disk") })
}
