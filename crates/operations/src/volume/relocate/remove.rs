//! Removing the one of the two copies that is not the volume, and ending.

use std::io;

use ledger::{Next, Progress, Step};
use model::service::backend_of;
use model::{MigrationStatus, Volume, VolumeId};
use ports::DriverError;
use ports::keys::KeyError;
use store::StoreError;
use store::copies::VolumeCopy;
use store::operations::OperationRow;
use store::volumes::Edit;

use super::copy::driver_ref;
use super::{Args, PLACE, action, fail, fail_hidden, hide, rest};
use crate::failure::GIVEN_UP;
use crate::messages::{self, About, Detail};
use crate::{SCHEDULER_QUEUE, Tools, failure, keys, volume_queue};

/// The queue of who looks after the copy of a volume, when it has one and that is not this process.
///
/// # Errors
/// The store's own.
pub(crate) async fn copy_elsewhere(tools: &Tools, id: VolumeId) -> Result<Option<String>, StoreError> {
    let copy = tools.store.read(move |conn| store::copies::get(conn, id)).await?;
    let host = copy.map(|copy| backend_of(&copy.host).to_owned());
    Ok(host.filter(|host| tools.backends.get(host).is_none()).map(|host| volume_queue(&host)))
}

/// Removes the copy of a volume, if it has one. Its row stays.
///
/// # Errors
/// The driver's own; or its backend is not one of this process.
pub(crate) async fn remove_copy(
    tools: &Tools,
    key: &str,
    volume: &Volume,
    progress: &Progress,
) -> Result<Option<VolumeCopy>, DriverError> {
    remove(tools, key, volume, true, progress).await
}

/// The same; whether whoever is in has to be let out first.
async fn remove(
    tools: &Tools,
    key: &str,
    volume: &Volume,
    lets_out: bool,
    progress: &Progress,
) -> Result<Option<VolumeCopy>, DriverError> {
    let id = volume.id;
    let found = tools.store.read(move |conn| store::copies::get(conn, id)).await;
    let found = found.map_err(|error| DriverError::Io {
        what: "looking for its copy".to_owned(),
        source: io::Error::other(error.chain()),
    })?;
    let Some(copy) = found else { return Ok(None) };
    let host = backend_of(&copy.host);
    let Some(backend) = tools.backends.get(host) else {
        return Err(DriverError::Refused(format!("{host} is not a backend of this process")));
    };
    let unwanted = driver_ref(volume, &copy);
    let removed = tools.effects.run(key, backend, progress, move |driver, work| {
        if lets_out {
            // A server may have used it until its volume was another.
            driver.disconnect(work, &unwanted, None)?;
        }
        driver.remove_volume(work, &unwanted)
    });
    removed.await?;
    tools.has_more_room(host);
    remove_key(tools, key, &copy).await?;
    Ok(Some(copy))
}

/// Removes the key of a copy that is encrypted in another way than its volume: what it opened is gone.
async fn remove_key(tools: &Tools, resource: &str, copy: &VolumeCopy) -> Result<(), DriverError> {
    if !copy.own_key {
        return Ok(());
    }
    let failed = |error: KeyError| match error.may_pass() {
        true => DriverError::Io { what: "removing its key".to_owned(), source: io::Error::other(error) },
        false => DriverError::Refused(error.to_string()),
    };
    let manager = tools.keys.as_ref().ok_or_else(|| DriverError::Refused(keys::NO_MANAGER.to_owned()))?;
    let (noted, name) = (copy.encryption_key_id, keys::name_of(copy.name_on_backend()));
    let removed = tools.effects.ask_for_keys(resource, manager, move |keys| {
        noted.map_or(Ok(()), |key| keys.remove(key))?;
        // One may have been made and not noted.
        keys.remove_named(&name)
    });
    removed.await.map_err(failed)
}

/// Before the move: what an earlier one has left. Nothing of this one has begun.
pub(super) async fn clear(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let id = volume.id;
    let failed = |why: String| {
        let args = Args { failure: Some(why), ..args };
        fail(operation, volume, args, |_| Ok(()))
    };
    if operation.abandoned {
        return failed(GIVEN_UP.to_owned());
    }
    match remove_copy(tools, &operation.resource, volume, progress).await {
        Ok(_) => Step::Advance {
            next: Next::Hand { queue: SCHEDULER_QUEUE.to_owned(), phase: PLACE },
            args: None,
            change: Box::new(move |conn| store::copies::remove(conn, id)),
        },
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(format!("what an earlier move has left cannot be removed: {why}"))),
    }
}

/// After the move: what was the volume.
pub(super) async fn tidy(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let withdrawn = match args.offered {
        true => hide::withdraw_copy(tools, operation, volume, progress).await,
        false => Ok(()),
    };
    let left = match withdrawn {
        Err(why) => match failure::insist_for_long(operation, &tools.settings, why) {
            Ok(step) => return step,
            Err(why) => Some(why),
        },
        Ok(()) => match remove(tools, &operation.resource, volume, !args.offered, progress).await {
            Ok(_) => None,
            Err(error) => match failure::again(operation, &tools.settings, &error) {
                Ok(step) => return step,
                Err(why) => Some(why),
            },
        },
    };
    let (volume, operation) = (volume.clone(), operation.clone());
    Step::done(move |conn| {
        match left {
            None => store::copies::remove(conn, volume.id)?,
            Some(why) => {
                tracing::error!(volume = %volume.id, why, "the volume has moved; what it was is left behind");
                let told = Detail::Backend(format!(
                    "the volume has moved, but what is left where it was cannot be removed before it is deleted or \
                     moves again: {why}"
                ));
                messages::write(conn, &operation, About::Volume, action(&args), &told)?;
            }
        }
        let edit = Edit { migration_status: Some(Some(MigrationStatus::Success)), ..Edit::default() };
        store::volumes::edit(conn, volume.id, &edit)?;
        rest(conn, &volume, &args)
    })
}

/// Instead of the move: the copy.
pub(super) async fn undo(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let gone = match remove_copy(tools, &operation.resource, volume, progress).await {
        Ok(_) => true,
        Err(error) => match failure::insist(operation, &tools.settings, &error) {
            Ok(step) => return step,
            Err(why) => {
                tracing::error!(operation = %operation.id, why, "left behind until the volume is deleted or moves");
                false
            }
        },
    };
    let id = volume.id;
    fail_hidden(
        operation,
        volume,
        args,
        move |conn| {
            if gone { store::copies::remove(conn, id) } else { Ok(()) }
        },
    )
}
