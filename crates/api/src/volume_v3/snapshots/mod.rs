//! `/snapshots`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

mod query;

use auth::policy::VolumeRule;
use model::Snapshot;
use wire::view::snapshots::Detail;

use super::Call;

/// The reply to a request that made or changed a snapshot.
pub(super) fn shown(call: &Call, snapshot: &Snapshot) -> Vec<u8> {
    Detail { version: call.version, extended: false }.one(snapshot)
}

/// How snapshots are shown that are looked at.
fn extended(call: &Call) -> Detail {
    let extended = call.allows_caller(VolumeRule::ExtendedSnapshotAttributes);
    Detail { version: call.version, extended }
}
