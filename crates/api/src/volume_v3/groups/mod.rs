//! `/groups`.

pub(super) mod actions;
pub(super) mod create;
pub(super) mod create_from_src;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

mod query;

use auth::policy::VolumeRule;
use operations::Requester;
use wire::view::groups::Detail;

use super::Call;
use super::call::forbidden;

/// Who asks about a group, with the authority of `rules`, and of the one to look at it.
pub(super) fn requester(call: &Call, rules: &[VolumeRule]) -> Requester {
    let rules = [VolumeRule::GroupGet].iter().chain(rules);
    call.requester_under(rules.map(|rule| (*rule, forbidden(*rule))).collect())
}

/// How groups are shown that are looked at.
fn detail(call: &Call) -> Detail {
    Detail { version: call.version, project: call.allows_caller(VolumeRule::GroupProjectAttribute) }
}
