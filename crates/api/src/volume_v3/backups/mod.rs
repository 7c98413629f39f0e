//! `/backups`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod record;
pub(super) mod restore;
pub(super) mod show;
pub(super) mod update;

mod query;

use auth::policy::VolumeRule;
use model::Backup;
use wire::links::Links;
use wire::view::backups::{Detail, summary};

use super::Call;

/// The addresses of backups.
fn links(call: &Call) -> Links {
    call.endpoint().links("backups")
}

/// The reply to a request that made or changed a backup.
fn shown(call: &Call, backup: &Backup) -> Vec<u8> {
    summary(backup, &links(call))
}

/// How backups are shown that are looked at.
fn detail(call: &Call) -> Detail {
    let owner = call.allows_caller(VolumeRule::BackupProjectAttribute);
    Detail { version: call.version, links: links(call), owner }
}
