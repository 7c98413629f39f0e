//! `POST` and `PUT …/metadata`, `PUT` and `DELETE …/metadata/{key}`.

use auth::policy::VolumeRule;
use model::Metadata;
use model::refusal::Noun;
use operations::snapshot::edit;
use operations::volume::edit::Merge;
use wire::view::metadata::{all, item};
use wire::{Fault, request};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn create(call: Call) -> Result<Reply, Fault> {
    let new = request::metadata::of_snapshot(&call.body)?;
    Ok(Reply::json(200, all(&write(&call, new, Merge::Add).await?)))
}

pub(crate) async fn replace(call: Call) -> Result<Reply, Fault> {
    let new = request::metadata::of_snapshot(&call.body)?;
    Ok(Reply::json(200, all(&write(&call, new, Merge::Replace).await?)))
}

pub(crate) async fn set(call: Call) -> Result<Reply, Fault> {
    let key = call.part("key").to_owned();
    let value = request::metadata::item_of_snapshot(&call.body, &key)?;
    let new = Metadata::from_iter([(key.clone(), value.clone())]);
    write(&call, new, Merge::Add).await?;
    Ok(Reply::json(200, item(&key, &value)))
}

pub(crate) async fn delete(call: Call) -> Result<Reply, Fault> {
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let key = call.part("key").to_owned();
    let missing = super::read::missing(id, &key);
    let rules = [VolumeRule::VolumeGetSnapshotMetadata, VolumeRule::VolumeDeleteSnapshotMetadata];
    let who = call.requester_of_snapshot(&rules);
    edit::remove_metadata(&call.api.desk, &who, id, key, missing).await.map_err(fault)?;
    Ok(Reply::empty(200))
}

/// All pairs afterwards.
async fn write(call: &Call, new: Metadata, merge: Merge) -> Result<Metadata, Fault> {
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let who = call.requester_of_snapshot(&[VolumeRule::VolumeUpdateSnapshotMetadata]);
    edit::set_metadata(&call.api.desk, &who, id, new, merge).await.map_err(fault)
}
