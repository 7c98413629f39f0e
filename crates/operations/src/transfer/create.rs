//! Offering a volume.

use model::{Refusal, SnapshotStatus, Transfer, TransferId, Volume, VolumeId, VolumeStatus};
use store::Conn;

use super::auth_key;
use crate::notice::{self, Subject};
use crate::{Desk, Refused, Requester, template, volume};

/// What is offered.
#[derive(Debug, Clone)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// Display name.
    pub name: Option<String>,
    /// Whether its snapshots stay.
    pub no_snapshots: bool,
    /// Whether a volume that is encrypted may be offered (from 3.70 on).
    pub encrypted_too: bool,
}

/// Offers it; answers with the offer, and the key that whoever accepts it has to know.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<(Transfer, String), Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let volume = volume::find(conn, &who, request.volume_id)?;
        check(conn, &volume, &request)?;
        template::check_is_no_disk(conn, volume.id, "it stays in that one's project")?;
        volume::check_not_held(conn, &volume)?;
        let fresh = auth_key::draw(settings.transfer)?;
        let transfer = Transfer {
            id: TransferId::random(),
            volume_id: volume.id,
            project_id: volume.project_id.clone(),
            name: request.name,
            no_snapshots: request.no_snapshots,
            salt: fresh.salt,
            key_hash: fresh.hash,
            created_at: conn.now(),
        };
        store::transfers::insert(conn, &transfer)?;
        store::volumes::set_status(conn, volume.id, VolumeStatus::AwaitingTransfer)?;
        notice::tell(conn, settings, &who, &Subject::Volume(volume.id), "transfer.create.end")?;
        Ok((transfer, fresh.key))
    })
    .await
}

fn check(conn: &Conn<'_>, volume: &Volume, request: &Create) -> Result<(), Refused> {
    let refused = |why: &str| Err(Refusal::InvalidVolume(why.to_owned()).into());
    if volume.status != VolumeStatus::Available {
        return refused("status must be available");
    }
    if volume.encryption_key_id.is_some() && !request.encrypted_too {
        return refused("transferring encrypted volume is not supported");
    }
    if volume.encryption_key_id.is_some() && request.no_snapshots {
        return refused("transferring an encrypted volume without its snapshots is not supported");
    }
    if request.no_snapshots {
        return Ok(());
    }
    let snapshots = store::snapshots::of_volume(conn, volume.id)?;
    match snapshots.iter().find(|snapshot| snapshot.status != SnapshotStatus::Available) {
        None => Ok(()),
        Some(busy) => {
            let why = format!("snapshot: {} status must be available", busy.id);
            Err(Refusal::InvalidSnapshot(why).into())
        }
    }
}
