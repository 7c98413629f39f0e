//! `/v2/cache`.

use std::time::Duration;

use auth::policy::ImageRule;
use axum::response::Response;
use model::{ImageId, OperationId};
use operations::image::cache::{self, Cached};
use serde_json::{Value, json};
use wire::Fault;
use wire::fault::echo;

use super::Call;
use super::call::{empty, fault, json as reply};

/// How long a request waits until a copy is removed.
const PATIENCE: Duration = Duration::from_secs(10);

fn image(call: &Call) -> Result<ImageId, Fault> {
    let text = call.part("image_id");
    text.parse().map_err(|_| Fault::new(404, format!("No image found with ID {}", echo(text))))
}

pub(crate) async fn show(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CacheList)?;
    let (cached, queued) = cache::list(&call.api.images).await.map_err(fault)?;
    let cached: Vec<Value> = cached
        .iter()
        .map(|copy| {
            json!({
                "image_id": copy.id,
                "size": copy.size_bytes,
                "hits": copy.hits,
                "last_accessed": copy.accessed_s,
                "last_modified": copy.modified_s,
            })
        })
        .collect();
    Ok(reply(200, &json!({"cached_images": cached, "queued_images": queued})))
}

pub(crate) async fn add(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CacheImage)?;
    let id = image(&call)?;
    let caller = call.caller(&[ImageRule::CacheImage]);
    cache::add(&call.api.images, &caller, id).await.map_err(fault)?;
    Ok(empty(202))
}

/// Waits until the copies are gone.
async fn gone(images: &operations::image::Images, operations: Vec<OperationId>) {
    for operation in operations {
        // Whether it has ended or not, it was accepted.
        let _ = images.desk.end_of(operation, PATIENCE).await;
    }
}

pub(crate) async fn delete(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CacheDelete)?;
    let id = image(&call)?;
    let (cached, queued) = cache::list(&call.api.images).await.map_err(fault)?;
    if !cached.iter().any(|copy| copy.id == id) && !queued.contains(&id) {
        return Err(Fault::new(404, format!("Image {id} is not cached or queued.")));
    }
    let caller = call.caller(&[ImageRule::CacheDelete]);
    let removed = cache::remove(&call.api.images, &caller, id).await.map_err(fault)?;
    gone(&call.api.images, vec![removed]).await;
    Ok(empty(204))
}

/// Removes copies, those to come, or both.
pub(crate) async fn clear(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CacheDelete)?;
    let (cached, queued) = cache::list(&call.api.images).await.map_err(fault)?;
    let copies: Vec<ImageId> = cached.iter().map(|copy| copy.id).collect();
    let ids = match call.header("x-image-cache-clear-target").unwrap_or_default() {
        "" => [copies, queued].concat(),
        "cache" => copies,
        "queue" => queued,
        other => {
            let why = "If provided 'x-image-cache-clear-target' must be 'cache' or 'queue'";
            return Err(Fault::bad_request(format!("{why}, not '{}'", echo(other))));
        }
    };
    let caller = call.caller(&[ImageRule::CacheDelete]);
    let mut removals = Vec::with_capacity(ids.len());
    for id in ids {
        removals.push(cache::remove(&call.api.images, &caller, id).await.map_err(fault)?);
    }
    gone(&call.api.images, removals).await;
    Ok(empty(204))
}

/// Nothing half-made is ever there: only copies of images that are gone are removed.
pub(crate) async fn clean(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CacheClean)?;
    cache::list(&call.api.images).await.map_err(fault)?;
    Ok(empty(200))
}

/// Removes copies, the one that was used longest ago first, until the rest fits.
pub(crate) async fn prune(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::CachePrune)?;
    let (mut cached, _) = cache::list(&call.api.images).await.map_err(fault)?;
    let total = |cached: &[Cached]| cached.iter().map(|copy| copy.size_bytes).sum::<u64>();
    let caller = call.caller(&[ImageRule::CachePrune]);
    let (mut pruned, mut freed_bytes, mut removals) = (0_u64, 0_u64, Vec::new());
    while total(&cached) > call.api.settings.cache_max_bytes {
        let Some(copy) = cached.pop() else { break };
        removals.push(cache::remove(&call.api.images, &caller, copy.id).await.map_err(fault)?);
        pruned += 1;
        freed_bytes += copy.size_bytes;
    }
    gone(&call.api.images, removals).await;
    Ok(reply(200, &json!({"total_files_pruned": pruned, "total_bytes_pruned": freed_bytes})))
}

pub(crate) async fn nodes(call: Call) -> Result<Response, Fault> {
    call.require(ImageRule::ListCachedNodes)?;
    let id = image(&call)?;
    let (cached, _) = cache::list(&call.api.images).await.map_err(fault)?;
    let is_here = cached.iter().any(|copy| copy.id == id);
    let nodes: Vec<&str> = is_here.then_some(call.base_url.as_str()).into_iter().collect();
    Ok(reply(200, &json!(nodes)))
}
