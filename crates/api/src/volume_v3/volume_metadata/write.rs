//! `POST` and `PUT …/metadata`, `PUT` and `DELETE …/metadata/{key}`.

use auth::policy::VolumeRule;
use model::Metadata;
use model::refusal::Noun;
use operations::volume::edit::{self, Merge};
use wire::microversion::gate;
use wire::view::metadata::{all, item};
use wire::{Fault, request};

use super::etag::Condition;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let new = request::metadata::of_volume(&call.body)?;
    let rule = VolumeRule::VolumeCreateVolumeMetadata;
    let written = write(&call, rule, new, Merge::Add, Condition::Always).await?;
    Ok(shown(written, all))
}

pub(crate) async fn replace(call: Call) -> Result<Reply, Fault> {
    let new = request::metadata::of_volume(&call.body)?;
    let rule = VolumeRule::VolumeUpdateVolumeMetadata;
    let written = write(&call, rule, new, Merge::Replace, condition(&call)).await?;
    Ok(shown(written, all))
}

pub(crate) async fn set(call: Call) -> Result<Reply, Fault> {
    let key = call.part("key").to_owned();
    let value = request::metadata::item_of_volume(&call.body, &key)?;
    let new = Metadata::from_iter([(key.clone(), value.clone())]);
    let rule = VolumeRule::VolumeUpdateVolumeMetadata;
    let written = write(&call, rule, new, Merge::Add, condition(&call)).await?;
    Ok(shown(written, |_| item(&key, &value)))
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let key = call.part("key").to_owned();
    let missing = super::read::missing(id, &key);
    let rules = [VolumeRule::VolumeGetVolumeMetadata, VolumeRule::VolumeDeleteVolumeMetadata];
    let who = call.requester_of_volume(id, &rules);
    edit::remove_metadata(&call.api.desk, &who, id, key, missing).await.map_err(fault)?;
    Ok(Reply::empty(200))
}

fn condition(call: &Call) -> Condition {
    if call.version.has(gate::ETAGS) { Condition::read(&call.headers) } else { Condition::Always }
}

/// All pairs afterwards; none when the condition does not hold.
async fn write(
    call: &Call,
    rule: VolumeRule,
    new: Metadata,
    merge: Merge,
    condition: Condition,
) -> Result<Option<Metadata>, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let who = call.requester_of_volume(id, &[rule]);
    let expected = move |metadata: &Metadata| condition.holds(metadata);
    edit::set_metadata(&call.api.desk, &who, id, new, merge, expected).await.map_err(fault)
}

fn shown(written: Option<Metadata>, body: impl FnOnce(&Metadata) -> Vec<u8>) -> Reply {
    written.map_or_else(|| Reply::empty(412), |metadata| Reply::json(200, body(&metadata)))
}
