//! `GET /snapshots` and `GET /snapshots/detail`. Rows become text as they are read; none is kept.

use auth::policy::VolumeRule;
use model::Snapshot;
use model::refusal::Noun;
use wire::Fault;
use wire::query::snapshots::SnapshotQuery;
use wire::view::snapshots::{add_summary, begin};

use super::{extended, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::streamed::{AddItem, Streamed};

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, "snapshots", |_| Box::new(add_summary)).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem<Snapshot> {
        let detail = extended(call);
        Box::new(move |items, snapshot| detail.add(items, snapshot))
    };
    list(call, "snapshots/detail", add).await
}

async fn list(call: Call, path: &'static str, add: fn(&Call) -> AddItem<Snapshot>) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = SnapshotQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::VolumeGetAllSnapshots)?;
    let (page, with_count) = (asked.page.clone(), asked.with_count);
    let project = (!asked.all_tenants).then(|| call.project_id());
    let query = query::of(asked, project);
    let id = |snapshot: &Snapshot| snapshot.id;
    Streamed { path, params, query, page, with_count, noun: Noun::Snapshot, id }.reply(call, begin, add).await
}
