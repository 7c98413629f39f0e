//! The moment in which what the compute service has copied becomes the volume: one transaction.

use model::{MigrationStatus, Volume, VolumeStatus};
use store::volumes::Edit;
use store::{Conn, StoreError};

use super::Args;
use super::place::finish_retype;
use crate::volume::{self, migrate, retype};

/// Lets `volume` be what `hidden` was, or, when that was `in_vain`, says so. Whoever moves the volume then removes the
/// other one. False when nobody moves it, or no longer.
///
/// # Errors
/// The store's own.
pub(crate) fn complete(
    conn: &Conn<'_>,
    volume: &Volume,
    hidden: &Volume,
    in_vain: bool,
) -> Result<bool, StoreError> {
    if hidden.status == VolumeStatus::Deleting {
        return Ok(in_vain);
    }
    let key = volume::key(volume.id);
    let held = store::operations::holder_args(conn, &key)?;
    let args = held.filter(|(kind, _)| kind == migrate::KIND || kind == retype::KIND);
    let args = args.and_then(|(_, args)| serde_json::from_str::<Args>(&args).ok());
    let Some(args) = args.filter(|args| args.hidden == Some(hidden.id)) else { return Ok(false) };
    let status = if in_vain { MigrationStatus::Error } else { MigrationStatus::Completing };
    if !in_vain {
        store::copies::take_over(conn, volume, hidden)?;
        finish_retype(conn, volume, &args)?;
    }
    let edit = Edit { migration_status: Some(Some(status)), ..Edit::default() };
    store::volumes::edit(conn, volume.id, &edit)?;
    store::attachments::settle(conn, volume.id)?;
    Ok(true)
}
