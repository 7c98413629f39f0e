//! `GET /attachments/{attachment_id}`.

use operations::attachment::find;
use wire::Fault;
use wire::view::attachments::detail;

use super::id;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let (id, who) = (id(&call)?, call.requester_by(None));
    let found = call.api.desk.store.read(move |conn| find(conn, &who, id)).await.map_err(fault)?;
    Ok(Reply::json(200, detail(&found)))
}
