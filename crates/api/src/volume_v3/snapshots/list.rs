//! `GET /snapshots` and `GET /snapshots/detail`. Rows become text as they are read; none is kept.

use auth::policy::VolumeRule;
use model::Snapshot;
use model::refusal::Noun;
use operations::Refused;
use store::Conn;
use store::list::snapshots;
use wire::Fault;
use wire::links::Around;
use wire::query::Params;
use wire::query::snapshots::SnapshotQuery;
use wire::view::Growing;
use wire::view::snapshots::{add_summary, begin};

use super::{extended, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, "snapshots", |_| Box::new(add_summary)).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    let add = |call: &Call| -> AddItem {
        let detail = extended(call);
        Box::new(move |items, snapshot| detail.add(items, snapshot))
    };
    list(call, "snapshots/detail", add).await
}

/// Adds a snapshot to the list.
type AddItem = Box<dyn Fn(&mut Growing, &Snapshot)>;

async fn list(call: Call, path: &'static str, add: fn(&Call) -> AddItem) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = SnapshotQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::VolumeGetAllSnapshots)?;
    let store = call.api.desk.store.clone();
    let written = store.read(move |conn| reply(conn, &call, path, &params, asked, add));
    Ok(Reply::json(200, written.await.map_err(fault)?))
}

fn reply(
    conn: &Conn<'_>,
    call: &Call,
    path: &'static str,
    params: &Params,
    asked: SnapshotQuery,
    add: fn(&Call) -> AddItem,
) -> Result<Vec<u8>, Refused> {
    let (page, with_count) = (asked.page.clone(), asked.with_count);
    let project = (!asked.all_tenants).then(|| call.project_id());
    let query = query::of(asked, project);
    let sees_only = call.sees_only();
    let part = part(&page, Noun::Snapshot, |id| snapshots::cursor(conn, &query, id, sees_only.as_ref()))?;
    let (mut items, add, mut last) = (begin(), add(call), None);
    snapshots::each(conn, &query, &part, |snapshot| {
        add(&mut items, &snapshot);
        last = Some(snapshot.id);
        Ok(())
    })?;
    let last = last.filter(|_| page.has_next(items.count()));
    Ok(items.end(&Around {
        next: last.map(|last| call.endpoint().next_page(path, params, &last.to_string())),
        count: with_count.then(|| snapshots::count(conn, &query)).transpose()?,
    }))
}
