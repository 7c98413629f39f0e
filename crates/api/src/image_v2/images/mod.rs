//! `/v2/images`.

pub(super) mod create;
pub(super) mod delete;
pub(super) mod import;
pub(super) mod list;
pub(super) mod locations;
pub(super) mod show;
pub(super) mod update;

use auth::policy::ImageRule;
use model::ImageVisibility;

/// The rule of a visibility that not everybody may give.
const fn rule_of(visibility: ImageVisibility) -> Option<ImageRule> {
    match visibility {
        ImageVisibility::Public => Some(ImageRule::PublicizeImage),
        ImageVisibility::Community => Some(ImageRule::CommunitizeImage),
        ImageVisibility::Shared | ImageVisibility::Private => None,
    }
}
