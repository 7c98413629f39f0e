//! `GET /group_snapshots/{group_snapshot_id}`.

use model::GroupSnapshot;
use model::refusal::Noun;
use operations::Refused;
use operations::group::Door;
use wire::Fault;

use super::{detail, requester};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let found = find(&call, Door::GroupSnapshots).await?;
    Ok(Reply::json(200, detail(&call).one(&found)))
}

/// The snapshot in the path, if the caller may look at it.
pub(in crate::volume_v3) async fn find(call: &Call, door: Door) -> Result<GroupSnapshot, Fault> {
    let id = call.id("group_snapshot_id", Noun::GroupSnapshot)?;
    let who = requester(call, &[]);
    let read = call.api.desk.store.read(move |conn| {
        let found = operations::group_snapshot::find(conn, &who, id)?;
        door.check(conn, found.group_type_id)?;
        Ok::<_, Refused>(found)
    });
    read.await.map_err(fault)
}
