//! `GET /group_snapshots` and `GET /group_snapshots/detail`, and the same for consistency groups.

use auth::policy::VolumeRule;
use model::GroupSnapshot;
use model::group::CONSISTENCY_GROUP_TYPE;
use model::refusal::Noun;
use operations::Refused;
use operations::group::Door;
use store::engine::Param;
use store::list::group_snapshots::Column;
use store::list::{Condition, Query};
use store::{Conn, StoreError};
use wire::Fault;
use wire::links::Around;
use wire::query::Page;
use wire::query::group_snapshots::GroupSnapshotQuery;
use wire::view::Growing;
use wire::view::group_snapshots::{add_summary, begin};

use super::{detail, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(&call, "group_snapshots", add_summary).await
}

pub(crate) async fn detailed(call: Call) -> Result<Reply, Fault> {
    let detail = detail(&call);
    list(&call, "group_snapshots/detail", |items, snapshot| detail.add(items, snapshot)).await
}

async fn list(
    call: &Call,
    path: &'static str,
    add: impl Fn(&mut Growing, &GroupSnapshot),
) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = GroupSnapshotQuery::parse(&params, &call.asker())?;
    let (found, page) = find(call, asked, Door::GroupSnapshots).await?;
    let mut items = begin();
    found.iter().for_each(|snapshot| add(&mut items, snapshot));
    let last = found.last().filter(|_| page.has_next(found.len()));
    let next = last.map(|last| call.endpoint().next_page(path, &params, &last.id.to_string()));
    Ok(Reply::json(200, items.end(&Around { next, count: None })))
}

/// The snapshots that are asked for. Those of groups of the reserved type are only found through the door of
/// consistency groups, which leads to all.
pub(in crate::volume_v3) async fn find(
    call: &Call,
    asked: GroupSnapshotQuery,
    door: Door,
) -> Result<(Vec<GroupSnapshot>, Page), Fault> {
    call.require(VolumeRule::GroupGetAllGroupSnapshots)?;
    let page = asked.page.clone();
    let project = (!asked.all_tenants).then(|| call.project_id());
    let mut query = query::of(asked, project);
    let sees_only = call.sees_only();
    let wanted = page.clone();
    let read = call.api.desk.store.read(move |conn| {
        if door == Door::GroupSnapshots {
            leave_out_consistency_groups(conn, &mut query)?;
        }
        let part = part(conn, &query, &wanted, Noun::GroupSnapshot, sees_only.as_ref())?;
        Ok::<_, Refused>(query.rows(conn, &part)?)
    });
    Ok((read.await.map_err(fault)?, page))
}

fn leave_out_consistency_groups(conn: &Conn<'_>, query: &mut Query<Column>) -> Result<(), StoreError> {
    if let Some(reserved) = store::group_types::by_name(conn, CONSISTENCY_GROUP_TYPE)? {
        query.conditions.push(Condition::IsNot(Column::GroupTypeId, Param::from(reserved.id)));
    }
    Ok(())
}
