//! Letting go of a volume: its row goes, its data stay.
//!
//! ```text
//! accept ──▶ release (backend) ──▶ gone
//!              │ gives up
//!              ▼
//!         error_unmanaging
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Refusal, Volume, VolumeId, VolumeStatus, status};
use store::Conn;
use store::operations::{self, OperationRow};

use super::delete;
use super::ready::{self, Ready};
use crate::failure::unknown_phase;
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, keys, template, volume, volume_queue};

pub(crate) const KIND: &str = "volume.unmanage";

/// Having the driver let go.
const RELEASE: &str = "release";

/// What became of a request.
enum Admitted {
    /// It is released by whoever serves this queue.
    Queued(String),
    /// It never was placed, and is gone.
    Gone,
    /// Its data would be of use to nobody: the key goes with the row.
    Encrypted(Box<Volume>),
}

/// Accepts that a volume is let go. It is `unmanaging`, or gone if it never was placed, when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed but for a message about it; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let asker = who.clone();
    match desk.admit(move |conn, _| admit(conn, &asker, id)).await? {
        Admitted::Queued(queue) => desk.hints.give(&queue),
        Admitted::Gone => {}
        Admitted::Encrypted(volume) => {
            let request_id = who.request_id.clone();
            desk.admit(move |conn, _| {
                let about = (volume.project_id.clone(), request_id, volume.id.to_string());
                Ok(messages::tell(conn, about, About::Volume, Action::UnmanageVolume, &Detail::Encrypted)?)
            })
            .await?;
            return Err(Refusal::BadRequest("Unacceptable parameters.".to_owned()).into());
        }
    }
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, id: VolumeId) -> Result<Admitted, Refused> {
    let volume = volume::find(conn, who, id)?;
    template::check_is_no_disk(conn, id, "delete that first")?;
    let snapshots = store::snapshots::of_volume(conn, id)?;
    if volume.host.is_some() {
        volume::check_not_frozen(conn, &volume)?;
        delete::check(&volume, &snapshots, who, delete::Options::default())?;
    }
    volume::check_not_held(conn, &volume)?;
    if keys::may_have_one(conn, &volume)? {
        return Ok(Admitted::Encrypted(Box::new(volume)));
    }
    let Some(backend) = volume::backend(&volume) else {
        store::volumes::remove(conn, id)?;
        return Ok(Admitted::Gone);
    };
    store::volumes::set_status(conn, id, status::UNMANAGE.interim)?;
    let queue = volume_queue(backend);
    operations::admit(conn, &who.operation(KIND, volume::key(id), queue.clone(), RELEASE))?;
    Ok(Admitted::Queued(queue))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase != RELEASE {
        return unknown_phase(operation);
    }
    let (volume, backend) = match ready::look(tools, operation).await {
        Ready::Yes(volume, backend) => (volume, backend),
        Ready::Never(volume, why) => return failed(operation, &volume, why),
        Ready::NotYet(step) => return step,
    };
    let (id, released) = (volume.id, volume::driver_ref(&volume));
    let released = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
        // A driver without the family has nothing to do: the row is all that made it ours.
        driver.manage().map_or(Ok(()), |manage| manage.release_volume(&released))
    });
    match released.await {
        Ok(()) => Step::done(move |conn| store::volumes::remove(conn, id)),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, &volume, why)),
    }
}

fn failed(operation: &OperationRow, volume: &Volume, why: String) -> Step {
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let (interim, failed) = (VolumeStatus::Unmanaging, status::UNMANAGE.failed);
            store::volumes::set_status_from(conn, id, &[interim], failed)?;
            messages::write(conn, &operation, About::Volume, Action::UnmanageVolume, &Detail::Backend(told))
        }),
    }
}
