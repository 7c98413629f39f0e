//! iscsiadm(8), and what it leaves when it is killed.
//!
//! It takes a lock on its database by making a file (`idbm_lock`), and nobody takes it away from one that was killed: from
//! then on every iscsiadm waits for half a minute and fails. So ours are left to end by themselves, even when we are
//! killed; whoever comes after waits for them; and a lock that no living iscsiadm can have taken is removed.
//!
//! It looks through all records for the one that it is told of, and fails when another iscsiadm removes one meanwhile. So
//! one that could not read its database is run again.

use std::fs;
use std::time::Duration;

use ports::ExecError;

use crate::initiator::connection::IscsiPath;
use crate::initiator::processes;
use crate::initiator::scsi::wait_for;
use crate::machine::{Machine, Program};

const PROGRAM: &str = "iscsiadm";
/// The lock on open-iscsi's database.
const LOCK: &str = "run/lock/iscsi/lock.write";
/// How long a lock must be there without an iscsiadm to be nobody's: its daemon takes it for moments.
const NOBODYS_AFTER: Duration = Duration::from_millis(500);
/// Its answer when it cannot read its database, or not change it (`ISCSI_ERR_IDBM`).
const DATABASE: i32 = 6;
/// How often it is run before that is believed, and how long to wait after the first time; each time as much longer.
const RUNS: u32 = 12;
const AGAIN_AFTER: Duration = Duration::from_millis(50);
/// How long a run may take. One that takes longer hangs.
const TIME_LIMIT: Duration = Duration::from_secs(240);

/// iscsiadm on one path.
pub(super) fn run(machine: &dyn Machine, path: &IscsiPath, order: &[&str]) -> Result<String, ExecError> {
    run_with(machine, path, &[&["-m", "node", "-T", &path.iqn, "-p", &path.portal], order].concat())
}

/// What the portal of a path says of the targets behind it (SendTargets, RFC 7143, appendix C). Nothing of it is kept.
pub(super) fn discover(machine: &dyn Machine, path: &IscsiPath) -> Result<String, ExecError> {
    run_with(
        machine,
        path,
        &["-m", "discovery", "-t", "sendtargets", "-p", &path.portal, "--op", "nonpersistent"],
    )
}

fn run_with(machine: &dyn Machine, path: &IscsiPath, order: &[&str]) -> Result<String, ExecError> {
    let mut program = Program::new(PROGRAM, order);
    program.time_limit = TIME_LIMIT;
    program.is_left_to_end = true;
    for run in 1..RUNS {
        remove_stale_lock(machine);
        match machine.run(&program) {
            Err(ExecError::Failed { status, stderr, .. }) if status.code() == Some(DATABASE) => {
                tracing::debug!(
                    target = path.iqn,
                    ?order,
                    run,
                    stderr,
                    "iscsiadm could not use its database"
                );
                machine.pause(AGAIN_AFTER * run);
            }
            result => return result,
        }
    }
    machine.run(&program)
}

/// Waits for what somebody who is gone has started on a target.
pub(super) fn wait_for_others(machine: &dyn Machine, iqn: &str) {
    let all_ended = || {
        let running = processes::of(machine, PROGRAM);
        let none = !running.iter().any(|process| process.arguments.iter().any(|argument| argument == iqn));
        none.then_some(())
    };
    if wait_for(machine, TIME_LIMIT, all_ended).is_none() {
        tracing::warn!(target = iqn, "an iscsiadm does not end");
    }
}

fn remove_stale_lock(machine: &dyn Machine) {
    let lock = machine.at(LOCK);
    let is_nobodys = || lock.exists() && processes::of(machine, PROGRAM).is_empty();
    if !is_nobodys() {
        return;
    }
    machine.pause(NOBODYS_AFTER);
    if is_nobodys() {
        tracing::warn!(path = %lock.display(), "an iscsiadm that was killed has left its lock; removed");
        // Where that fails, iscsiadm says so.
        let _ = fs::remove_file(&lock);
    }
}
