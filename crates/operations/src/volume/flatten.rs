//! Making a volume stand on nothing: it gets a copy of what it has from a base, which may then go.
//!
//! ```text
//! accept ──▶ flatten (backend) ──▶ available
//!              │ gives up: as it was
//!              ▼
//!           available, and a message
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Refusal, Volume, VolumeId, VolumeStatus};
use ports::volume::bases::{self, of_location};
use store::Conn;
use store::operations::{self, OperationRow};

use super::ready::{self, Ready};
use crate::failure::unknown_phase;
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, template, volume, volume_queue};

pub(crate) const KIND: &str = "volume.flatten";

/// Having the driver copy.
const FLATTEN: &str = "flatten";
/// What the volume shows meanwhile.
const MEANWHILE: VolumeStatus = VolumeStatus::Maintenance;

/// Accepts that a volume is to stand on nothing. It is in `maintenance`, or stands on nothing already, when this
/// returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId) -> Result<(), Refused> {
    let who = who.clone();
    if let Some(queue) = desk.admit(move |conn, _| admit(conn, &who, id)).await? {
        desk.hints.give(&queue);
    }
    Ok(())
}

fn admit(conn: &Conn<'_>, who: &Requester, id: VolumeId) -> Result<Option<String>, Refused> {
    let volume = volume::find(conn, who, id)?;
    if volume.status != VolumeStatus::Available {
        let why = format!("Volume {id} status must be available, but current status is {}.", volume.status);
        return Err(Refusal::InvalidVolume(why).into());
    }
    template::check_is_no_disk(conn, id, "what it stands on stays")?;
    volume::check_not_held(conn, &volume)?;
    volume::check_not_frozen(conn, &volume)?;
    let stands = of_location(volume.provider_location.as_deref()).is_some();
    let Some(backend) = volume::backend(&volume).filter(|_| stands) else { return Ok(None) };
    store::volumes::set_status(conn, id, MEANWHILE)?;
    let queue = volume_queue(backend);
    operations::admit(conn, &who.operation(KIND, volume::key(id), queue.clone(), FLATTEN))?;
    Ok(Some(queue))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase != FLATTEN {
        return unknown_phase(operation);
    }
    let (volume, backend) = match ready::look(tools, operation).await {
        Ready::Yes(volume, backend) => (volume, backend),
        Ready::Never(volume, why) => return failed(operation, &volume, why),
        Ready::NotYet(step) => return step,
    };
    let (id, disk) = (volume.id, volume::driver_ref(&volume));
    let flat = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        bases::of(driver)?.flatten_volume(work, &disk)
    });
    match flat.await {
        Ok(made) => Step::done(move |conn| {
            let (location, name) = (made.provider_location.as_deref(), made.provider_id.as_deref());
            store::volumes::set_provisioned(conn, id, location, name)?;
            rest(conn, id)
        }),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, &volume, why)),
    }
}

fn rest(conn: &Conn<'_>, id: VolumeId) -> Result<(), store::StoreError> {
    let to = store::attachments::resting_status(conn, id)?;
    store::volumes::set_status_from(conn, id, &[MEANWHILE], to).map(drop)
}

fn failed(operation: &OperationRow, volume: &Volume, why: String) -> Step {
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            rest(conn, id)?;
            messages::write(conn, &operation, About::Volume, Action::FlattenVolume, &Detail::Backend(told))
        }),
    }
}
