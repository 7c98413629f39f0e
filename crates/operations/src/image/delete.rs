//! Deleting an image.
//!
//! ```text
//! accept: the record is gone ──▶ remove (image host) ──▶ done
//!                                  │ somebody still reads: waits
//! ```

use std::sync::Arc;
use std::time::Duration;

use ledger::Step;
use model::{Image, ImageId, ImageStatus, ProjectId};
use store::operations::{NewOperation, OperationRow, admit_after};

use super::{Caller, Denied, ImageStores, Images, find, key, of_key, queue};
use crate::{Tools, failure};

pub(crate) const KIND: &str = "image.delete";

/// Waiting for whatever else holds the image.
const TURN: &str = "turn";
/// Removing its data from every store.
const REMOVE: &str = "remove";

/// Accepts the deletion of an image: its record is gone when this returns, its data soon after.
///
/// # Errors
/// It is protected, or not there.
pub async fn accept(images: &Images, caller: &Caller, id: ImageId) -> Result<(), Denied> {
    let (caller, host) = (caller.clone(), images.host.clone());
    images
        .desk
        .store
        .write(move |conn| {
            let image = find(conn, &caller, id).map_err(|denied| match denied {
                Denied::NotFound(_) => Denied::NotFound(format!("Failed to find image {id} to delete")),
                other => other,
            })?;
            check(&image)?;
            let nobody = ProjectId::new("");
            let operation = NewOperation {
                kind: KIND,
                resource: key(id),
                project_id: caller.project.clone().unwrap_or(nobody),
                user_id: caller.user_id.clone(),
                request_id: Some(caller.request_id.clone()),
                queue: queue(&host),
                phase: TURN,
                args: "null".to_owned(),
                reads: Vec::new(),
            };
            store::images::remove(conn, id)?;
            admit_after(conn, &operation)?;
            Ok::<_, Denied>(())
        })
        .await?;
    images.desk.hints.give(&queue(&images.host));
    Ok(())
}

fn check(image: &Image) -> Result<(), Denied> {
    if image.protected {
        return Err(Denied::Forbidden(format!("Image {} is protected and cannot be deleted.", image.id)));
    }
    match image.status {
        ImageStatus::Deleted | ImageStatus::PendingDelete => {
            Err(Denied::NotFound(format!("Failed to find image {} to delete", image.id)))
        }
        _ => Ok(()),
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow) -> Step {
    let (Some(id), Some(stores)) = (of_key(&operation.resource), tools.image_stores.clone()) else {
        return failure::vanished();
    };
    match operation.phase.as_str() {
        TURN => turn(operation),
        REMOVE if failure::is_read(&tools.store, operation.resource.clone()).await => {
            failure::wait_for(operation, "who reads the image")
        }
        REMOVE => remove(operation, stores, id).await,
        _ => failure::unknown_phase(operation),
    }
}

fn turn(operation: &OperationRow) -> Step {
    let (id, key, since) = (operation.id, operation.resource.clone(), operation.created_at);
    Step::Decide(Box::new(move |conn| {
        if store::operations::take_turn(conn, id, &key)? {
            return Ok((ledger::Next::Phase(REMOVE), None));
        }
        Ok((failure::wait(conn, since, "what else is done with the image"), None))
    }))
}

/// There is no giving up: without its record, nobody would ever remove the data.
async fn remove(operation: &OperationRow, stores: Arc<ImageStores>, id: ImageId) -> Step {
    let removed =
        tokio::task::spawn_blocking(move || stores.ours().try_for_each(|store| store.remove(id))).await;
    match removed {
        Ok(Ok(())) => Step::done(|_| Ok(())),
        failed => {
            let why = match failed {
                Ok(Err(error)) => error.chain(),
                _ => "the store failed badly".to_owned(),
            };
            let after = Duration::from_millis(500 << operation.attempts.min(7));
            Step::Retry { after, why }
        }
    }
}
