//! `GET /messages`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use wire::Fault;
use wire::links::Around;
use wire::query::messages::MessageQuery;
use wire::view::messages::list;

use super::query;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

/// An administrator sees everybody's messages.
pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::MessageGetAll)?;
    let params = call.params()?;
    let MessageQuery { filters, sort, page, .. } = MessageQuery::parse(&params, &call.asker())?;
    let project = call.sees_only();
    let (query, limit) = (query::of(filters, sort, project), page.limit);
    let has_next = move |count| count > 0 && count >= limit;
    let read = call.api.desk.store.read(move |conn| {
        let part = part(conn, &query, &page, Noun::Message, query.project.as_ref())?;
        Ok::<_, operations::Refused>(query.rows(conn, &part)?)
    });
    let found = read.await.map_err(fault)?;
    let last = found.last().filter(|_| has_next(found.len()));
    let endpoint = call.endpoint();
    let next = last.map(|last| endpoint.next_page("messages", &params, &last.id.to_string()));
    let (ttl_s, around) = (call.api.desk.settings.message_ttl_s, Around { next, count: None });
    Ok(Reply::json(200, list(&found, ttl_s, &endpoint.links("messages"), &around)))
}
