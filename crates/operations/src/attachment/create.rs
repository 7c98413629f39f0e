//! Making an attachment: promising a volume to a server, and letting its host in when it is known already.

use model::{
    AttachMode, AttachStatus, Attachment, AttachmentId, Connector, OperationId, Refusal, Volume, VolumeId,
    VolumeStatus,
};
use store::Conn;

use super::outcome::{self, Outcome};
use super::{connect, find};
use crate::{Desk, Refused, Requester, volume};

/// What is asked for.
#[derive(Clone)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// The server.
    pub instance_uuid: Option<String>,
    /// The host that connects, when it is known already.
    pub connector: Option<Connector>,
    /// How; none leaves it to the connector.
    pub mode: Option<AttachMode>,
    /// The refusal of who may not attach a bootable volume several times.
    pub no_bootable_multiattach: Option<Refusal>,
}

/// Makes an attachment; with a connector, waits until its host is let in.
///
/// # Errors
/// A refusal that says why: then nothing has changed, unless it says that the backend failed ([`Refusal::Failed`]), when
/// the attachment is there and failed; or the store's own failure.
pub async fn create(desk: &Desk, who: &Requester, asked: Create) -> Result<Attachment, Refused> {
    let asker = who.clone();
    let (attachment, begun) = desk.admit(move |conn, _| admit(conn, &asker, asked)).await?;
    let Some((operation, queue)) = begun else { return Ok(attachment) };
    desk.hints.give(&queue);
    match outcome::wait(desk, operation).await? {
        Outcome::Done => reread(desk, who, attachment.id).await,
        failed => Err(Refusal::Failed(format!("Unable to create attachment for volume ({failed}).")).into()),
    }
}

/// The attachment as it is by now.
pub(super) async fn reread(desk: &Desk, who: &Requester, id: AttachmentId) -> Result<Attachment, Refused> {
    let who = who.clone();
    desk.store.read(move |conn| find(conn, &who, id)).await
}

type Begun = Option<(OperationId, String)>;

fn admit(conn: &Conn<'_>, who: &Requester, asked: Create) -> Result<(Attachment, Begun), Refused> {
    let volume = volume::find(conn, who, asked.volume_id)?;
    if volume.status.is_error() {
        let why = format!(
            "Volume attachments can not be created if the volume is in an error state. The Volume {} currently has a \
             status of: {} ",
            volume.id, volume.status
        );
        return Err(Refusal::InvalidVolume(why).into());
    }
    if let Some(refusal) = asked.no_bootable_multiattach
        && volume.multiattach
        && volume.status == VolumeStatus::InUse
        && volume.bootable
    {
        return Err(refusal.into());
    }
    reserve(conn, &volume, asked.instance_uuid.as_deref())?;
    let readonly = (volume.readonly == Some(true)).then_some(AttachMode::ReadOnly);
    let mode = readonly.or(asked.mode);
    let attachment = Attachment {
        id: AttachmentId::random(),
        volume_id: volume.id,
        project_id: volume.project_id.clone(),
        instance_uuid: asked.instance_uuid,
        attached_host: None,
        mountpoint: None,
        status: AttachStatus::Reserved,
        mode,
        connector: None,
        connection_info: None,
        created_at: conn.now(),
        updated_at: None,
        attached_at: None,
    };
    store::attachments::insert(conn, &attachment)?;
    let Some(connector) = asked.connector else { return Ok((attachment, None)) };
    volume::check_placed(&volume)?;
    let mode = mode_of(mode, &connector)?;
    let begun = connect::admit(conn, who, &volume, Some(attachment.id), connector, mode)?;
    Ok((attachment, Some(begun)))
}

/// Promises the volume. One that is used already can be promised again if it may be used several times, or to the same
/// server, which may be moving to another host.
fn reserve(conn: &Conn<'_>, volume: &Volume, instance_uuid: Option<&str>) -> Result<(), Refused> {
    use VolumeStatus::{Available, Downloading, InUse, Reserved};
    let (from, names): (&[VolumeStatus], _) = match volume.multiattach {
        true => (&[Available, InUse, Downloading], "available or in-use or downloading"),
        false => (&[Available, Downloading], "available or downloading"),
    };
    if from.contains(&volume.status) && volume.status != Downloading {
        super::take(conn, volume)?;
    }
    if store::volumes::set_status_from(conn, volume.id, from, Reserved)? {
        return Ok(());
    }
    if let Some(server) = instance_uuid
        && matches!(volume.status, InUse | Reserved)
    {
        let attachments = store::attachments::of_volume(conn, volume.id)?;
        if attachments.iter().any(|it| it.instance_uuid.as_deref() == Some(server)) {
            return Ok(());
        }
    }
    let (id, now) = (volume.id, volume.status);
    let why = format!("Volume {id} status must be {names} to reserve, but the current status is {now}.");
    Err(Refusal::InvalidVolume(why).into())
}

/// How the host gets the volume: as was said when it was promised, or else as the host says.
pub(super) fn mode_of(promised: Option<AttachMode>, connector: &Connector) -> Result<AttachMode, Refused> {
    if let Some(mode) = promised {
        return Ok(mode);
    }
    match connector.mode().map(str::parse) {
        None => Ok(AttachMode::ReadWrite),
        Some(Ok(mode)) => Ok(mode),
        Some(Err(_)) => {
            let why = format!("Invalid attaching mode '{}'.", connector.mode().unwrap_or_default());
            Err(Refusal::InvalidInput(why).into())
        }
    }
}
