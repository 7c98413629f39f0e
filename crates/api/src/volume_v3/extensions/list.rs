//! `GET /extensions`.

use wire::Fault;
use wire::view::extensions::list;

use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn handle(_call: Call) -> Result<Reply, Fault> {
    Ok(Reply::json(200, list()))
}
