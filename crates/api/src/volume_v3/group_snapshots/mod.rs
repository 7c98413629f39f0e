//! `/group_snapshots`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod reset_status;
pub(super) mod show;

mod query;

use auth::policy::VolumeRule;
use operations::Requester;
use wire::view::group_snapshots::Detail;

use super::Call;
use super::call::forbidden;

/// Who asks about a snapshot of a group, with the authority of `rules`, and of the one to look at it.
pub(super) fn requester(call: &Call, rules: &[VolumeRule]) -> Requester {
    let rules = [VolumeRule::GroupGetGroupSnapshot].iter().chain(rules);
    call.requester_under(rules.map(|rule| (*rule, forbidden(*rule))).collect())
}

/// How snapshots of groups are shown that are looked at.
fn detail(call: &Call) -> Detail {
    Detail { version: call.version, project: call.allows_caller(VolumeRule::GroupSnapshotProjectAttribute) }
}
