//! `os-complete`.

use operations::attachment;
use wire::Fault;
use wire::request::attachments::parse_complete;

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    parse_complete(&call.body)?;
    attachment::complete(&call.api.desk, &call.requester(), id(&call)?).await.map_err(fault)?;
    Ok(Reply::empty(204))
}
