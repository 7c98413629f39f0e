//! `/types/{type_id}/extra_specs`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

use auth::policy::VolumeRule;
use wire::view::types::ExtraSpecs;

use super::Call;

/// Which extra specs the caller may see, once allowed to ask for them.
fn visible(call: &Call) -> ExtraSpecs {
    if call.allows_caller(VolumeRule::TypesExtraSpecsReadSensitive) {
        ExtraSpecs::All
    } else {
        ExtraSpecs::UserVisible
    }
}
