//! `GET /volumes` and `GET /volumes/detail`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use model::{Refusal, Volume, VolumeId};
use operations::Refused;
use store::Conn;
use store::list::volumes::{self, Column};
use store::list::{Part, Query};
use wire::Fault;
use wire::links::Around;
use wire::query::Page;
use wire::query::volumes::VolumeQuery;
use wire::view::volumes::{Detail, summaries};

use super::{query, shown};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    list(call, "volumes").await
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    list(call, "volumes/detail").await
}

async fn list(call: Call, path: &'static str) -> Result<Reply, Fault> {
    let params = call.params()?;
    let asked = VolumeQuery::parse(&params, &call.asker())?;
    call.require(VolumeRule::VolumeGetAll)?;
    let desk = call.api.desk.clone();
    let listed = desk.store.read(move |conn| {
        let (page, with_count) = (asked.page.clone(), asked.with_count);
        let project = (!asked.all_tenants).then(|| call.project_id());
        let query = query::of(asked, project);
        let part = part(conn, &query, &page, &call)?;
        let mut found: Vec<Volume> = Vec::new();
        volumes::each(conn, &query, &part, |volume| {
            found.push(volume);
            Ok(())
        })?;
        let last = found.last().filter(|_| page.has_next(found.len()));
        let around = Around {
            next: last.map(|last| call.endpoint().next_page(path, &params, &last.id.to_string())),
            count: with_count.then(|| volumes::count(conn, &query)).transpose()?,
        };
        let links = shown::links(&call);
        if path == "volumes" {
            return Ok(summaries(&found, &links, &around));
        }
        let neighbours = shown::Neighbours::read(conn, call.version)?;
        let detail = Detail { version: call.version, links: &links, show: shown::extended(&call) };
        Ok::<_, Refused>(detail.list(found.iter().map(|volume| neighbours.view(volume)), &around))
    });
    Ok(Reply::json(200, listed.await.map_err(fault)?))
}

/// The part of the list that is asked for. It begins behind a volume that has to be there.
fn part(conn: &Conn<'_>, query: &Query<Column>, page: &Page, call: &Call) -> Result<Part, Refused> {
    let mut part = Part { after: None, offset: page.offset, limit: page.limit };
    let Some(marker) = &page.marker else { return Ok(part) };
    let visible_to = (!call.credentials.is_admin).then(|| call.project_id());
    part.after = match marker.parse::<VolumeId>() {
        Ok(id) => volumes::cursor(conn, query, id, visible_to.as_ref())?,
        Err(_) => None,
    };
    if part.after.is_none() {
        return Err(Refusal::not_found(Noun::Volume, wire::fault::echo(marker)).into());
    }
    Ok(part)
}
