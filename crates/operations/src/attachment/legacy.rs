//! Attaching in the older way (`os-reserve`, `os-initialize_connection`, `os-attach` and their opposites), where the
//! client keeps account of how far it is.

use model::{
    AttachMode, AttachStatus, Attachment, AttachmentId, Connector, OperationId, Refusal, Volume, VolumeId,
    VolumeStatus,
};
use serde_json::{Map, Value};
use store::Conn;

use super::outcome::{self, Outcome};
use super::{Detacher, connect, disconnect};
use crate::notice::{self, Subject};
use crate::{Desk, Refused, Requester, volume};

/// `os-reserve`: keeps everybody else from attaching it.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reserve(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let volume = volume::find(conn, &who, id)?;
        let (from, names): (&[VolumeStatus], _) = match volume.multiattach {
            true => (&[VolumeStatus::Available, VolumeStatus::InUse], "available or in-use"),
            false => (&[VolumeStatus::Available], "available"),
        };
        if from.contains(&volume.status) {
            super::take(conn, &volume)?;
        }
        if store::volumes::set_status_from(conn, id, from, VolumeStatus::Attaching)? {
            return Ok(());
        }
        let now = volume.status;
        let why = format!("Volume status must be {names} to reserve, but the status is {now}.");
        Err(Refusal::InvalidVolume(why).into())
    })
    .await
}

/// `os-unreserve`: the opposite; nothing when it is not reserved.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn unreserve(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        volume::find(conn, &who, id)?;
        let any = !store::attachments::of_volume(conn, id)?.is_empty();
        let rested = if any { VolumeStatus::InUse } else { VolumeStatus::Available };
        store::volumes::set_status_from(conn, id, &[VolumeStatus::Attaching], rested)?;
        Ok(())
    })
    .await
}

/// `os-begin_detaching`: keeps everybody else from detaching it. The status of a migrating volume stays.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn begin_detaching(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let volume = volume::find(conn, &who, id)?;
        if volume.is_migrating() {
            return Ok(());
        }
        let attached = volume.attach_status == AttachStatus::Attached;
        let from = [VolumeStatus::InUse];
        if attached && store::volumes::set_status_from(conn, id, &from, VolumeStatus::Detaching)? {
            return Ok(());
        }
        let why = "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to \
                   detach.";
        Err(Refusal::InvalidVolume(why.to_owned()).into())
    })
    .await
}

/// `os-roll_detaching`: the opposite; nothing when it is not detaching.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn roll_detaching(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        volume::find(conn, &who, id)?;
        store::volumes::set_status_from(conn, id, &[VolumeStatus::Detaching], VolumeStatus::InUse)?;
        Ok(())
    })
    .await
}

/// Who has a volume, where and how.
#[derive(Clone)]
pub struct Attach {
    /// The server.
    pub instance_uuid: Option<String>,
    /// The host, or the host of the server.
    pub host_name: Option<String>,
    /// Where it has it.
    pub mountpoint: String,
    /// How.
    pub mode: AttachMode,
}

/// `os-attach`: notes that a volume is attached. Noting again what is noted is a success.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn attach(desk: &Desk, who: &Requester, id: VolumeId, asked: Attach) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let tell = |what| notice::tell(conn, settings, &who, &Subject::Volume(id), what);
        tell("attach.start")?;
        note(conn, &who, id, asked)?;
        Ok(tell("attach.end")?)
    })
    .await
}

