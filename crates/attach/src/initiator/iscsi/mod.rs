//! iSCSI with the kernel's initiator: sessions by iscsiadm(8), devices by sysfs.
//!
//! A session is ours when it was not there before. What others use the same session for is left alone: it ends with the
//! last device on it.

mod command;
mod portals;
mod record;
mod session;

use std::path::PathBuf;
use std::time::Duration;

use ports::ExecError;

use super::connection::{Connection, IscsiPath};
use super::facts::Facts;
use super::scsi::{Unit, wait_for};
use crate::AttachError;
use crate::machine::{Machine, Program};

pub(super) use portals::every_portal;
pub use session::SessionName;
pub(super) use session::{all as sessions, devices_of};

/// iscsiadm's answer when there is such a session already (`ISCSI_ERR_SESS_EXISTS`).
const SESSION_EXISTS: i32 = 15;
/// iscsiadm's answers when the target does not let us in (`ISCSI_ERR_LOGIN_AUTH_FAILED`, `ISCSI_ERR_FATAL_LOGIN`).
const REFUSED: i32 = 24;
/// How long a session may take to come or to go in sysfs after iscsiadm has said that it did.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
/// How long a device may take to come.
pub(super) const DEVICE_WITHIN: Duration = Duration::from_secs(30);
/// How many looks for a device pass before the kernel is asked to look again.
const LOOKS_PER_SCAN: u32 = 20;

/// Whether this kernel has an iSCSI initiator, and iscsiadm is there.
pub(super) fn is_here(machine: &dyn Machine) -> bool {
    let class = machine.at("sys/class/iscsi_transport/tcp");
    if !class.exists() {
        // Built in, or not there at all: the second look tells.
        let _ = machine.run(&Program::new("modprobe", &["--quiet", "iscsi_tcp"]));
    }
    let programs = ["usr/sbin", "sbin", "usr/bin", "usr/local/sbin"];
    class.exists() && programs.iter().any(|dir| machine.at(dir).join("iscsiadm").exists())
}

/// The paths to which somebody has a session already.
pub(super) fn with_session(machine: &dyn Machine, paths: &[IscsiPath]) -> Vec<IscsiPath> {
    paths.iter().filter(|path| session::find(machine, path).is_some()).cloned().collect()
}

/// Sees to it that there are sessions, and a device at the end of each: of the first path that carries, or of all of them
/// where several are wanted.
pub(super) fn connect(
    machine: &dyn Machine,
    connection: &Connection,
    paths: &[IscsiPath],
) -> Result<Vec<Unit>, AttachError> {
    let (mut units, mut failure) = (Vec::new(), None);
    for path in paths {
        match connect_path(machine, connection, path) {
            Ok(unit) => units.push(unit),
            Err(error) => {
                tracing::warn!(portal = path.portal, target = path.iqn, %error, "a path does not carry");
                failure = Some(error);
            }
        }
        if !connection.multipath && !units.is_empty() {
            break;
        }
    }
    match failure {
        Some(error) if units.is_empty() => Err(error),
        _ => Ok(units),
    }
}

fn connect_path(
    machine: &dyn Machine,
    connection: &Connection,
    path: &IscsiPath,
) -> Result<Unit, AttachError> {
    if session::find(machine, path).is_none() {
        record::ensure(machine, path, connection.chap.as_ref())?;
        login(machine, path)?;
    }
    let found = wait_for(machine, SETTLES_WITHIN, || session::find(machine, path));
    let session = found.ok_or_else(|| AttachError::NoPath(format!("no session to {}", path.portal)))?;
    let mut looks = 0;
    let unit = wait_for(machine, DEVICE_WITHIN, || {
        let is_time_to_scan = looks % LOOKS_PER_SCAN == 0;
        looks += 1;
        if session.unit(path.lun).is_none() && is_time_to_scan {
            // A session in trouble cannot look; it is asked again.
            if let Err(error) = session.scan(machine, path.lun) {
                tracing::debug!(%error, "not looked");
            }
        }
        session.unit(path.lun)
    });
    unit.ok_or(AttachError::NoDevice { within: DEVICE_WITHIN, paths: 1, lun: path.lun })
}

fn login(machine: &dyn Machine, path: &IscsiPath) -> Result<(), AttachError> {
    match command::run(machine, path, &["--login"]) {
        Ok(_) => Ok(()),
        Err(ExecError::Failed { status, stderr, .. }) => match status.code() {
            Some(SESSION_EXISTS) => Ok(()),
            Some(REFUSED) => {
                Err(AttachError::LoginRefused { target: path.iqn.clone(), portal: path.portal.clone() })
            }
            _ => Err(AttachError::NoPath(stderr.lines().take(2).collect::<Vec<_>>().join("; "))),
        },
        Err(error) => Err(error.into()),
    }
}

/// The devices of the paths that have one.
pub(super) fn units(machine: &dyn Machine, paths: &[IscsiPath]) -> Vec<Unit> {
    devices(machine, paths).iter().filter_map(|device| Unit::at(device)).collect()
}

/// The SCSI devices of the paths that have one. What was cut off may not have become a block device yet.
pub(super) fn devices(machine: &dyn Machine, paths: &[IscsiPath]) -> Vec<PathBuf> {
    paths.iter().filter_map(|path| session::find(machine, path)?.device(path.lun)).collect()
}

/// Ends the sessions that were ours and carry nothing any more, and forgets their records. Devices are gone already.
pub(super) fn disconnect(
    machine: &dyn Machine,
    facts: &Facts,
    paths: &[IscsiPath],
) -> Result<(), AttachError> {
    for path in paths.iter().filter(|path| !facts.foreign.contains(path)) {
        command::wait_for_others(machine, &path.iqn);
        end_begun_login(machine, path);
        if let Some(session) = session::find(machine, path) {
            if session.is_in_use() {
                continue;
            }
            logout(machine, path)?;
        }
        record::remove(machine, path)?;
    }
    Ok(())
}

/// Waits for a login that somebody who is gone may have begun: the initiator's daemon, which carries it out, goes on, and a
/// session could come when nobody looks any more. Asked for the same login again, it ends the one before or names it.
fn end_begun_login(machine: &dyn Machine, path: &IscsiPath) {
    if session::find(machine, path).is_some() || record::find(machine, path).is_empty() {
        return;
    }
    match login(machine, path) {
        Ok(()) => {
            wait_for(machine, DEVICE_WITHIN, || session::find(machine, path));
        }
        Err(error) => tracing::debug!(%error, "no login is under way"),
    }
}

fn logout(machine: &dyn Machine, path: &IscsiPath) -> Result<(), AttachError> {
    if record::find(machine, path).is_empty() {
        // iscsiadm ends no session of which it has no record.
        record::ensure(machine, path, None)?;
    }
    let ended = command::run(machine, path, &["--logout"]);
    let gone = || session::find(machine, path).is_none().then_some(());
    if wait_for(machine, SETTLES_WITHIN, gone).is_some() {
        return Ok(());
    }
    ended?;
    Err(AttachError::NoPath(format!("the session to {} does not end", path.portal)))
}
