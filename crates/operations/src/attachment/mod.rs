//! What can be done to attachments: who may use a volume, from where, and how.
//!
//! What the storage has to do for it is one of three operations, [`connect`],
//! [`disconnect`] and [`export`]. Those of one volume run
//! one after the other, whatever attachment they are about: to take the last host's export away while another host is
//! let in would leave that one with nothing.

pub mod connect;
pub mod disconnect;
pub mod export;
pub mod legacy;

mod complete;
mod create;
mod delete;
mod guard;
mod leaving;
mod options;
mod others;
mod outcome;
mod sharing;
mod update;

pub use complete::complete;
pub use create::{Create, create};
pub use delete::delete;
pub use guard::Detacher;
pub use options::attached_mode;
pub use update::update;

use model::{Attachment, AttachmentId, Refusal, Volume, VolumeId};
use ports::volume::{ProviderAuth, VolumeRef};
use store::{Conn, StoreError};

use crate::{Refused, Requester, Tools, volume};

/// The ledger's name of an attachment.
fn resource(id: AttachmentId) -> String {
    format!("attachment/{id}")
}

/// What the operations on the attachments of one volume hold, and the name of one that is about no attachment.
pub(crate) fn key(volume: VolumeId) -> String {
    format!("connections/{volume}")
}

/// The attachment that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: AttachmentId) -> Result<Attachment, Refused> {
    let found = store::attachments::get(conn, id)?.filter(|attachment| who.sees(&attachment.project_id));
    let attachment = found.ok_or_else(|| not_found(id))?;
    let volume = volume_of(conn, &attachment)?;
    (who.may)(&volume.project_id, &volume.user_id)?;
    Ok(attachment)
}

/// The refusal when there is no such attachment.
#[must_use]
pub fn not_found(id: impl std::fmt::Display) -> Refusal {
    Refusal::Absent(format!("Volume attachment could not be found with filter: attachment_id = {id}."))
}

fn volume_of(conn: &Conn<'_>, attachment: &Attachment) -> Result<Volume, Refused> {
    let volume = store::volumes::get(conn, attachment.volume_id)?;
    Ok(volume.ok_or_else(|| not_found(attachment.id))?)
}

/// Refuses a volume that an operation still works on; a move of it is given up for whoever attaches.
fn take(conn: &Conn<'_>, volume: &Volume) -> Result<(), Refused> {
    match volume::relocate::make_way(conn, volume)? {
        true => Ok(()),
        false => volume::check_not_held(conn, volume),
    }
}

/// What a driver needs to know of a volume to let hosts in and out.
async fn driver_ref(tools: &Tools, volume: &Volume) -> Result<VolumeRef, StoreError> {
    let id = volume.id;
    let auth = tools.store.read(move |conn| store::volumes::provider_auth(conn, id)).await?;
    Ok(VolumeRef { provider_auth: auth.map(ProviderAuth::new), ..volume::driver_ref(volume) })
}
