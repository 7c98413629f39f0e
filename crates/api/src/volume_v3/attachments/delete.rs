//! `DELETE /attachments/{attachment_id}`.

use operations::attachment;
use wire::Fault;
use wire::view::attachments::summaries;

use super::{detacher, id};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let left = attachment::delete(&call.api.desk, &call.requester(), detacher(&call), id(&call)?).await;
    Ok(Reply::json(200, summaries(&left.map_err(fault)?)))
}
