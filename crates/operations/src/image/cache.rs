//! The cache of images: copies in a place that is faster to read from than their store.
//!
//! ```text
//! accept ──▶ keep | drop (image host) ──▶ done
//!              │ gives up: drop ──▶ failed
//! ```

use std::collections::HashMap;
use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::{ImageId, ImageStatus, OperationId, ProjectId};
use ports::DriverError;
use ports::image::FoundImage;
use store::image_cache_reads::Reads;
use store::operations::{NewOperation, OperationRow, admit_after, take_turn};
use store::{Conn, StoreError};

use super::import::fill::{From, fill};
use super::{Caller, Denied, Images, queue};
use crate::{Tools, failure};

pub(crate) const KIND: &str = "image.cache";

/// Waiting for whatever else is done with the copy.
const TURN: &str = "turn";
/// Making the copy.
const KEEP: &str = "keep";
/// Removing it.
const DROP: &str = "drop";

/// The key of a copy in the ledger.
fn key(id: ImageId) -> String {
    format!("image-cache/{id}")
}

/// A copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cached {
    /// Of this image.
    pub id: ImageId,
    /// Its length.
    pub size_bytes: u64,
    /// When it was made, in seconds since 1970.
    pub modified_s: u64,
    /// How often it was read.
    pub hits: u64,
    /// When it was read last, in seconds since 1970; 0 before the first time.
    pub accessed_s: u64,
}

/// What is in the cache, the one that was used last first, and what is to come.
///
/// # Errors
/// There is no cache, or it cannot be asked.
pub async fn list(images: &Images) -> Result<(Vec<Cached>, Vec<ImageId>), Denied> {
    let cache = images.stores.cache.clone().ok_or_else(no_cache)?;
    let found = tokio::task::spawn_blocking(move || cache.list()).await;
    let found = found.map_err(|_| Denied::Unavailable("The service is ending.".to_owned()))??;
    let host = images.host.clone();
    let noted = images.desk.store.read(move |conn| {
        Ok::<_, StoreError>((
            store::image_cache_reads::of_host(conn, &host)?,
            store::operations::list(conn, false, MOST)?,
        ))
    });
    let (reads, pending) = noted.await?;
    let reads: HashMap<ImageId, Reads> = reads.into_iter().map(|reads| (reads.image_id, reads)).collect();
    let copy = |FoundImage { id, size_bytes, modified_s, .. }| {
        let reads = reads.get(&id);
        let accessed_s = reads.map_or(0, |reads| u64::try_from(reads.last_at.0 / 1_000_000).unwrap_or(0));
        Cached { id, size_bytes, modified_s, hits: reads.map_or(0, |reads| reads.hits), accessed_s }
    };
    let mut cached: Vec<Cached> = found.into_iter().map(copy).collect();
    cached.sort_by_key(|copy| (std::cmp::Reverse(copy.modified_s.max(copy.accessed_s)), copy.id));
    let queued = pending.iter().filter(|operation| operation.kind == KIND && operation.args == ADDS);
    let queued = queued.filter_map(|operation| operation.resource.strip_prefix("image-cache/")?.parse().ok());
    Ok((cached, queued.collect()))
}

/// Most operations that are looked through for copies to come.
const MOST: usize = 10_000;
/// What operations are to do.
const ADDS: &str = "true";
const REMOVES: &str = "false";

fn no_cache() -> Denied {
    Denied::NotFound("Caching via API is not supported at this site.".to_owned())
}

/// Counts that a copy was read. Who reads it gets it in any case.
pub(super) async fn count_read(images: &Images, id: ImageId) {
    let host = images.host.clone();
    let counted = images.desk.store.write(move |conn| store::image_cache_reads::count(conn, &host, id)).await;
    if let Err(error) = counted {
        tracing::warn!(image = %id, error = StoreError::chain(&error), "a read of the cache is not counted");
    }
}

/// Accepts that an image is to be copied into the cache.
///
/// # Errors
/// There is no such image, or it has no data.
pub async fn add(images: &Images, caller: &Caller, id: ImageId) -> Result<(), Denied> {
    if images.stores.cache.is_none() {
        return Err(no_cache());
    }
    let image = super::record::show(images, caller, id).await?;
    if image.status != ImageStatus::Active {
        return Err(Denied::BadRequest(
            "Only images with status active can be targeted for queueing".to_owned(),
        ));
    }
    admit(images, caller, id, ADDS).await.map(|_| ())
}

