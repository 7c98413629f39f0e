//! `GET /cgsnapshots` and `GET /cgsnapshots/detail`.

use model::GroupSnapshot;
use operations::group::Door;
use wire::Fault;
use wire::links::Around;
use wire::query::group_snapshots::GroupSnapshotQuery;
use wire::view::consistency_groups::{add_snapshot, begin_snapshots};
use wire::view::{Growing, group_snapshots::add_summary};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::group_snapshots::list::find;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, add_summary).await
}

pub(crate) async fn detailed(call: Call) -> Result<Reply, Fault> {
    list(call, add_snapshot).await
}

/// These lists have no links.
async fn list(call: Call, add: fn(&mut Growing, &GroupSnapshot)) -> Result<Reply, Fault> {
    let asked = GroupSnapshotQuery::of_consistency_groups(&call.params()?, &call.asker())?;
    let (found, _) = find(&call, asked, Door::ConsistencyGroups).await?;
    let mut items = begin_snapshots();
    found.iter().for_each(|snapshot| add(&mut items, snapshot));
    Ok(Reply::json(200, items.end(&Around { next: None, count: None })))
}
