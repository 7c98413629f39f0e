//! `GET …/metadata` and `GET …/metadata/{key}`.

use auth::policy::VolumeRule;
use model::refusal::Noun;
use model::{Metadata, Refusal, SnapshotId};
use wire::Fault;
use wire::view::metadata::{all, item};

use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    Ok(Reply::json(200, all(&read(&call, id).await?)))
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    let id = call.id("snapshot_id", Noun::Snapshot)?;
    let metadata = read(&call, id).await?;
    let key = call.part("key");
    let value = metadata.get(key).ok_or_else(|| missing(id, key))?;
    Ok(Reply::json(200, item(key, value)))
}

async fn read(call: &Call, id: SnapshotId) -> Result<Metadata, Fault> {
    let who = call.requester_of_snapshot(&[VolumeRule::VolumeGetSnapshotMetadata]);
    let found = call.api.desk.store.read(move |conn| operations::snapshot::find(conn, &who, id));
    Ok(found.await.map_err(fault)?.metadata)
}

/// The refusal of a key that is not there.
pub(super) fn missing(id: SnapshotId, key: &str) -> Refusal {
    Refusal::Absent(format!("Snapshot {id} has no metadata with key {}.", wire::fault::echo(key)))
}
