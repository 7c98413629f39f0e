//! `GET /groups` and `GET /groups/detail`, and the same for consistency groups.

use auth::policy::VolumeRule;
use model::group::CONSISTENCY_GROUP_TYPE;
use model::refusal::Noun;
use model::{Group, GroupId, VolumeId};
use operations::Refused;
use operations::group::Door;
use store::engine::Param;
use store::list::groups::Column;
use store::list::{Condition, Query};
use store::{Conn, StoreError};
use wire::Fault;
use wire::links::Around;
use wire::query::groups::{GroupQuery, list_volume};
use wire::query::{Page, Params};
use wire::view::Growing;
use wire::view::groups::{add_summary, begin};

use super::{detail, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = GroupQuery::parse(&params, &call.asker())?;
    let found = find(&call, asked, Door::Groups).await?;
    let mut items = begin();
    found.groups.iter().for_each(|group| add_summary(&mut items, group));
    Ok(found.reply(&call, "groups", &params, items))
}

pub(crate) async fn detailed(call: Call) -> Result<Reply, Fault> {
    let params = call.params()?;
    let with_volumes = list_volume(&params)?;
    let asked = GroupQuery::parse(&params, &call.asker())?;
    let found = find(&call, asked, Door::Groups).await?;
    let volumes = if with_volumes { volumes_of(&call, &found.groups).await? } else { Vec::new() };
    let (mut items, detail) = (begin(), detail(&call));
    for (index, group) in found.groups.iter().enumerate() {
        detail.add(&mut items, group, volumes.get(index).map(Vec::as_slice));
    }
    Ok(found.reply(&call, "groups/detail", &params, items))
}

/// The groups of one page.
pub(in crate::volume_v3) struct Found {
    /// In the order of the list.
    pub(in crate::volume_v3) groups: Vec<Group>,
    page: Page,
}

impl Found {
    /// The reply that shows them as `items`.
    pub(in crate::volume_v3) fn reply(
        &self,
        call: &Call,
        path: &'static str,
        params: &Params,
        items: Growing,
    ) -> Reply {
        let last = self.groups.last().filter(|_| self.page.has_next(self.groups.len()));
        let next = last.map(|last| call.endpoint().next_page(path, params, &last.id.to_string()));
        Reply::json(200, items.end(&Around { next, count: None }))
    }
}

/// The groups that are asked for. Those of the reserved type are only found through the door of consistency groups,
/// which leads to all.
pub(in crate::volume_v3) async fn find(call: &Call, asked: GroupQuery, door: Door) -> Result<Found, Fault> {
    call.require(VolumeRule::GroupGetAll)?;
    let page = asked.page.clone();
    let project = (!asked.all_tenants).then(|| call.project_id());
    let mut query = query::of(asked, project);
    let sees_only = call.sees_only();
    let wanted = page.clone();
    let read = call.api.desk.store.read(move |conn| {
        if door == Door::Groups {
            leave_out_consistency_groups(conn, &mut query)?;
        }
        let part = part(conn, &query, &wanted, Noun::Group, sees_only.as_ref())?;
        Ok::<_, Refused>(query.rows(conn, &part)?)
    });
    Ok(Found { groups: read.await.map_err(fault)?, page })
}

fn leave_out_consistency_groups(conn: &Conn<'_>, query: &mut Query<Column>) -> Result<(), StoreError> {
    if let Some(reserved) = store::group_types::by_name(conn, CONSISTENCY_GROUP_TYPE)? {
        query.conditions.push(Condition::IsNot(Column::GroupTypeId, Param::from(reserved.id)));
    }
    Ok(())
}

async fn volumes_of(call: &Call, groups: &[Group]) -> Result<Vec<Vec<VolumeId>>, Fault> {
    let ids: Vec<GroupId> = groups.iter().map(|group| group.id).collect();
    let read = call.api.desk.store.read(move |conn| store::groups::volume_ids_of(conn, &ids));
    read.await.map_err(|error| fault(error.into()))
}
