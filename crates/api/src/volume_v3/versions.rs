//! Version discovery: `GET /`, and `GET /v3` with and without a slash behind it.

use wire::Fault;
use wire::view::versions::list;

use super::Call;
use crate::http::Reply;

/// `GET /`: the client has to choose, though there is but one.
pub(super) fn all(base_url: &str) -> Reply {
    Reply::json(300, list(base_url))
}

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    Ok(Reply::json(200, list(&call.base_url)))
}
