//! `GET /group_types`.

use wire::Fault;
use wire::links::Around;
use wire::query::group_types::GroupTypeQuery;
use wire::view::group_types::listed;

use super::{listing, shows_specs};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let params = call.params()?;
    let query = GroupTypeQuery::parse(&params, &call.asker())?;
    let read = call.api.desk.store.read(store::group_types::list);
    let types = read.await.map_err(|error| store_fault(&error))?;
    let page = listing::page(types, &query)?;
    let last = page.last().filter(|_| query.page.has_next(page.len()));
    let next = last.map(|last| call.endpoint().next_page("group_types", &params, &last.id.to_string()));
    Ok(Reply::json(200, listed(&page, shows_specs(&call), &Around { next, count: None })))
}
