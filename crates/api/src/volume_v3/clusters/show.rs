//! `GET /clusters/{name}`.

use auth::policy::VolumeRule;
use model::service::Binary;
use wire::Fault;

use super::{find, view};
use crate::http::Reply;
use crate::volume_v3::Call;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    call.require(VolumeRule::ClustersGet)?;
    let params = call.params()?;
    let binary = params.get("binary").unwrap_or(Binary::Volume.as_str());
    let (cluster, now) = find(&call, call.part("name"), binary).await?;
    Ok(Reply::json(200, view(&call, &cluster, now).to_json(call.version)))
}
