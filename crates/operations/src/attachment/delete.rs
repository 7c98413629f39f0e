//! Deleting an attachment: letting its host out first, if it was let in.

use model::{Attachment, AttachmentId, OperationId, Refusal, VolumeId};
use store::{Conn, StoreError};

use super::outcome::{self, Outcome};
use super::{Detacher, disconnect, find, volume_of};
use crate::{Desk, Refused, Requester};

/// Deletes an attachment; answers with those that its volume still has.
///
/// # Errors
/// A refusal that says why: then nothing has changed, unless it says that the backend failed ([`Refusal::Failed`]), when
/// the attachment is still there; or the store's own failure.
pub async fn delete(
    desk: &Desk,
    who: &Requester,
    detacher: Detacher,
    id: AttachmentId,
) -> Result<Vec<Attachment>, Refused> {
    let asker = who.clone();
    let attachment = desk.store.read(move |conn| find(conn, &asker, id)).await?;
    let volume_id = attachment.volume_id;
    detacher.check(desk, Some(&attachment)).await?;
    let asker = who.clone();
    let begun = desk.admit(move |conn, _| admit(conn, &asker, id)).await?;
    if let Some((operation, queue)) = begun {
        desk.hints.give(&queue);
        match outcome::wait(desk, operation).await? {
            Outcome::Done => {}
            failed => {
                return Err(Refusal::Failed(format!("Unable to delete attachment {id} ({failed}).")).into());
            }
        }
    }
    Ok(remaining(desk, volume_id).await?)
}

fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    id: AttachmentId,
) -> Result<Option<(OperationId, String)>, Refused> {
    let attachment = find(conn, who, id)?;
    let volume = volume_of(conn, &attachment)?;
    // A promise touches no storage. Neither does an attachment that was made by `os-attach`: but the host that connected
    // before it leaves with it.
    if attachment.connector.is_none() && attachment.attached_at.is_none() || volume.host.is_none() {
        store::attachments::remove(conn, id)?;
        store::attachments::settle(conn, volume.id)?;
        return Ok(None);
    }
    Ok(Some(disconnect::admit(conn, who, &volume, Some(id), attachment.connector)?))
}

async fn remaining(desk: &Desk, volume: VolumeId) -> Result<Vec<Attachment>, StoreError> {
    desk.store.read(move |conn| store::attachments::of_volume(conn, volume)).await
}
