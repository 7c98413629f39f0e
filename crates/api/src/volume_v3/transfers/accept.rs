//! `POST /volume-transfers/{transfer_id}/accept`, and the same below `/os-volume-transfer`.

use model::refusal::Noun;
use operations::transfer::accept::accept;
use wire::view::transfers::summary;
use wire::{Fault, request};

use super::links;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

/// What a refusal by size begins with everywhere else.
const SIZE_REFUSED: &str = "VolumeSizeExceedsAvailableQuota: ";

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let key = request::transfers::auth_key(&call.body)?;
    call.require_project()?;
    let id = call.id("transfer_id", Noun::Transfer)?;
    let accepted = accept(&call.api.desk, &call.requester(), id, key).await;
    let transfer = accepted.map_err(fault).map_err(bare)?;
    Ok(Reply::json(202, summary(&transfer, &links(&call))))
}

fn bare(mut fault: Fault) -> Fault {
    if let Some(rest) = fault.message.strip_prefix(SIZE_REFUSED) {
        fault.message = rest.to_owned().into();
    }
    fault
}
