//! Having the compute service copy what a server writes to.

use std::sync::Arc;
use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::{AttachStatus, Attachment, MigrationStatus, Volume, VolumeId, VolumeStatus};
use ports::ComputeError;
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{ASK, AWAIT, Args, DISCARD, KEY, MAKE, RELEASE, TIDY, end_in_vain, with_backend};
use crate::failure::{self, GIVEN_UP};
use crate::messages::Detail;
use crate::volume::migrate::NO_COMPUTE;
use crate::{Tools, keys, volume};

const GONE: &str = "the volume to which it was to be copied is gone";
/// How often is looked whether the compute service has ended.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// The one server that has the volume.
fn only_server(attachments: &[Attachment]) -> Option<&str> {
    match attachments {
        [only] if only.status == AttachStatus::Attached => only.instance_uuid.as_deref(),
        _ => None,
    }
}

/// Why the compute service cannot copy the volume, when it cannot.
pub(super) fn cannot(conn: &Conn<'_>, volume: &Volume) -> Result<Option<String>, StoreError> {
    let attachments = store::attachments::of_volume(conn, volume.id)?;
    let why = "It has to be attached to exactly one server, which the compute service has copy it, and to nothing else";
    Ok(match only_server(&attachments) {
        Some(_) => None,
        None => Some(format!("{why}: it has {} attachments.", attachments.len())),
    })
}

/// Makes the row of the hidden volume on `host`, and charges the pool.
pub(super) fn place(
    conn: &Conn<'_>,
    volume: &Volume,
    args: &mut Args,
    host: &str,
    encrypts: bool,
) -> Result<&'static str, StoreError> {
    let hidden = Volume {
        id: VolumeId::random(),
        consumes_quota: false,
        charged_gib: volume.size_gib,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: args.new_type.unwrap_or(volume.volume_type_id),
        host: None,
        encryption_key_id: None,
        provider_location: None,
        provider_id: None,
        created_at: conn.now(),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: Some(volume.id),
        ..volume.clone()
    };
    let zone = args.zone.clone().unwrap_or_else(|| volume.availability_zone.clone());
    store::volumes::insert(conn, &hidden)?;
    store::volumes::place(conn, &hidden, host, &zone)?;
    args.hidden = Some(hidden.id);
    // One of its own in any case: whichever of the two goes takes its key along.
    Ok(if encrypts || volume.encryption_key_id.is_some() { KEY } else { MAKE })
}

/// Goes on to removing the hidden volume, because of `why`.
pub(super) fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(RELEASE), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

async fn hidden_of(tools: &Tools, args: &Args) -> Result<Option<Volume>, StoreError> {
    let Some(id) = args.hidden else { return Ok(None) };
    tools.store.read(move |conn| store::volumes::get(conn, id)).await
}

/// Makes the data of the hidden volume: blank.
pub(super) async fn make(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let hidden = match hidden_of(tools, &args).await {
        Ok(Some(hidden)) => hidden,
        Ok(None) => return give_up(args, GONE.to_owned()),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&hidden).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, "its destination is not a backend of this process".to_owned());
    };
    let wanted = volume::driver_ref(&hidden);
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_volume(work, &wanted, None)
    });
    let id = hidden.id;
    match made.await {
        Ok(made) => Step::Advance {
            next: Next::Phase(ASK),
            args: None,
            change: Box::new(move |conn| {
                let (location, name) = (made.provider_location.as_deref(), made.provider_id.as_deref());
                store::volumes::set_provisioned(conn, id, location, name)?;
                let from = [VolumeStatus::Creating];
                store::volumes::set_status_from(conn, id, &from, VolumeStatus::Available).map(drop)
            }),
        },
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// Asks; when that was done before and nobody knows, once more.
pub(super) async fn ask(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let (id, hidden) = (volume.id, args.hidden);
    let read = tools.store.read(move |conn| {
        let there = hidden.map(|hidden| store::attachments::of_volume(conn, hidden)).transpose()?;
        Ok((store::attachments::of_volume(conn, id)?, there.unwrap_or_default()))
    });
    let (here, there) = match read.await {
        Ok(read) => read,
        Err(error) => return failure::store_failed(&error),
    };
    let has_ended = volume.migration_status != Some(MigrationStatus::Migrating);
    if has_ended {
        return Step::phase(AWAIT);
    }
    if operation.abandoned && there.is_empty() {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let server = only_server(&here).or_else(|| there.first().and_then(|it| it.instance_uuid.as_deref()));
    let Some(compute) = tools.compute.as_ref().map(Arc::clone) else {
        return give_up(args, format!("{NO_COMPUTE} where its destination is looked after"));
    };
    let (Some(server), Some(hidden)) = (server, hidden) else {
        return give_up(args, "the server that had it has let it go".to_owned());
    };
    let (server, old, new) = (server.to_owned(), id.to_string(), hidden.to_string());
    let asked = tokio::task::spawn_blocking(move || compute.swap_volume(&server, &old, &new)).await;
    let answered = asked.unwrap_or_else(|error| Err(ComputeError::Unavailable(error.to_string())));
    match answered {
        Ok(()) => Step::phase(AWAIT),
        // It has begun already.
        Err(ComputeError::Refused { .. }) if !there.is_empty() => Step::phase(AWAIT),
        Err(error) => failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass())
            .unwrap_or_else(|why| give_up(args, why)),
    }
}

/// Waits until the compute service has said that it has ended.
pub(super) fn await_end(operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let (operation, volume_id) = (operation.clone(), volume.id);
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, volume_id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        let in_vain = |why: &str| {
            let args = Args { failure: Some(why.to_owned()), ..args.clone() };
            Ok((Next::Phase(RELEASE), Some(args.to_json())))
        };
        match volume.migration_status {
            Some(MigrationStatus::Completing) => return Ok((tidy(conn, &operation, volume_id)?, None)),
            Some(MigrationStatus::Migrating) => {}
            _ => return in_vain("the compute service could not copy it"),
        }
        let attached = args.hidden.map(|hidden| store::attachments::of_volume(conn, hidden)).transpose()?;
        if operations::is_abandoned(conn, operation.id)? && attached.is_none_or(|them| them.is_empty()) {
            return in_vain(GIVEN_UP);
        }
        let what = "the compute service to copy it".to_owned();
        Ok((Next::Wait { after: LOOK_EVERY, what }, None))
    }))
}

