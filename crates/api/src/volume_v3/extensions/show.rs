//! `GET /extensions/{alias}`.

use wire::Fault;
use wire::view::extensions::one;

use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    one(call.part("alias")).map(|found| Reply::json(200, found)).ok_or_else(Fault::not_found)
}
