//! `PUT /attachments/{attachment_id}`.

use operations::attachment;
use wire::Fault;
use wire::request::attachments::parse_update;
use wire::view::attachments::detail;

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let connector = parse_update(&call.body)?;
    let updated = attachment::update(&call.api.desk, &call.requester(), id(&call)?, connector).await;
    Ok(Reply::json(200, detail(&updated.map_err(fault)?)))
}
