//! Attaching comes before moving: what a host writes while a volume is copied would be missing from the copy, be it that
//! the host is gone again before the copy is complete.

use model::{MigrationStatus, Volume};
use store::operations;
use store::volumes::Edit;
use store::{Conn, StoreError};

use crate::volume::{self, migrate, retype};

const ATTACHED: &str = "it was attached before it had moved, and stays where it is";

/// Gives up the move that holds the volume, unless the copy is the volume already. False when it is held by something
/// else.
///
/// # Errors
/// The store's own.
pub(crate) fn make_way(conn: &Conn<'_>, volume: &Volume) -> Result<bool, StoreError> {
    let key = volume::key(volume.id);
    let Some(kind) = operations::holder(conn, &key)? else { return Ok(true) };
    if kind != migrate::KIND && kind != retype::KIND {
        return Ok(false);
    }
    if volume.migration_status == Some(MigrationStatus::Completing) {
        return Ok(true);
    }
    operations::give_up_holder_because(conn, &key, ATTACHED)?;
    // From now on the status of the volume is what its attachments say.
    if volume.migration_status.is_some_and(MigrationStatus::is_migrating) {
        let edit = Edit { migration_status: Some(Some(MigrationStatus::Error)), ..Edit::default() };
        store::volumes::edit(conn, volume.id, &edit)?;
    }
    Ok(true)
}
