//! The moment in which the copy becomes the volume: one transaction.

use ledger::{Next, Step};
use model::{AttachStatus, MigrationStatus, Volume};
use store::operations::{self, OperationRow};
use store::volumes::Edit;
use store::{Conn, StoreError};

use super::place::finish_retype;
use super::{Args, TIDY, UNDO, with_backend};
use crate::failure::{self, GIVEN_UP, vanished};
use crate::volume;

pub(super) fn step(operation: &OperationRow, args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if let Some(why) = in_the_way(conn, &operation, &volume, &args)? {
            let args = Args { failure: Some(why), ..args };
            return Ok((Next::Phase(UNDO), Some(args.to_json())));
        }
        // Who copies the volume where it was has to come to an end there.
        if operations::is_read(conn, &operation.resource)? {
            return Ok((failure::wait(conn, operation.created_at, "a copy that is being made of it"), None));
        }
        let Some(copy) = store::copies::get(conn, id)? else {
            let args = Args { failure: Some("its copy is nowhere".to_owned()), ..args };
            return Ok((Next::Phase(UNDO), Some(args.to_json())));
        };
        store::copies::exchange(
            conn,
            &volume,
            &copy,
            args.zone.as_deref().unwrap_or(&volume.availability_zone),
        )?;
        finish_retype(conn, &volume, &args)?;
        let edit = Edit { migration_status: Some(Some(MigrationStatus::Completing)), ..Edit::default() };
        store::volumes::edit(conn, id, &edit)?;
        let next =
            volume.host.as_deref().map_or(Next::Phase(TIDY), |was| with_backend(&operation, was, TIDY));
        Ok((next, None))
    }))
}

/// Why the copy may not be the content of the volume any more.
fn in_the_way(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: &Args,
) -> Result<Option<String>, StoreError> {
    if operations::is_abandoned(conn, operation.id)? {
        return Ok(Some(GIVEN_UP.to_owned()));
    }
    if volume.status != args.meanwhile {
        let (now, expected) = (volume.status, args.meanwhile);
        return Ok(Some(format!("it has become {now} while it was copied as {expected}")));
    }
    let used = volume.attach_status != AttachStatus::Detached
        || !store::attachments::of_volume(conn, volume.id)?.is_empty();
    if used {
        return Ok(Some("it was attached while it was copied".to_owned()));
    }
    let snapshots = store::snapshots::of_volume(conn, volume.id)?;
    Ok((!snapshots.is_empty()).then(|| "it has got snapshots while it was copied".to_owned()))
}
