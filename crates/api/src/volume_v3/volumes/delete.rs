//! `DELETE /volumes/{volume_id}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use operations::volume::delete::{Options, accept};
use wire::Fault;
use wire::query::volumes::Delete;

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let Delete { cascade, force } = Delete::parse(&call.params()?, call.version)?;
    let id = call.id("volume_id", Noun::Volume)?;
    let rules: &[VolumeRule] = if force {
        &[VolumeRule::VolumeForceDelete, VolumeRule::VolumeDelete]
    } else {
        &[VolumeRule::VolumeDelete]
    };
    let who = call.requester_of_volume(id, rules);
    accept(&call.api.desk, &who, id, Options { cascade, force }).await.map_err(fault)?;
    Ok(Reply::empty(202))
}
