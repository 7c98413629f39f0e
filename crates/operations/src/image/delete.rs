//! Deleting an image.
//!
//! ```text
//! accept: the record is gone ──▶ remove (image host) ──▶ done
//!                                  │ somebody still reads: waits
//! ```

use std::sync::Arc;

use ledger::{Progress, Step};
use model::{Image, ImageId, ImageStatus, ProjectId};
use store::images::Edit;
use store::operations::{NewOperation, OperationRow, admit_after};

use super::{Caller, Denied, ImageStores, Images, find, key, of_key, queue};
use crate::{Tools, failure, keys, report_hint};

pub(crate) const KIND: &str = "image.delete";

/// Waiting for whatever else holds the image.
pub(crate) const TURN: &str = "turn";
/// Removing its data from every store.
const REMOVE: &str = "remove";

/// Accepts the deletion of an image: its record is gone when this returns, its data soon after.
///
/// # Errors
/// It is protected, or not there.
pub async fn accept(images: &Images, caller: &Caller, id: ImageId) -> Result<(), Denied> {
    let (caller, host) = (caller.clone(), images.host.clone());
    let keepers = images.desk.store.write(move |conn| {
        let image = find(conn, &caller, id).map_err(|denied| match denied {
            Denied::NotFound(_) => Denied::NotFound(format!("Failed to find image {id} to delete")),
            other => other,
        })?;
        check(&image)?;
        check_no_template(conn, id)?;
        // What waits for its import is on the host that took it.
        let host = match image.status {
            ImageStatus::Uploading => store::image_staging::host_of(conn, id)?.unwrap_or(host),
            _ => host,
        };
        store::images::remove(conn, id)?;
        admit_after(conn, &operation(&caller, &host, id, "null".to_owned()))?;
        Ok::<_, Denied>((store::bases::of_image(conn, id)?, host))
    });
    let (keepers, host) = keepers.await?;
    for base in keepers {
        // Whoever looks after that backend removes what nothing stands on.
        images.desk.hints.give(&report_hint(&base.backend));
    }
    images.desk.hints.give(&queue(&host));
    Ok(())
}

fn operation(caller: &Caller, host: &str, id: ImageId, args: String) -> NewOperation {
    NewOperation {
        kind: KIND,
        resource: key(id),
        project_id: caller.project.clone().unwrap_or_else(|| ProjectId::new("")),
        user_id: caller.user_id.clone(),
        request_id: Some(caller.request_id.clone()),
        queue: queue(host),
        phase: TURN,
        args,
        reads: Vec::new(),
    }
}

/// Accepts the removal of the copy in one store: it is no location of the image when this returns.
///
/// # Errors
/// It is not there, or the only one.
pub async fn accept_copy(images: &Images, caller: &Caller, id: ImageId, name: String) -> Result<(), Denied> {
    if images.stores.entry(&name).is_none() {
        return Err(Denied::Conflict(format!("The selected store {name} is not available on this node.")));
    }
    let (caller, host) = (caller.clone(), images.host.clone());
    let admitted = images.desk.store.write(move |conn| {
        let image = find(conn, &caller, id)?;
        if image.status != ImageStatus::Active {
            let why = "It's not allowed to remove locations if image status is not active.";
            return Err(Denied::Conflict(why.to_owned()));
        }
        if !image.stores().any(|store| store == name) {
            return Err(Denied::NotFound(format!("Image {id} is not stored in store {name}.")));
        }
        if image.locations.len() == 1 {
            return Err(Denied::Forbidden(
                "Cannot delete image data from the only store containing it.".to_owned(),
            ));
        }
        if store::operations::is_pending(conn, &key(id))? {
            return Err(Denied::Conflict("Image has active task".to_owned()));
        }
        let mut locations = image.locations;
        locations.retain(|location| location.store.as_ref() != Some(&name));
        let edit = Edit { locations: Some(locations), ..Edit::default() };
        store::images::edit(conn, id, &edit)?;
        let args = serde_json::to_string(&Some(name)).unwrap_or_default();
        admit_after(conn, &operation(&caller, &host, id, args)).map_err(Denied::from)
    });
    admitted.await?;
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

/// Templates build on their images for as long as they have them.
fn check_no_template(conn: &store::Conn<'_>, id: ImageId) -> Result<(), Denied> {
    match store::templates::generations::using(conn, id)? {
        None => Ok(()),
        Some(it) => Err(Denied::Conflict(format!(
            "Image {id} could not be deleted because it is in use: it is generation {} of template {}.",
            it.number, it.template_id
        ))),
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let (Some(id), Some(stores)) = (of_key(&operation.resource), tools.image_stores.clone()) else {
        return failure::vanished();
    };
    match operation.phase.as_str() {
        TURN => turn(operation),
        REMOVE if failure::is_read(&tools.store, operation.resource.clone()).await => {
            failure::wait_for(operation, "who reads the image")
        }
        REMOVE => remove(tools, operation, stores, id, progress).await,
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
async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    stores: Arc<ImageStores>,
    id: ImageId,
    progress: &Progress,
) -> Step {
    let only: Option<String> = serde_json::from_str(&operation.args).unwrap_or_default();
    let is_all = only.is_none();
    let removed = tools.effects.work(&operation.resource, progress, move |_| match only {
        Some(name) => stores.writable(&name).map_or(Ok(()), |store| store.remove(id)),
        None => stores.ours().try_for_each(|store| store.remove(id)),
    });
    let again = |why: String| failure::for_ever(operation, &tools.settings, why);
    match removed.await {
        Err(error) => again(error.chain()),
        Ok(()) if !is_all => Step::done(|_| Ok(())),
        Ok(()) => match remove_key(tools, operation, id).await {
            Ok(()) => Step::done(move |conn| store::image_keys::remove(conn, id)),
            Err(why) => again(why),
        },
    }
}

/// Removes the key of an image that was made of an encrypted volume: what is left of the data is read by nobody.
async fn remove_key(tools: &Tools, operation: &OperationRow, id: ImageId) -> Result<(), String> {
    let found = tools.store.read(move |conn| store::image_keys::get(conn, id)).await;
    let Some(key) = found.map_err(|error| error.chain())? else { return Ok(()) };
    let manager = tools.keys.as_ref().ok_or_else(|| keys::NO_MANAGER.to_owned())?;
    let removed =
        tools.effects.ask_for_keys(&operation.resource, manager, move |keys| keys.remove(key)).await;
    removed.map_err(|error| error.to_string())
}