/// On to removing what the volume was, with who looks after that.
fn tidy(conn: &Conn<'_>, operation: &OperationRow, volume: VolumeId) -> Result<Next, StoreError> {
    let was = store::copies::get(conn, volume)?;
    Ok(was.map_or(Next::Phase(TIDY), |was| with_backend(operation, &was.host, TIDY)))
}

/// Lets nobody have the hidden volume any more, unless it is the volume by now, or a server uses it.
pub(super) fn release(operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let (operation, volume_id) = (operation.clone(), volume.id);
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, volume_id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if volume.migration_status == Some(MigrationStatus::Completing) {
            // Only the answer was lost.
            return Ok((tidy(conn, &operation, volume_id)?, None));
        }
        if let Some(hidden) = args.hidden {
            if !store::attachments::of_volume(conn, hidden)?.is_empty() {
                let why = leave(conn, &operation, &volume, &args, (hidden, "it is attached"))?;
                return Ok((Next::Failed(why), None));
            }
            let unused = [VolumeStatus::Creating, VolumeStatus::Available];
            store::volumes::set_status_from(conn, hidden, &unused, VolumeStatus::Deleting)?;
        }
        Ok((Next::Phase(DISCARD), None))
    }))
}

/// Removes the hidden volume, with its key.
pub(super) async fn discard(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let hidden = match hidden_of(tools, &args).await {
        Ok(hidden) => hidden,
        Err(error) => return failure::store_failed(&error),
    };
    let mut left = None;
    if let Some(hidden) = &hidden {
        match remove(tools, operation, hidden, progress).await {
            Ok(()) => {}
            Err(Ok(step)) => return *step,
            Err(Err(why)) => left = Some((hidden.id, why)),
        }
    }
    let why = why_in_vain(&args);
    let (volume, operation, told) = (volume.clone(), operation.clone(), Detail::Backend(why.clone()));
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            if let Some((hidden, why)) = &left {
                return leave(conn, &operation, &volume, &args, (*hidden, why)).map(drop);
            }
            if let Some(hidden) = &hidden {
                store::volumes::remove(conn, hidden.id)?;
            }
            end_in_vain(conn, &operation, &volume, &args, &told)
        }),
    }
}

fn why_in_vain(args: &Args) -> String {
    args.failure.clone().unwrap_or_else(|| "the backend gave up".to_owned())
}

/// Ends without a move, and makes an ordinary volume of the hidden one, which stays because of `why`.
fn leave(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
    (hidden, why): (VolumeId, &str),
) -> Result<String, StoreError> {
    tracing::error!(volume = %hidden, why, "what a server was to use is left");
    let failed = [VolumeStatus::Creating, VolumeStatus::Available, VolumeStatus::Deleting];
    store::volumes::set_status_from(conn, hidden, &failed, VolumeStatus::ErrorDeleting)?;
    store::volumes::becomes_ordinary(conn, hidden)?;
    let ended = why_in_vain(args);
    end_in_vain(conn, operation, volume, args, &Detail::Backend(ended.clone()))?;
    Ok(ended)
}

/// Either what has to be tried again, or why it stays.
type Stays = Result<Box<Step>, String>;

async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    hidden: &Volume,
    progress: &Progress,
) -> Result<(), Stays> {
    let name = keys::name_of(hidden.id);
    let host = volume::backend(hidden).unwrap_or_default();
    let Some(backend) = tools.backends.get(host) else {
        return Err(Err(format!("{host} is not a backend of this process")));
    };
    let unwanted = volume::driver_ref(hidden);
    let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.disconnect(work, &unwanted, None)?;
        driver.remove_volume(work, &unwanted)
    });
    if let Err(error) = removed.await {
        return Err(failure::insist(operation, &tools.settings, &error).map(Box::new));
    }
    tools.has_more_room(host);
    let Some(manager) = &tools.keys else { return Ok(()) };
    let gone = tools.effects.ask_for_keys(&operation.resource, manager, move |keys| keys.remove_named(&name));
    match gone.await {
        Ok(()) => Ok(()),
        Err(error) => {
            let again = failure::again_after(operation, &tools.settings, error.to_string(), error.may_pass());
            Err(again.map(Box::new))
        }
    }
}
