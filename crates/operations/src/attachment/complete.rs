//! Saying that a host has connected.

use model::{AttachStatus, AttachmentId, Refusal, VolumeStatus};
use store::attachments::{DERIVED, Edit};

use super::{find, volume_of};
use crate::notice::{self, Subject};
use crate::{Desk, Refused, Requester};

/// Marks an attachment as attached, and its volume as in use.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn complete(desk: &Desk, who: &Requester, id: AttachmentId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let attachment = find(conn, &who, id)?;
        let volume = volume_of(conn, &attachment)?;
        if attachment.status == AttachStatus::Detaching {
            return Err(
                Refusal::Conflict(format!("Resource conflict: attachment {id} is being deleted")).into()
            );
        }
        let edit = Edit { status: Some(AttachStatus::Attached), ..Edit::default() };
        store::attachments::edit(conn, id, &edit)?;
        // What an operation is doing to the volume, it goes on doing.
        let edit = store::volumes::Edit {
            status: DERIVED.contains(&volume.status).then_some(VolumeStatus::InUse),
            attach_status: Some(AttachStatus::Attached),
            ..store::volumes::Edit::default()
        };
        store::volumes::edit(conn, volume.id, &edit)?;
        Ok(notice::tell(conn, settings, &who, &Subject::Volume(volume.id), "attach.end")?)
    })
    .await
}
