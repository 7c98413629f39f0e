//! Letting a host in to a volume.
//!
//! ```text
//! [turn] ──▶ connect ──▶ attaching, with what the host needs to know
//!               │ gives up
//!               ▼
//!            clean-up ──▶ error_attaching, and nobody is in
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{
    AttachMode, AttachStatus, AttachmentId, ConnectionInfo, Connector, OperationId, Volume, VolumeId,
    VolumeStatus,
};
use ports::volume::{Access, Connection, ProviderAuth};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::attachments::{DERIVED, Edit};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{driver_ref, key, leaving, options, resource, sharing};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Backend, Requester, Tools, failure, volume, volume_queue};

pub(crate) const KIND: &str = "attachment.connect";

/// Waiting for what is done to another attachment of the volume.
const TURN: &str = "turn";
/// Letting the host in.
const CONNECT: &str = "connect";
/// Letting it out again.
const CLEAN_UP: &str = "clean-up";

/// Where a host has a volume of which it does not say.
const NO_MOUNTPOINT: &str = "na";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Args {
    volume_id: VolumeId,
    /// None for a host that connects without an attachment (`os-initialize_connection`).
    attachment_id: Option<AttachmentId>,
    connector: Connector,
    mode: AttachMode,
    /// Another host that had been let in for the attachment: it leaves.
    previous: Option<Connector>,
    /// The answer, where no attachment keeps it.
    answer: Option<ConnectionInfo>,
    /// Why it is given up.
    why: Option<String>,
}

/// Admits it. The attachment, if it is about one, has the connector from now on: whoever leaves the volume meanwhile
/// knows of it.
pub(super) fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    volume: &Volume,
    attachment_id: Option<AttachmentId>,
    connector: Connector,
    mode: AttachMode,
) -> Result<(OperationId, String), StoreError> {
    volume::relocate::make_way(conn, volume)?;
    let mut previous = None;
    if let Some(id) = attachment_id {
        let known = store::attachments::get(conn, id)?.and_then(|it| it.connector);
        previous = known.filter(|known| !known.is_same_host(&connector));
        let edit = Edit { connector: Some(Some(connector.clone())), ..Edit::default() };
        store::attachments::edit(conn, id, &edit)?;
    }
    let queue = volume_queue(volume::backend(volume).unwrap_or_default());
    let args =
        Args { volume_id: volume.id, attachment_id, connector, mode, previous, answer: None, why: None };
    let new = NewOperation {
        args: serde_json::to_string(&args).unwrap_or_default(),
        ..who.operation(KIND, attachment_id.map_or_else(|| key(volume.id), resource), queue.clone(), CONNECT)
    };
    Ok((operations::admit_in_turn(conn, new, &key(volume.id), TURN)?, queue))
}

