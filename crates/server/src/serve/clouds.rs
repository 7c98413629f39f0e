//! `clouds.yaml`: what lets openstackclient, openstacksdk and their friends in.

use std::fs;

use auth::secret::Secret;

use crate::cli::Failure;
use crate::data_dir::{DataDir, write_private};

/// Its name in the data directory.
pub(super) const FILE: &str = "clouds.yaml";
/// The clouds that are written here.
const OURS: [&str; 2] = ["besser", "besser-admin"];
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
        cloud(OURS[0], "demo", &passwords.demo),
        cloud(OURS[1], "admin", &passwords.admin)
    );
    write_private(&data_dir.join(FILE), text.as_bytes())
}

/// Has our clouds in the file of an earlier start point to where the identity is now; other clouds that somebody added
/// stay as they are. A file that is gone stays gone: the passwords were only there.
pub(super) fn follow(data_dir: &DataDir, identity_url: &str) -> Result<(), Failure> {
    let path = data_dir.join(FILE);
    let old = match fs::read_to_string(&path) {
        Ok(old) => old,
        Err(error) => {
            tracing::warn!(%error, "{} cannot be read; passwords can only be set anew", path.display());
            return Ok(());
        }
    };
    let new = with_url(&old, identity_url);
    if new == old { Ok(()) } else { write_private(&path, new.as_bytes()) }
}

fn with_url(text: &str, identity_url: &str) -> String {
    let mut ours = false;
    let mut new = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(name) = cloud_name(line) {
            ours = OURS.contains(&name);
        }
        match line.split_once(AUTH_URL) {
            Some((indent, _)) if ours && indent.trim().is_empty() => {
                new.push_str(&format!("{indent}{AUTH_URL}{identity_url}/v3\n"));
            }
            _ => new.push_str(line),
        }
    }
    new
}

/// The name of the cloud that begins in this line: a key as deep as we write them.
fn cloud_name(line: &str) -> Option<&str> {
    let key = line.strip_prefix("  ").filter(|key| !key.starts_with([' ', '#']))?;
    key.trim_end().strip_suffix(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_clouds_follow_and_those_of_others_stay() {
        let of = |url: &str| {
            format!(
                "clouds:\n  besser:\n    auth:\n      auth_url: {url}/v3\n  elsewhere:\n    auth:\n      \
                 auth_url: https://far/v3 # theirs\n  besser-admin:\n    auth:\n      auth_url: {url}/v3\n"
            )
        };
        assert_eq!(
            with_url(&of("http://127.0.0.1:5000"), "http://127.0.0.1:5001"),
            of("http://127.0.0.1:5001")
        );
    }
}
