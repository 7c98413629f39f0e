//! `GET /volumes` and `GET /volumes/detail`. Rows become text as they are read; none is kept.

use auth::policy::VolumeRule;
use model::VolumeId;
use model::refusal::Noun;
use operations::Refused;
use store::Conn;
use store::engine::Param;
use store::list::volumes::{self, Column};
use store::list::{Condition, Part, Query};
use wire::Fault;
use wire::links::Around;
use wire::query::Params;
use wire::query::volumes::VolumeQuery;
use wire::view::Growing;
use wire::view::volumes::{Detail, add_summary, begin};

use super::neighbours::OfList;
use super::{query, shown};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, "volumes", write_summaries).await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    list(call, "volumes/detail", write_details).await
}

/// Writes one part of the list, and returns the last volume in it.
type WriteItems =
    fn(&Conn<'_>, &Call, &Query<Column>, &Part, &mut Growing) -> Result<Option<VolumeId>, Refused>;

async fn list(call: Call, path: &'static str, write: WriteItems) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = VolumeQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::VolumeGetAll)?;
    let store = call.api.desk.store.clone();
    let written = store.read(move |conn| reply(conn, &call, path, &params, asked, write));
    Ok(Reply::json(200, written.await.map_err(fault)?))
}

fn reply(
    conn: &Conn<'_>,
    call: &Call,
    path: &'static str,
    params: &Params,
    asked: VolumeQuery,
    write: WriteItems,
) -> Result<Vec<u8>, Refused> {
    let (page, with_count) = (asked.page.clone(), asked.with_count);
    let project = (!asked.all_tenants).then(|| call.project_id());
    let mut query = query::of(asked, project);
    if !call.credentials.is_admin {
        // What the compute service copies a volume to is nobody's volume.
        query.conditions.push(Condition::In(Column::MigratesFor, vec![Param::Null]));
    }
    let sees_only = call.sees_only();
    let part = part(conn, &query, &page, Noun::Volume, sees_only.as_ref())?;
    let mut items = begin();
    let last = write(conn, call, &query, &part, &mut items)?.filter(|_| page.has_next(items.count()));
    Ok(items.end(&Around {
        next: last.map(|last| call.endpoint().next_page(path, params, &last.to_string())),
        count: with_count.then(|| query.count(conn)).transpose()?,
    }))
}

fn write_summaries(
    conn: &Conn<'_>,
    call: &Call,
    query: &Query<Column>,
    part: &Part,
    items: &mut Growing,
) -> Result<Option<VolumeId>, Refused> {
    let links = shown::links(call);
    let mut last = None;
    volumes::each_name(conn, query, part, |id, name| {
        add_summary(items, id, name, &links);
        last = Some(id);
        Ok(())
    })?;
    Ok(last)
}

fn write_details(
    conn: &Conn<'_>,
    call: &Call,
    query: &Query<Column>,
    part: &Part,
    items: &mut Growing,
) -> Result<Option<VolumeId>, Refused> {
    let neighbours = OfList::read(conn, call.version, query, part)?;
    let links = shown::links(call);
    let detail = Detail { version: call.version, links: &links, show: shown::extended(call) };
    let mut last = None;
    query.each(conn, part, |volume| {
        detail.add(items, &neighbours.view(&volume));
        last = Some(volume.id);
        Ok(())
    })?;
    Ok(last)
}
