//! `GET /resource_filters`.

use wire::Fault;
use wire::query::small::resource_of_filters;
use wire::view::resource_filters::list;

use super::Call;
use crate::http::Reply;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let params = call.params()?;
    Ok(Reply::json(200, list(&call.resource_filters, resource_of_filters(&params))))
}
