//! `/types`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod encryption;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

mod listing;

use auth::policy::VolumeRule;
use model::refusal::Noun;
use model::{Refusal, VolumeType, VolumeTypeId};
use wire::Fault;
use wire::view::types::{Detail, ExtraSpecs};

use super::Call;
use super::call::store_fault;

/// Which extra specs the caller may see.
pub(super) fn visible_specs(call: &Call) -> ExtraSpecs {
    if !call.allows_caller(VolumeRule::AccessTypesExtraSpecs) {
        ExtraSpecs::Hidden
    } else if call.allows_caller(VolumeRule::TypesExtraSpecsReadSensitive) {
        ExtraSpecs::All
    } else {
        ExtraSpecs::UserVisible
    }
}

fn detail(call: &Call) -> Detail {
    Detail {
        extra_specs: visible_specs(call),
        qos: call.allows_caller(VolumeRule::AccessTypesQosSpecsId),
        access: call.allows_caller(VolumeRule::VolumeTypeAccess),
    }
}

/// The type in the path, if the caller may see it.
pub(super) async fn load(call: &Call) -> Result<VolumeType, Fault> {
    let id: VolumeTypeId = call.id("type_id", Noun::VolumeType)?;
    let read = call.api.desk.store.read(move |conn| store::volume_types::get(conn, id));
    let found = read.await.map_err(|error| store_fault(&error))?;
    let visible = found.filter(|found| is_visible(call, found));
    Ok(visible.ok_or_else(|| Refusal::not_found(Noun::VolumeType, id))?)
}

fn is_visible(call: &Call, volume_type: &VolumeType) -> bool {
    call.credentials.is_admin || volume_type.is_visible_to(&call.project_id())
}
