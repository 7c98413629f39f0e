//! Withdrawing an offer.

use model::{TransferId, VolumeStatus};

use super::find;
use crate::notice::{self, Subject};
use crate::{Desk, Refused, Requester, volume};

/// Withdraws it. Its volume is available again, unless it was made something else meanwhile.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: TransferId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let transfer = find(conn, &who, id)?;
        let volume = volume::find(conn, &who, transfer.volume_id)?;
        let from = [VolumeStatus::AwaitingTransfer];
        store::volumes::set_status_from(conn, volume.id, &from, VolumeStatus::Available)?;
        store::transfers::remove(conn, id)?;
        Ok(notice::tell(conn, settings, &who, &Subject::Volume(volume.id), "transfer.delete.end")?)
    })
    .await
}
