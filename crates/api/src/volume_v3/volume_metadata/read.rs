//! `GET …/metadata` and `GET …/metadata/{key}`.

use auth::policy::VolumeRule;
use http::header;
use model::refusal::Noun;
use model::{Metadata, Refusal, VolumeId};
use wire::Fault;
use wire::microversion::gate;
use wire::view::metadata::{all, item};

use super::etag;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::fault;

pub(crate) async fn index(call: Call) -> Result<Reply, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let metadata = read(&call, id).await?;
    let reply = Reply::json(200, all(&metadata));
    Ok(if call.version.has(gate::ETAGS) {
        reply.with_header(header::ETAG, etag::of(&metadata))
    } else {
        reply
    })
}

pub(crate) async fn show(call: Call) -> Result<Reply, Fault> {
    let id = call.id("volume_id", Noun::Volume)?;
    let metadata = read(&call, id).await?;
    let key = call.part("key");
    let value = metadata.get(key).ok_or_else(|| missing(id, key))?;
    Ok(Reply::json(200, item(key, value)))
}

async fn read(call: &Call, id: VolumeId) -> Result<Metadata, Fault> {
    let who = call.requester_of_volume(id, &[VolumeRule::VolumeGetVolumeMetadata]);
    let found = call.api.desk.store.read(move |conn| operations::volume::find(conn, &who, id));
    Ok(found.await.map_err(fault)?.metadata)
}

/// The refusal of a key that is not there.
pub(super) fn missing(id: VolumeId, key: &str) -> Refusal {
    Refusal::Absent(format!("Volume {id} has no metadata with key {}.", wire::fault::echo(key)))
}
