//! `DELETE /cgsnapshots/{group_snapshot_id}`.

use operations::group::Door;
use wire::Fault;

use crate::http::Reply;
use crate::volume_v3::{Call, group_snapshots};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    group_snapshots::delete::remove(call, Door::ConsistencyGroups).await
}
