//! `clouds.yaml`: what lets openstackclient, openstacksdk and their friends in.

use std::fs;

use auth::secret::Secret;

use crate::cli::Failure;
use crate::data_dir::{DataDir, write_private};

/// Its name in the data directory.
pub(super) const FILE: &str = "clouds.yaml";
/// What stands before the address of the identity.
const AUTH_URL: &str = "auth_url: ";

/// The passwords of the two people of a fresh installation.
pub(super) struct Passwords {
    pub(super) admin: Secret<String>,
    pub(super) demo: Secret<String>,
}

/// Writes the clouds `besser` (user `demo`, a member) and `besser-admin`.
pub(super) fn write(data_dir: &DataDir, identity_url: &str, passwords: &Passwords) -> Result<(), Failure> {
    let cloud = |cloud: &str, user: &str, password: &Secret<String>| {
        let password = password.expose();
        format!(
            "  {cloud}:\n    auth:\n      {AUTH_URL}{identity_url}/v3\n      username: {user}\n      \
             password: {password}\n      project_name: {user}\n      user_domain_name: Default\n      \
             project_domain_name: Default\n    region_name: RegionOne\n    identity_api_version: 3\n    \
             volume_api_version: 3\n"
        )
    };
    let text = format!(
        "clouds:\n{}{}",
        cloud("besser", "demo", &passwords.demo),
        cloud("besser-admin", "admin", &passwords.admin)
    );
    write_private(&data_dir.join(FILE), text.as_bytes())
}

/// Has the file of an earlier start point to where the identity is now. A file that is gone stays gone: the passwords
/// were only there.
pub(super) fn follow(data_dir: &DataDir, identity_url: &str) -> Result<(), Failure> {
    let path = data_dir.join(FILE);
    let Ok(old) = fs::read_to_string(&path) else {
        tracing::warn!("{} is gone; an administrator can set new passwords", path.display());
        return Ok(());
    };
    let new: String = old.lines().map(|line| with_url(line, identity_url) + "\n").collect();
    if new == old { Ok(()) } else { write_private(&path, new.as_bytes()) }
}

fn with_url(line: &str, identity_url: &str) -> String {
    match line.split_once(AUTH_URL) {
        Some((indent, _)) if indent.trim().is_empty() => format!("{indent}{AUTH_URL}{identity_url}/v3"),
        _ => line.to_owned(),
    }
}