fn note(conn: &Conn<'_>, who: &Requester, id: VolumeId, asked: Attach) -> Result<(), Refused> {
    let volume = volume::find(conn, who, id)?;
    if volume.status == VolumeStatus::Maintenance {
        let why = "The volume cannot be attached in maintenance mode.";
        return Err(Refusal::InvalidVolume(why.to_owned()).into());
    }
    let mode = asked.mode;
    if volume.readonly == Some(true) && mode != AttachMode::ReadOnly {
        return Err(Refusal::BadRequest(format!("Invalid attaching mode '{mode}' for volume {id}.")).into());
    }
    let attachments = store::attachments::of_volume(conn, id)?;
    let is_it = |it: &&Attachment| match &asked.instance_uuid {
        Some(server) => it.instance_uuid.as_ref() == Some(server),
        None => it.attached_host.is_some() && it.attached_host == asked.host_name,
    };
    super::take(conn, &volume)?;
    if attachments.iter().any(|it| is_it(&it)) {
        return Ok(store::volumes::set_status(conn, id, VolumeStatus::InUse)?);
    }
    let may_again = volume.multiattach || volume.migration_status.is_some();
    if volume.status == VolumeStatus::InUse && !may_again {
        let why = "Invalid volume: volume is already attached and multiple attachments are not enabled";
        return Err(Refusal::BadRequest(why.to_owned()).into());
    }
    let now = conn.now();
    let new = Attachment {
        id: AttachmentId::random(),
        volume_id: id,
        project_id: volume.project_id.clone(),
        instance_uuid: asked.instance_uuid,
        attached_host: asked.host_name,
        mountpoint: Some(asked.mountpoint),
        status: AttachStatus::Attached,
        mode: Some(mode),
        connector: None,
        connection_info: None,
        created_at: now,
        updated_at: None,
        attached_at: Some(now),
    };
    store::attachments::insert(conn, &new)?;
    let edit = store::volumes::Edit {
        status: Some(VolumeStatus::InUse),
        attach_status: Some(AttachStatus::Attached),
        // From now on it is said.
        readonly: volume.readonly.is_none().then_some(false),
        ..store::volumes::Edit::default()
    };
    Ok(store::volumes::edit(conn, id, &edit)?)
}

/// `os-detach`: notes that a volume is no longer attached, and has the storage let out whoever was let in for that.
///
/// # Errors
/// A refusal that says why, and nothing has changed, unless it says that the backend failed ([`Refusal::Failed`]); or the
/// store's own failure.
pub async fn detach(
    desk: &Desk,
    who: &Requester,
    detacher: Detacher,
    id: VolumeId,
    attachment: Option<AttachmentId>,
) -> Result<(), Refused> {
    let known = candidate(desk, who, id, attachment).await?;
    check(desk, detacher, &known, attachment.is_some()).await?;
    let asker = who.clone();
    let begun = desk.admit(move |conn, _| admit_detach(conn, &asker, id, attachment)).await?;
    wait(desk, begun, "Unable to detach volume").await
}

fn admit_detach(
    conn: &Conn<'_>,
    who: &Requester,
    id: VolumeId,
    attachment: Option<AttachmentId>,
) -> Result<Option<(OperationId, String)>, Refused> {
    let volume = volume::find(conn, who, id)?;
    if volume.status == VolumeStatus::Maintenance {
        let why = "The volume cannot be detached in maintenance mode.";
        return Err(Refusal::InvalidVolume(why.to_owned()).into());
    }
    let mut all = store::attachments::of_volume(conn, id)?;
    if attachment.is_none() && all.len() > 1 {
        let why = "Detach volume failed: More than one attachment, but no attachment_id provided.";
        return Err(Refusal::InvalidVolume(why.to_owned()).into());
    }
    all.retain(|it| attachment.is_none_or(|asked| it.id == asked));
    let Some(leaving) = all.pop() else {
        // Nothing of it is left but perhaps a status.
        store::attachments::settle(conn, id)?;
        return Ok(None);
    };
    if volume.host.is_none() {
        store::attachments::remove(conn, leaving.id)?;
        store::attachments::settle(conn, id)?;
        return Ok(None);
    }
    Ok(Some(disconnect::admit(conn, who, &volume, Some(leaving.id), leaving.connector)?))
}

