//! `POST /volumes`.

use auth::policy::VolumeRule;
use operations::volume::create::{self, Sources};
use serde_json::{Map, Value};
use wire::Fault;
use wire::microversion::gate;
use wire::request::hints::Hints;
use wire::request::volumes::Create;

use super::shown;
use crate::http::Reply;
use crate::volume_v3::Call;
use crate::volume_v3::call::{fault, forbidden};

pub(crate) async fn handle(call: Call) -> Result<Reply, Fault> {
    let asked = Create::parse(&call.body, call.version)?;
    call.require_project()?;
    let rule = match asked.image_ref {
        Some(_) => VolumeRule::VolumeCreateFromImage,
        None => VolumeRule::VolumeCreate,
    };
    call.require(rule)?;
    let may_multiattach = call.allows_caller(VolumeRule::VolumeMultiattach);
    let request = create::Create {
        name: asked.name,
        description: asked.description,
        size_gib: asked.size_gib,
        volume_type: asked.volume_type,
        availability_zone: asked.availability_zone,
        metadata: asked.metadata,
        sources: Sources {
            snapshot_id: asked.snapshot_id,
            source_volid: asked.source_volid,
            image_ref: asked.image_ref,
            follows_images: call.version.has(gate::NOVA_IMAGES),
            backup_id: asked.backup_id,
        },
        group_id: asked.group_id,
        hints: hints(asked.hints),
        on_base: false,
        no_multiattach: (!may_multiattach).then(|| forbidden(VolumeRule::VolumeMultiattach)),
    };
    let accepted =
        create::accept(&call.api.desk, &call.requester_by(Some(rule)), request).await.map_err(fault)?;
    Ok(Reply::json(202, shown::made(&call, accepted).await?))
}

/// The hints as the caller named them, which is how filters and messages name them too.
fn hints(hints: Hints) -> Map<String, Value> {
    let ids = |ids: Vec<model::VolumeId>| ids.into_iter().map(|id| Value::from(id.to_string())).collect();
    let mut map = hints.others;
    for (key, volumes) in [("same_host", hints.same_host), ("different_host", hints.different_host)] {
        if !volumes.is_empty() {
            map.insert(key.to_owned(), Value::Array(ids(volumes)));
        }
    }
    if let Some(server) = hints.local_to_instance {
        map.insert("local_to_instance".to_owned(), Value::from(server));
    }
    if let Some(query) = hints.query {
        map.insert("query".to_owned(), query);
    }
    map
}
