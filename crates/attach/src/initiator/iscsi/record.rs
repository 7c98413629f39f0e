//! Node records of open-iscsi: what it knows about a target at a portal.
//!
//! A record is a text file in open-iscsi's database, `nodes/{target}/{address},{port}[,{group}/{interface}]`, with a line
//! `name = value` for each setting. `iscsiadm --op new` writes one; the settings with a secret are put in here, as
//! `iscsiadm --op update` would have them among its arguments, for everybody to see.

use std::fs;
use std::path::{Path, PathBuf};

use ports::ExecError;

use super::command;
use crate::AttachError;
use crate::initiator::connection::{Chap, IscsiPath, split_portal};
use crate::initiator::scsi::names_in;
use crate::machine::Machine;

/// Where distributions keep open-iscsi's database.
const DATABASES: [&str; 2] = ["var/lib/iscsi/nodes", "etc/iscsi/nodes"];
/// Longest record that is read, in bytes.
const MAX_RECORD_BYTES: u64 = 1 << 20;
/// What iscsiadm ends with when there is nothing of that name (`ISCSI_ERR_NO_OBJS_FOUND`).
const NOTHING_FOUND: i32 = 21;
/// What our records say. Units are looked for one by one: those of others on the same target are not ours to connect.
const SETTINGS: [(&str, &str); 4] = [
    ("node.startup", "manual"),
    ("node.session.scan", "manual"),
    ("node.session.initial_login_retry_max", "2"),
    ("node.conn[0].timeo.login_timeout", "10"),
];
/// What a record says of who may log in.
const AUTH: [&str; 3] =
    ["node.session.auth.authmethod", "node.session.auth.username", "node.session.auth.password"];

/// Sees to it that there is a record of this path, with what lets us in.
pub(super) fn ensure(
    machine: &dyn Machine,
    path: &IscsiPath,
    chap: Option<&Chap>,
) -> Result<(), AttachError> {
    if find(machine, path).is_empty() {
        command::run(machine, path, &["--op", "new"])?;
    }
    let files = find(machine, path);
    if files.is_empty() {
        let places = DATABASES.map(|place| format!("/{place}")).join(", ");
        return Err(AttachError::CannotHere(format!("open-iscsi keeps its records neither in {places}")));
    }
    for file in files {
        let doing = || format!("changing the node record {}", file.display());
        let old = read(&file).map_err(AttachError::io(doing()))?;
        let new = with_settings(&old, chap);
        if new != old {
            machine.write_private(&file, new.as_bytes()).map_err(AttachError::io(doing()))?;
        }
    }
    Ok(())
}

/// Sees to it that there is no record of this path.
pub(super) fn remove(machine: &dyn Machine, path: &IscsiPath) -> Result<(), AttachError> {
    if find(machine, path).is_empty() {
        return Ok(());
    }
    match command::run(machine, path, &["--op", "delete"]) {
        Err(ExecError::Failed { status, .. }) if status.code() == Some(NOTHING_FOUND) => Ok(()),
        result => Ok(result.map(drop)?),
    }
}

/// The files of a path's records.
pub(super) fn find(machine: &dyn Machine, path: &IscsiPath) -> Vec<PathBuf> {
    let Some((address, port)) = split_portal(&path.portal) else { return Vec::new() };
    let named = format!("{address},{port}");
    let mut files = Vec::new();
    for database in DATABASES {
        let target = machine.at(database).join(&path.iqn);
        let of_portal = |name: &String| {
            name.strip_prefix(&named).is_some_and(|rest| rest.is_empty() || rest.starts_with(','))
        };
        for name in names_in(&target).into_iter().filter(of_portal) {
            let entry = target.join(name);
            if entry.is_dir() {
                files.extend(names_in(&entry).into_iter().map(|interface| entry.join(interface)));
            } else {
                files.push(entry);
            }
        }
    }
    files.retain(|file| !file.to_string_lossy().ends_with(".unfinished"));
    files
}

fn read(file: &Path) -> std::io::Result<String> {
    if fs::metadata(file)?.len() > MAX_RECORD_BYTES {
        return Err(std::io::ErrorKind::FileTooLarge.into());
    }
    fs::read_to_string(file)
}

/// A record with our settings in the place of its own.
fn with_settings(record: &str, chap: Option<&Chap>) -> String {
    let mut settings: Vec<(&str, &str)> = SETTINGS.to_vec();
    match chap {
        Some(chap) => settings.extend([
            (AUTH[0], "CHAP"),
            (AUTH[1], chap.user.as_str()),
            (AUTH[2], chap.secret.expose().as_str()),
        ]),
        None => settings.push((AUTH[0], "None")),
    }
    let ours = |line: &&str| {
        let key = line.split('=').next().unwrap_or_default().trim();
        AUTH.contains(&key) || SETTINGS.iter().any(|(name, _)| *name == key)
    };
    let mut lines: Vec<String> = record.lines().filter(|line| !ours(line)).map(str::to_owned).collect();
    // Settings stand between the first line and the last, which are comments.
    let end = lines.iter().position(|line| line.starts_with("# END")).unwrap_or(lines.len());
    let added = settings.into_iter().map(|(name, value)| format!("{name} = {value}"));
    lines.splice(end..end, added);
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use model::secret::Secret;

    use super::*;

    #[test]
    fn settings_stand_once_and_inside() {
        let record = "# BEGIN RECORD 2.1\nnode.name = iqn.a:v\nnode.session.auth.authmethod = None\nnode.session.scan = auto\n# END RECORD\n";
        let chap = Chap { user: "u".to_owned(), secret: Secret::new("s".to_owned()) };
        let once = with_settings(record, Some(&chap));
        assert!(
            once.starts_with("# BEGIN RECORD 2.1\nnode.name = iqn.a:v\nnode.startup = manual\n"),
            "{once}"
        );
        assert!(
            once.ends_with("node.session.auth.username = u\nnode.session.auth.password = s\n# END RECORD\n")
        );
        assert!(!once.contains("None") && !once.contains("scan = auto"));
        assert_eq!(with_settings(&once, Some(&chap)), once);
        assert!(!with_settings(&once, None).contains("password"));
    }
}
