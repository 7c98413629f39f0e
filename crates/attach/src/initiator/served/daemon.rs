//! Finding and ending the daemon of a volume: by its arguments, as a record of it may never have been written.

use std::path::Path;
use std::time::Duration;

use super::command::PROGRAM;
use crate::AttachError;
use crate::initiator::processes;
use crate::initiator::scsi::wait_for;
use crate::machine::Machine;

/// How long it may take to write back what it holds, and to end.
const ENDS_WITHIN: Duration = Duration::from_secs(30);
/// How long it may take to be gone when it is killed.
const DIES_WITHIN: Duration = Duration::from_secs(5);

/// The processes that serve out of `dir`.
pub(super) fn find(machine: &dyn Machine, dir: &Path) -> Vec<i32> {
    let pid_file = format!("{}/pid", dir.display());
    let serving = processes::of(machine, PROGRAM).into_iter();
    serving.filter(|process| process.arguments.contains(&pid_file)).map(|process| process.pid).collect()
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
