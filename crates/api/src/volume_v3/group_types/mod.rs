//! `/group_types`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

mod listing;

use auth::policy::VolumeRule;
use model::GroupType;
use model::refusal::Noun;
use wire::Fault;

use super::Call;
use super::call::fault;

/// Whether the caller may see the specs of group types.
fn shows_specs(call: &Call) -> bool {
    call.allows_caller(VolumeRule::GroupAccessGroupTypesSpecs)
}

/// The type in the path, if the caller may see it.
pub(super) async fn load(call: &Call) -> Result<GroupType, Fault> {
    let id = call.id("group_type_id", Noun::GroupType)?;
    let who = call.requester_by(None);
    let read = call.api.desk.store.read(move |conn| operations::group_type::find(conn, &who, id));
    read.await.map_err(fault)
}
