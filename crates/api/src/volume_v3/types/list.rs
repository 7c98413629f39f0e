//! `GET /types`.

use auth::policy::VolumeRule;
use wire::Fault;
use wire::links::Around;
use wire::query::types::{TypeFilter, TypeQuery};
use wire::view::types::USER_VISIBLE_EXTRA_SPECS;

use super::{detail, is_visible, listing};
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::store_fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::TypeGetAll)?;
    let params = call.params()?;
    let query = TypeQuery::parse(&params, &call.asker())?;
    let mut types =
        call.api.desk.store.read(store::volume_types::list).await.map_err(|error| store_fault(&error))?;
    types.retain(|found| is_visible(&call, found));
    if asks_for_secrets(&call, &query) {
        types.clear();
    }
    let page = listing::page(types, &query, &call.project_id())?;
    let last = page.last().filter(|_| query.page.has_next(page.len()));
    let next = last.map(|last| call.endpoint().next_page("types", &params, &last.id.to_string()));
    Ok(Reply::json(200, detail(&call).list(&page, &Around { next, count: None })))
}

/// Whether the answer would tell which types have extra specs that the caller may not see. It then has no types.
fn asks_for_secrets(call: &Call, query: &TypeQuery) -> bool {
    let mut keys = query.filters.iter().flat_map(|filter| match filter {
        TypeFilter::ExtraSpecs(pairs) => pairs.iter().map(|(key, _)| key.as_str()).collect(),
        TypeFilter::Is(..) | TypeFilter::Never => Vec::new(),
    });
    !call.allows_caller(VolumeRule::TypesExtraSpecsReadSensitive)
        && keys.any(|key| !USER_VISIBLE_EXTRA_SPECS.contains(&key))
}
