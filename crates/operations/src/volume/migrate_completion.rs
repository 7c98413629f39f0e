//! The compute service says that it has copied a volume that was attached (`os-migrate_volume_completion`): the volume
//! is what it was copied to from now on, with the attachments of that. [`super::relocate`] removes what it was.

use model::{MigrationStatus, Refusal, VolumeId};
use store::Conn;

use super::relocate;
use crate::{Desk, Refused, Requester, volume};

/// Says which of the two volumes is to be kept: `new`, to which the attachments have moved.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    new: VolumeId,
    failed: bool,
) -> Result<VolumeId, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| admit(conn, &who, id, new, failed)).await
}

fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    id: VolumeId,
    new: VolumeId,
    failed: bool,
) -> Result<VolumeId, Refused> {
    let old_volume = volume::find(conn, who, id)?;
    let new_volume = volume::find(conn, who, new)?;
    let known = |status: &MigrationStatus| *status != MigrationStatus::None;
    let old_status = old_volume.migration_status.filter(known);
    let target = |of: VolumeId| format!("target:{of}");
    let shown = |status: MigrationStatus| status.to_string();
    let new_status =
        new_volume.migrates_for.map(target).or(new_volume.migration_status.filter(known).map(shown));
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    match (old_status, new_status) {
        (None, None) => {}
        (None, Some(_)) => return refused("Source volume not mid-migration.".to_owned()),
        (Some(_), None) => return refused("Destination volume not mid-migration.".to_owned()),
        (Some(_), Some(found)) if new_volume.migrates_for != Some(id) => {
            return refused(format!("Destination has migration_status {found}, expected target:{id}."));
        }
        (Some(_), Some(_)) => {
            if !relocate::complete(conn, &old_volume, &new_volume, failed)? {
                return refused("Source volume not mid-migration.".to_owned());
            }
            return Ok(id);
        }
    }
    if !failed && !store::attachments::of_volume(conn, id)?.is_empty() {
        return refused(format!(
            "Volume {id} is attached still: make attachments of volume {new} and remove those of {id} first."
        ));
    }
    Ok(new)
}
