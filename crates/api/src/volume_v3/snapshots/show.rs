//! `GET /snapshots/{snapshot_id}`.

use model::refusal::Noun;
use wire::Fault;

use super::extended;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_of_snapshot(&[]);
    let found = call.api.desk.store.read(move |conn| operations::snapshot::find(conn, &who, id));
    let snapshot = found.await.map_err(fault)?;
    Ok(Reply::json(200, extended(&call).one(&snapshot)))
}
