//! `/attachments`.

mod query;

pub(super) mod complete;
pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
pub(super) mod show;
pub(super) mod update;

use model::AttachmentId;
use operations::attachment::{Detacher, not_found};
use wire::Fault;
use wire::fault::echo;

use super::Call;

/// The attachment that the path names; what is no identifier cannot be found.
fn id(call: &Call) -> Result<AttachmentId, Fault> {
    let text = call.part("attachment_id");
    text.parse().map_err(|_| not_found(echo(text)).into())
}

/// Who detaches.
pub(super) fn detacher(call: &Call) -> Detacher {
    let roles = &call.api.service_tokens.roles;
    Detacher { is_service: roles.iter().any(|role| call.credentials.has_service_role(role)) }
}
