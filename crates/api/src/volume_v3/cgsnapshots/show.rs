//! `GET /cgsnapshots/{group_snapshot_id}`.

use operations::group::Door;
use wire::Fault;
use wire::view::consistency_groups::snapshot_detail;

use crate::http::Reply;
use crate::volume_v3::{Call, group_snapshots};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let found = group_snapshots::show::find(&call, Door::ConsistencyGroups).await?;
    Ok(Reply::json(200, snapshot_detail(&found)))
}