/// Accepts that a copy is to be removed. Returns the operation that does it.
///
/// # Errors
/// There is no cache.
pub async fn remove(images: &Images, caller: &Caller, id: ImageId) -> Result<OperationId, Denied> {
    if images.stores.cache.is_none() {
        return Err(no_cache());
    }
    admit(images, caller, id, REMOVES).await
}

async fn admit(
    images: &Images,
    caller: &Caller,
    id: ImageId,
    args: &'static str,
) -> Result<OperationId, Denied> {
    let operation = NewOperation {
        kind: KIND,
        resource: key(id),
        project_id: caller.project.clone().unwrap_or_else(|| ProjectId::new("")),
        user_id: caller.user_id.clone(),
        request_id: Some(caller.request_id.clone()),
        queue: queue(&images.host),
        phase: TURN,
        args: args.to_owned(),
        reads: Vec::new(),
    };
    let admitted =
        images.desk.store.write(move |conn| admit_after(conn, &operation).map_err(Denied::from)).await?;
    images.desk.hints.give(&queue(&images.host));
    Ok(admitted)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let id = operation.resource.strip_prefix("image-cache/").and_then(|id| id.parse().ok());
    let (Some(id), Some(stores)) = (id, tools.image_stores.clone()) else { return failure::vanished() };
    let Some(cache) = stores.cache.clone() else { return failure::vanished() };
    match operation.phase.as_str() {
        TURN => turn(operation),
        KEEP => {
            let image = tools.store.read(move |conn| store::images::get(conn, id)).await;
            let image = match image {
                Ok(Some(image)) if !operation.abandoned => image,
                // Deleted meanwhile, or no longer wanted.
                Ok(_) => return Step::phase(DROP),
                Err(error) => return failure::store_failed(&error),
            };
            let kept = tools.effects.work(&operation.resource, progress, move |work| {
                let (_, store) = stores
                    .nearest(&image)
                    .ok_or_else(|| DriverError::Missing { what: format!("data of image {id}") })?;
                fill(work, From::Disk(store.open(id)?), &*cache, id, u64::MAX)
            });
            match kept.await {
                Ok(_) => kept_if_wanted(id),
                Err(error) => {
                    failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| Step::Advance {
                        next: Next::Phase(DROP),
                        args: serde_json::to_string(&why).ok(),
                        change: Box::new(|_| Ok(())),
                    })
                }
            }
        }
        DROP => {
            let cache = Arc::clone(&cache);
            let dropped = tools.effects.work(&operation.resource, progress, move |_| cache.remove(id)).await;
            match dropped {
                Ok(()) => dropped_because(operation, id),
                Err(error) => failure::for_ever(operation, &tools.settings, error.chain()),
            }
        }
        _ => failure::unknown_phase(operation),
    }
}

/// Ends well, or says why a copy could not be made.
fn dropped_because(operation: &OperationRow, id: ImageId) -> Step {
    let next = serde_json::from_str(&operation.args).map_or(Next::Done, Next::Failed);
    let host = operation.queue.as_deref().and_then(super::host_of).unwrap_or_default().to_owned();
    let change = move |conn: &Conn<'_>| store::image_cache_reads::forget(conn, &host, id);
    Step::Advance { next, args: None, change: Box::new(change) }
}

/// The copy of an image that was deleted while it was made goes with it.
fn kept_if_wanted(id: ImageId) -> Step {
    Step::Decide(Box::new(move |conn| {
        let next = match store::images::get(conn, id)? {
            Some(_) => Next::Done,
            None => Next::Phase(DROP),
        };
        Ok((next, None))
    }))
}

fn turn(operation: &OperationRow) -> Step {
    let (id, key, since) = (operation.id, operation.resource.clone(), operation.created_at);
    let phase = if operation.args == ADDS { KEEP } else { DROP };
    Step::Decide(Box::new(move |conn| {
        if take_turn(conn, id, &key)? {
            return Ok((Next::Phase(phase), None));
        }
        Ok((failure::wait(conn, since, "what else is done with the copy"), None))
    }))
}
