//! `GET /consistencygroups/{group_id}`.

use model::refusal::Noun;
use operations::group::find;
use wire::Fault;
use wire::view::consistency_groups::detail;

use crate::http::Reply;
use crate::volume_v3::call::fault;
use crate::volume_v3::{Call, groups};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("group_id", Noun::Group)?;
    let who = groups::requester(&call, &[]);
    let read = call.api.desk.store.read(move |conn| find(conn, &who, id));
    Ok(Reply::json(200, detail(&read.await.map_err(fault)?)))
}