/// `os-initialize_connection`: lets a host in, and answers how it gets at the volume.
///
/// # Errors
/// A refusal that says why, unless it says that the backend failed ([`Refusal::Failed`]); or the store's own failure.
pub async fn initialize_connection(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    connector: Connector,
) -> Result<Map<String, Value>, Refused> {
    let (asker, asked) = (who.clone(), connector.clone());
    let admitted = desk.admit(move |conn, _| {
        let volume = volume::find(conn, &asker, id)?;
        if volume.status == VolumeStatus::Maintenance {
            let why = "The volume connection cannot be initialized in maintenance mode.";
            return Err(Refusal::InvalidVolume(why.to_owned()).into());
        }
        volume::check_placed(&volume)?;
        let mode = match volume.readonly {
            Some(true) => AttachMode::ReadOnly,
            _ => AttachMode::ReadWrite,
        };
        Ok(connect::admit(conn, &asker, &volume, None, asked, mode)?)
    });
    let (operation, queue) = admitted.await?;
    desk.hints.give(&queue);
    let unable = || Refusal::Failed("Unable to fetch connection information from backend.".to_owned());
    match outcome::wait(desk, operation).await? {
        Outcome::Done => {}
        Outcome::Unfit(why) => return Err(Refusal::InvalidInput(why).into()),
        Outcome::Failed(_) => return Err(unable().into()),
    }
    let answer = desk.store.read(move |conn| connect::answer(conn, operation)).await?;
    // It may hold passwords of the storage; nobody needs it any longer.
    desk.store.write(move |conn| store::operations::forget_args(conn, operation)).await?;
    let mut answer = answer.ok_or_else(unable)?;
    answer.insert("enforce_multipath".to_owned(), connector.enforce_multipath().into());
    Ok(answer)
}

/// `os-terminate_connection`: lets a host out, or everybody when nobody says who.
///
/// # Errors
/// As [`initialize_connection`].
pub async fn terminate_connection(
    desk: &Desk,
    who: &Requester,
    detacher: Detacher,
    id: VolumeId,
    connector: Option<Connector>,
) -> Result<(), Refused> {
    let known = candidate(desk, who, id, None).await?;
    check(desk, detacher, &known, false).await?;
    let asker = who.clone();
    let begun = desk.admit(move |conn, _| {
        let volume = volume::find(conn, &asker, id)?;
        if volume.host.is_none() {
            return Ok(None);
        }
        Ok(Some(disconnect::admit(conn, &asker, &volume, None, connector)?))
    });
    match wait(desk, begun.await?, "Unable to terminate volume connection from backend").await {
        Err(Refused::Refusal(Refusal::Failed(_))) => {
            let why = "Unable to terminate volume connection from backend.";
            Err(Refusal::Failed(why.to_owned()).into())
        }
        other => other,
    }
}

/// The attachments that a request to detach may mean.
struct Known {
    volume: Volume,
    meant: Vec<Attachment>,
}

async fn candidate(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    attachment: Option<AttachmentId>,
) -> Result<Known, Refused> {
    let who = who.clone();
    let read = desk.store.read(move |conn| {
        let volume = volume::find(conn, &who, id)?;
        let meant = match attachment {
            None => store::attachments::of_volume(conn, id)?,
            Some(asked) => store::attachments::get(conn, asked)?
                .filter(|found| who.sees(&found.project_id))
                .into_iter()
                .collect(),
        };
        Ok::<_, Refused>(Known { volume, meant })
    });
    read.await
}

/// Whether what is meant may be detached.
async fn check(desk: &Desk, detacher: Detacher, known: &Known, is_named: bool) -> Result<(), Refused> {
    match known.meant.as_slice() {
        [] if !is_named => Ok(()),
        [one] if detacher.is_service || one.volume_id == known.volume.id => {
            detacher.check(desk, Some(one)).await
        }
        [_] => Err(Refusal::InvalidInput("Mismatched volume and attachment".to_owned()).into()),
        _ => detacher.check(desk, None).await,
    }
}

async fn wait(desk: &Desk, begun: Option<(OperationId, String)>, what: &str) -> Result<(), Refused> {
    let Some((operation, queue)) = begun else { return Ok(()) };
    desk.hints.give(&queue);
    match outcome::wait(desk, operation).await? {
        Outcome::Done => Ok(()),
        failed => Err(Refusal::Failed(format!("{what} ({failed}).")).into()),
    }
}
