//! `PUT /volumes/{volume_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::edit;
use store::volumes::Edit;
use wire::Fault;
use wire::request::volumes::Update;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Update { name, description, metadata } = Update::parse(&call.body, call.version)?;
    let id = call.id("volume_id", Noun::Volume)?;
    let changes = Edit { name, description, metadata, ..Edit::default() };
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeUpdate]);
    let (volume, _) = edit::update(&call.api.desk, &who, id, changes).await.map_err(fault)?;
    Ok(Reply::json(200, shown::changed(&call, volume).await?))
}
