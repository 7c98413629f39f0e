//! Letting the host in to which a volume was promised.

use model::{Attachment, AttachmentId, Connector, OperationId, Refusal};
use store::Conn;

use super::outcome::{self, Outcome};
use super::{connect, create, find, volume_of};
use crate::{Desk, Refused, Requester, volume};

/// Lets a host in, and waits until it is.
///
/// # Errors
/// As [`create::create`].
pub async fn update(
    desk: &Desk,
    who: &Requester,
    id: AttachmentId,
    connector: Connector,
) -> Result<Attachment, Refused> {
    let asker = who.clone();
    let (operation, queue) = desk.admit(move |conn, _| admit(conn, &asker, id, connector)).await?;
    desk.hints.give(&queue);
    match outcome::wait(desk, operation).await? {
        Outcome::Done => create::reread(desk, who, id).await,
        failed => Err(Refusal::Failed(format!("Unable to update attachment ({failed}).")).into()),
    }
}

fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    id: AttachmentId,
    connector: Connector,
) -> Result<(OperationId, String), Refused> {
    let attachment = find(conn, who, id)?;
    let volume = volume_of(conn, &attachment)?;
    if volume.status.is_error() {
        let why = format!(
            "Resource conflict: Volume attachments can not be updated if the volume is in an error state. The Volume \
             {} currently has a status of: {} ",
            volume.id, volume.status
        );
        return Err(Refusal::Conflict(why).into());
    }
    let all = store::attachments::of_volume(conn, volume.id)?;
    let is_connected =
        |it: &Attachment| it.connection_info.is_some() || (it.id != id && it.connector.is_some());
    if all.len() > 1 && !volume.multiattach && all.iter().any(is_connected) {
        let why = format!("Resource conflict: duplicate connectors detected on volume {}", volume.id);
        return Err(Refusal::Conflict(why).into());
    }
    if attachment.status == model::AttachStatus::Detaching {
        return Err(Refusal::Conflict(format!("Resource conflict: attachment {id} is being deleted")).into());
    }
    if store::operations::pending(conn, &super::resource(id), connect::KIND)?.is_some() {
        return Err(
            Refusal::Conflict(format!("Resource conflict: attachment {id} is being connected")).into()
        );
    }
    volume::check_placed(&volume)?;
    let mode = create::mode_of(attachment.mode, &connector)?;
    Ok(connect::admit(conn, who, &volume, Some(id), connector, mode)?)
}
