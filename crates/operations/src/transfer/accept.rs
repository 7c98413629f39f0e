//! Accepting an offer: the volume, its snapshots and what they are charged with change hands in one transaction.

use model::quota::Counted;
use model::refusal::Noun;
use model::{Refusal, Snapshot, SnapshotStatus, Transfer, TransferId, Volume, VolumeStatus};
use store::Conn;

use super::auth_key;
use crate::notice::{self, Subject};
use crate::quota::{Ask, Limits, gib, of_snapshots};
use crate::{Desk, Refused, Requester, Settings, volume};

/// Accepts the offer `id` for the caller's project; answers with what was offered.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: TransferId, key: String) -> Result<Transfer, Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        (who.may)(&who.project_id, &who.user_id)?;
        let missing = || Refusal::not_found(Noun::Transfer, id);
        let transfer = store::transfers::get(conn, id)?.ok_or_else(missing)?;
        if !auth_key::is(&key, &transfer.salt, &transfer.key_hash) {
            let why = format!("Attempt to transfer {id} with invalid auth key.");
            return Err(Refusal::InvalidAuthKey(why).into());
        }
        let volume = store::volumes::get(conn, transfer.volume_id)?;
        let volume = volume.ok_or_else(|| Refusal::not_found(Noun::Volume, transfer.volume_id))?;
        check(conn, &transfer, &volume)?;
        let snapshots = match transfer.no_snapshots {
            true => Vec::new(),
            false => store::snapshots::of_volume(conn, volume.id)?,
        };
        check_snapshots(&transfer, &snapshots)?;
        change_hands(conn, settings, &who, &volume, &snapshots)?;
        // Other offers of the volume, from before an administrator reset it, were those of its former owner.
        store::transfers::remove_of_volume(conn, volume.id)?;
        notice::tell(conn, settings, &who, &Subject::Volume(volume.id), "transfer.accept.end")?;
        Ok(transfer)
    })
    .await
}

fn check(conn: &Conn<'_>, transfer: &Transfer, volume: &Volume) -> Result<(), Refused> {
    let id = volume.id;
    if volume.group_id.is_some() {
        let why = format!("Volume {id} must not be part of a consistency group.");
        return Err(Refusal::InvalidVolume(why).into());
    }
    if volume.status != VolumeStatus::AwaitingTransfer {
        let why = format!("Transfer {}: Volume id {id} expected in awaiting-transfer state.", transfer.id);
        return Err(Refusal::InvalidVolume(why).into());
    }
    volume::check_not_held(conn, volume)
}

fn check_snapshots(transfer: &Transfer, snapshots: &[Snapshot]) -> Result<(), Refused> {
    match snapshots.iter().find(|snapshot| snapshot.status != SnapshotStatus::Available) {
        None => Ok(()),
        Some(busy) => {
            let why = format!(
                "Transfer {}: Snapshot {} is not in the expected available state.",
                transfer.id, busy.id
            );
            Err(Refusal::InvalidSnapshot(why).into())
        }
    }
}

fn change_hands(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    volume: &Volume,
    snapshots: &[Snapshot],
) -> Result<(), Refused> {
    let (project, user) = (&who.project_id, &who.user_id);
    let volume_type = store::volume_types::get(conn, volume.volume_type_id)?
        .ok_or_else(|| Refusal::not_found(Noun::VolumeType, volume.volume_type_id))?;
    let limits = Limits::read(conn, project)?;
    let ask = |counted, amount| Ask { counted, amount };
    if *project != volume.project_id && volume.consumes_quota {
        limits.check_size(settings, volume.size_gib)?;
        let asks = [ask(Counted::Gigabytes, gib(volume.charged_gib)), ask(Counted::Volumes, 1)];
        limits.check(conn, settings, project, &volume_type, &asks)?;
    }
    store::volumes::give(conn, volume.id, project, user)?;
    let coming = snapshots.iter().filter(|it| it.consumes_quota && it.project_id != *project);
    let (count, charged_gib) = of_snapshots(coming);
    let asks = [ask(Counted::Gigabytes, charged_gib), ask(Counted::Snapshots, count)];
    limits.check(conn, settings, project, &volume_type, &asks)?;
    for snapshot in snapshots {
        store::snapshots::give(conn, snapshot.id, project, user)?;
    }
    let from = [VolumeStatus::AwaitingTransfer];
    store::volumes::set_status_from(conn, volume.id, &from, VolumeStatus::Available)?;
    Ok(())
}