/// What a host was answered that connected without an attachment.
pub(super) fn answer(
    conn: &Conn<'_>,
    operation: OperationId,
) -> Result<Option<Map<String, Value>>, StoreError> {
    let row = operations::get(conn, operation)?;
    let args = row.and_then(|row| serde_json::from_str::<Args>(&row.args).ok());
    Ok(args.and_then(|args| args.answer).map(|info| info.0))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        TURN => leaving::turn(operation, args.volume_id, CONNECT),
        CONNECT => connect(tools, operation, args, progress).await,
        CLEAN_UP => clean_up(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn connect(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let found = load(tools, &args).await;
    let (volume, target) = match found {
        Ok(Some(found)) => found,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    if volume.status == VolumeStatus::Deleting {
        return give_up(args, "it is being deleted".to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return give_up(args, "its backend is not one of this process".to_owned());
    };
    if volume.launched_at.is_none() && failure::is_held(&tools.store, &volume::key(volume.id)).await {
        return failure::wait_for(operation, "the volume to be made");
    }
    if volume::reimage::goes_before(&tools.store, volume.id, operation.created_at).await {
        return failure::wait_for(operation, "the image to be written");
    }
    if let Some(previous) = args.previous.clone() {
        let about = (args.volume_id, args.attachment_id);
        match leaving::let_out(tools, operation, about, Some(previous), progress).await {
            Ok(()) => {}
            Err(leaving::StillIn::Wait(step)) => return *step,
            Err(leaving::StillIn::GaveUp(why)) => return give_up(args, why),
        }
    }
    if let Err(error) = sharing::share_key(tools, operation, &volume, args.attachment_id).await {
        return failure::again_after(operation, &tools.settings, error.to_string(), true)
            .unwrap_or_else(|why| give_up(args, why));
    }
    let (connector, access) = (args.connector.clone(), access(args.mode));
    let thing = volume::key(volume.id);
    let connected = tools.effects.run(&thing, backend, progress, move |driver, work| {
        driver.connect(work, &target, &connector, access)
    });
    match connected.await {
        Ok(connection) => finish(backend, args, connection),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// The volume and what the driver needs to know of it. None when it, or the attachment, is gone.
async fn load(tools: &Tools, args: &Args) -> Result<Option<(Volume, ports::volume::VolumeRef)>, StoreError> {
    let (volume_id, attachment_id) = (args.volume_id, args.attachment_id);
    let found = tools.store.read(move |conn| {
        if let Some(id) = attachment_id
            && store::attachments::get(conn, id)?.is_none()
        {
            return Ok(None);
        }
        store::volumes::get(conn, volume_id)
    });
    let Some(volume) = found.await? else { return Ok(None) };
    let target = driver_ref(tools, &volume).await?;
    Ok(Some((volume, target)))
}

pub(super) const fn access(mode: AttachMode) -> Access {
    match mode {
        AttachMode::ReadWrite => Access::Write,
        AttachMode::ReadOnly => Access::Read,
    }
}

/// Keeps what the driver said. What was attached to is looked at again in the same transaction: it may be on its way out.
fn finish(backend: &Backend, args: Args, connection: Connection) -> Step {
    let backend = backend.clone();
    Step::Decide(Box::new(move |conn| {
        let found = store::volumes::get(conn, args.volume_id)?;
        let there = match args.attachment_id {
            Some(id) => store::attachments::get(conn, id)?.is_some(),
            None => true,
        };
        let Some(volume) = found.filter(|volume| there && volume.status != VolumeStatus::Deleting) else {
            return Ok((Next::Phase(CLEAN_UP), because(args, "it is being deleted".to_owned())));
        };
        keep_export(conn, volume.id, &connection)?;
        let mut data = connection.data;
        options::complete(conn, &backend, &volume, args.mode, &mut data)?;
        data.insert("enforce_multipath".to_owned(), args.connector.enforce_multipath().into());
        let Some(id) = args.attachment_id else {
            let mut answer = connection.beside;
            answer.insert("driver_volume_type".to_owned(), connection.driver_volume_type.into());
            answer.insert("data".to_owned(), data.into());
            store::guests::put(conn, volume.id, &args.connector, args.mode)?;
            let args = Args { answer: Some(ConnectionInfo(answer)), ..args };
            return Ok((Next::Done, serde_json::to_string(&args).ok()));
        };
        data.extend(connection.beside);
        data.insert("driver_volume_type".to_owned(), connection.driver_volume_type.into());
        data.insert("attachment_id".to_owned(), id.to_string().into());
        attach(conn, &volume, id, &args, ConnectionInfo(data))?;
        Ok((Next::Done, None))
    }))
}

fn attach(
    conn: &Conn<'_>,
    volume: &Volume,
    id: AttachmentId,
    args: &Args,
    info: ConnectionInfo,
) -> Result<(), StoreError> {
    let mountpoint = args.connector.mountpoint().unwrap_or(NO_MOUNTPOINT);
    let edit = Edit {
        status: Some(AttachStatus::Attaching),
        mode: Some(args.mode),
        attached_host: Some(args.connector.host().map(str::to_owned)),
        mountpoint: Some(Some(mountpoint.to_owned())),
        connector: Some(Some(args.connector.clone())),
        connection_info: Some(Some(info)),
        attached_now: true,
    };
    store::attachments::edit(conn, id, &edit)?;
    let edit = store::volumes::Edit {
        status: DERIVED.contains(&volume.status).then_some(VolumeStatus::Attaching),
        attach_status: Some(AttachStatus::Attaching),
        ..store::volumes::Edit::default()
    };
    store::volumes::edit(conn, volume.id, &edit)
}

pub(super) fn keep_export(conn: &Conn<'_>, id: VolumeId, connection: &Connection) -> Result<(), StoreError> {
    let export = &connection.export;
    let auth = export.provider_auth.as_ref().map(ProviderAuth::expose);
    if export.provider_location.is_none() && auth.is_none() {
        return Ok(());
    }
    store::volumes::set_export(conn, id, export.provider_location.as_deref(), auth)
}

fn because(args: Args, why: String) -> Option<String> {
    serde_json::to_string(&Args { why: Some(why), ..args }).ok()
}

fn give_up(args: Args, why: String) -> Step {
    Step::Advance { next: Next::Phase(CLEAN_UP), args: because(args, why), change: Box::new(|_| Ok(())) }
}

async fn clean_up(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let connector = Some(args.connector.clone());
    let out =
        leaving::let_out(tools, operation, (args.volume_id, args.attachment_id), connector, progress).await;
    let is_out = match out {
        Ok(()) => true,
        Err(leaving::StillIn::Wait(step)) => return *step,
        // The attachment keeps its connector: its deletion tries again.
        Err(leaving::StillIn::GaveUp(why)) => {
            tracing::error!(operation = %operation.id, why, "a host may still be let in until it is detached");
            false
        }
    };
    let why = args.why.clone().unwrap_or_else(|| "the backend gave up".to_owned());
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            if let Some(id) = args.attachment_id {
                let edit = Edit {
                    status: Some(AttachStatus::ErrorAttaching),
                    connector: is_out.then_some(None),
                    connection_info: Some(None),
                    ..Edit::default()
                };
                store::attachments::edit(conn, id, &edit)?;
                store::attachments::settle(conn, args.volume_id)?;
            } else if is_out {
                store::guests::remove(conn, args.volume_id, &args.connector)?;
            }
            let subject =
                (operation.project_id.clone(), operation.request_id.clone(), args.volume_id.to_string());
            messages::tell(conn, subject, About::Volume, Action::AttachVolume, &Detail::Backend(told))
        }),
    }
}
