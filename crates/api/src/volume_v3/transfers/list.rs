//! `GET /volume-transfers`, `GET /volume-transfers/detail`, and the same below `/os-volume-transfer`.

use auth::policy::VolumeRule;
use model::Transfer;
use model::refusal::Noun;
use operations::Refused;
use wire::Fault;
use wire::links::Around;
use wire::query::transfers::TransferQuery;
use wire::view::transfers::summaries;

use super::{COLLECTION, detail as shown, links, query};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;
use crate::volume_v3::part::part;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let (found, around) = load(&call, "volume-transfers", true).await?;
    Ok(Reply::json(200, summaries(&found, &links(&call), &around)))
}

pub(crate) async fn detail(call: Call) -> Result<Reply, Fault> {
    let (found, around) = load(&call, "volume-transfers/detail", true).await?;
    Ok(Reply::json(200, shown(&call, &links(&call)).list(&found, &around)))
}

pub(crate) async fn index_of_old(call: Call) -> Result<Reply, Fault> {
    let (found, around) = load(&call, COLLECTION, false).await?;
    Ok(Reply::json(200, summaries(&found, &links(&call), &around)))
}

pub(crate) async fn detail_of_old(call: Call) -> Result<Reply, Fault> {
    let (found, around) = load(&call, COLLECTION, false).await?;
    Ok(Reply::json(200, shown(&call, &links(&call)).list(&found, &around)))
}

/// The transfers of one page, and what stands beside them. Without `pages` there is no page behind it.
async fn load(call: &Call, path: &'static str, pages: bool) -> Result<(Vec<Transfer>, Around), Fault> {
    call.require(VolumeRule::VolumeGetAllTransfers)?;
    let params = call.params()?;
    let asked = TransferQuery::parse(&params, &call.asker(), pages)?;
    let page = asked.page.clone();
    let query = query::of(asked.clone(), (!asked.all_tenants).then(|| call.project_id()));
    let wanted = page.clone();
    let read = call.api.desk.store.read(move |conn| {
        let part = part(conn, &query, &wanted, Noun::Transfer, query.project.as_ref())?;
        Ok::<_, Refused>(query.rows(conn, &part)?)
    });
    let found = read.await.map_err(fault)?;
    let last = found.last().filter(|_| pages && page.has_next(found.len()));
    let next = last.map(|last| call.endpoint().next_page(path, &params, &last.id.to_string()));
    Ok((found, Around { next, count: None }))
}
