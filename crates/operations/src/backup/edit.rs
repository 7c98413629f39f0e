//! Changes of a backup's row that touch no store: done when the request returns.

use model::{Backup, BackupId, BackupStatus};
use store::backups::Edit;

use crate::volume::edit::check_metadata_size;
use crate::{Desk, Refused, Requester, backup, volume};

/// Changes name, description or metadata.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn update(desk: &Desk, who: &Requester, id: BackupId, edit: Edit) -> Result<Backup, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        backup::find(conn, &who, id)?;
        if let Some(metadata) = &edit.metadata {
            check_metadata_size(metadata)?;
        }
        store::backups::edit(conn, id, &edit)?;
        backup::find(conn, &who, id)
    })
    .await
}

/// Sets the status by hand. A backup that is being made or restored is given up for it.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reset_status(
    desk: &Desk,
    who: &Requester,
    id: BackupId,
    status: BackupStatus,
) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let found = backup::find(conn, &who, id)?;
        let status = match (found.status, found.restore_volume_id) {
            (BackupStatus::Creating, _) => {
                store::operations::give_up_holder(conn, &backup::key(id))?;
                // Whatever was written of it does not count: what gives it up removes it, or its deletion does.
                BackupStatus::Error
            }
            (BackupStatus::Restoring, Some(target)) => {
                store::operations::give_up_holder(conn, &volume::key(target))?;
                status
            }
            _ => status,
        };
        let edit = Edit { status: Some(status), ..Edit::default() };
        Ok(store::backups::edit(conn, id, &edit)?)
    })
    .await
}
