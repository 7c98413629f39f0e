//! Resetting a template's disk or a desktop: what was written to it is dropped, and it stands on a generation again.
//!
//! ```text
//! accept ──▶ base (backend; waits until the generation is there) ──▶ reset ──▶ as it was
//!              │ gives up: as it was                                   │ gives up: error (in use: as it was)
//! ```

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{BaseId, ImageId, Refusal, TemplateId, Volume, VolumeId, VolumeStatus, status};
use ports::DriverError;
use ports::volume::{Provisioned, bases};
use serde::{Deserialize, Serialize};
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{conflict, newest, usable};
use crate::base;
use crate::base::want::{Awaited, Place, awaited};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::{Desk, Refused, Requester, Tools, failure, volume, volume_queue};

pub(crate) const KIND: &str = "template.reset";

/// Waiting until the generation is on the backend. Nothing is touched yet.
const BASE: &str = "base";
/// Putting it in the place of what there is.
const RESET: &str = "reset";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    template: TemplateId,
    number: u64,
    image: ImageId,
    base: Option<BaseId>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Accepts that a volume, the disk of a template or a desktop, is reset: to generation `number`, or else to the one that
/// was rolled out to it, or, as a template's disk, to the newest. It is `reverting` when this returns. Answers with the
/// number.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, id: VolumeId, number: Option<u64>) -> Result<u64, Refused> {
    let who = who.clone();
    let (number, queue) = desk.admit(move |conn, _| admit(conn, &who, id, number)).await?;
    desk.hints.give(&queue);
    Ok(number)
}

/// Accepts that a desktop is about to start: where another generation was rolled out to it, it is reset to that. Answers
/// with the number if it is.
///
/// # Errors
/// As [`accept`].
pub async fn accept_start(desk: &Desk, who: &Requester, id: VolumeId) -> Result<Option<u64>, Refused> {
    let who = who.clone();
    let admitted = desk.admit(move |conn, _| {
        volume::find(conn, &who, id)?;
        let Some(desktop) = store::templates::desktop(conn, id)? else { return no_desktop(id) };
        match desktop.target.filter(|target| *target != desktop.generation) {
            Some(target) => admit(conn, &who, id, Some(target)).map(Some),
            None => Ok(None),
        }
    });
    let Some((number, queue)) = admitted.await? else { return Ok(None) };
    desk.hints.give(&queue);
    Ok(Some(number))
}

fn no_desktop<T>(id: VolumeId) -> Result<T, Refused> {
    Err(Refusal::Absent(format!("Volume {id} is neither a desktop nor the disk of a template.")).into())
}

fn admit(
    conn: &Conn<'_>,
    who: &Requester,
    id: VolumeId,
    number: Option<u64>,
) -> Result<(u64, String), Refused> {
    let volume = volume::find(conn, who, id)?;
    let desktop = store::templates::desktop(conn, id)?;
    let template = match &desktop {
        Some(desktop) => store::templates::get(conn, desktop.template_id)?,
        None => store::templates::of_disk(conn, id)?,
    };
    let Some(template) = template else { return no_desktop(id) };
    let asked = number.or_else(|| desktop.as_ref().map(|it| it.target.unwrap_or(it.generation)));
    let generation = match asked {
        Some(number) => usable(conn, &template, number)?,
        None => match newest(conn, &template)? {
            Some(newest) => newest,
            None => return conflict(format!("Template {} has no generation yet.", template.id)),
        },
    };
    if volume.size_gib < generation.size_gib {
        let why = format!(
            "Volume {id} of {} GiB cannot hold generation {} of {} GiB.",
            volume.size_gib, generation.number, generation.size_gib
        );
        return Err(Refusal::InvalidVolume(why).into());
    }
    if !status::REVERT.allows(volume.status) {
        let why = format!("Volume {id} status must be available, but current status is {}.", volume.status);
        return Err(Refusal::InvalidVolume(why).into());
    }
    volume::check_not_held(conn, &volume)?;
    volume::check_not_frozen(conn, &volume)?;
    let Some(backend) = volume::backend(&volume) else {
        return Err(Refusal::InvalidVolume(format!("Volume {id} is on no backend.")).into());
    };
    store::volumes::set_status(conn, id, status::REVERT.interim)?;
    let queue = volume_queue(backend);
    let args =
        Args { template: template.id, number: generation.number, image: generation.image_id, base: None };
    let mut operation = who.operation(KIND, volume::key(id), queue.clone(), BASE);
    operation.args = args.to_json();
    operations::admit(conn, &operation)?;
    Ok((generation.number, queue))
}

/// The generation to which a volume is being reset.
pub(super) fn under_way(conn: &Conn<'_>, id: VolumeId) -> Result<Option<u64>, StoreError> {
    let Some(pending) = operations::pending(conn, &volume::key(id), KIND)? else { return Ok(None) };
    let args = operations::get(conn, pending)?.and_then(|it| serde_json::from_str::<Args>(&it.args).ok());
    Ok(args.map(|args| args.number))
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    match operation.phase.as_str() {
        BASE if operation.abandoned => {
            failed(operation, &volume, VolumeStatus::Available, GIVEN_UP.to_owned())
        }
        BASE => wait_for_base(operation, &volume, args),
        RESET => reset(tools, operation, &volume, args, progress).await,
        _ => unknown_phase(operation),
    }
}

/// From here on the base is read by the operation, and stays.
fn wait_for_base(operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let Some(backend) = volume::backend(volume).map(str::to_owned) else {
        return failed(operation, volume, VolumeStatus::Available, "it is on no backend".to_owned());
    };
    let pool = volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned);
    let (operation, volume, place) = (operation.clone(), volume.clone(), Place { backend, pool });
    Step::Decide(Box::new(move |conn| {
        let failure = match awaited(conn, &operation, &place, args.image)? {
            Awaited::There(base) => {
                let args = Args { base: Some(base), ..args };
                return Ok((Next::Phase(RESET), Some(args.to_json())));
            }
            Awaited::Coming => return Ok((failure::wait(conn, operation.created_at, base::COMING), None)),
            Awaited::Never(why) => why,
        };
        rest(conn, &operation, volume.id, VolumeStatus::Available, failure.clone())?;
        Ok((Next::Failed(failure), None))
    }))
}

async fn reset(
    tools: &Tools,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    progress: &Progress,
) -> Step {
    let give_up = |status, why| failed(operation, volume, status, why);
    if operation.abandoned {
        return give_up(VolumeStatus::Error, GIVEN_UP.to_owned());
    }
    let Some(id) = args.base else { return unknown_phase(operation) };
    let base = match tools.store.read(move |conn| store::bases::get(conn, id)).await {
        Ok(Some(base)) => base,
        Ok(None) => return give_up(VolumeStatus::Error, "the generation is gone".to_owned()),
        Err(error) => return failure::store_failed(&error),
    };
    let Some(backend) = tools.backends.get(&base.backend) else {
        return give_up(VolumeStatus::Error, "its backend is not one of this process".to_owned());
    };
    let (disk, wanted) = (volume::driver_ref(volume), base::driver_ref(&base));
    let done = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        bases::of(driver)?.reset_volume(work, &disk, &wanted)
    });
    match done.await {
        Ok(made) => finish(volume.id, args, made),
        Err(error) => failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| {
            // Who uses it has kept it as it was.
            let untouched = matches!(error, DriverError::Busy { .. });
            give_up(if untouched { VolumeStatus::Available } else { VolumeStatus::Error }, why)
        }),
    }
}

fn finish(id: VolumeId, args: Args, made: Provisioned) -> Step {
    Step::done(move |conn| {
        let (location, name) = (made.provider_location.as_deref(), made.provider_id.as_deref());
        store::volumes::set_provisioned(conn, id, location, name)?;
        if store::templates::desktop(conn, id)?.is_some() {
            store::templates::set_desktop_generation(conn, id, args.number)?;
        } else {
            store::templates::set_disk_generation(conn, args.template, Some(args.number))?;
        }
        let to = store::attachments::resting_status(conn, id)?;
        store::volumes::set_status_from(conn, id, &[status::REVERT.interim], to).map(drop)
    })
}

fn failed(operation: &OperationRow, volume: &Volume, status: VolumeStatus, why: String) -> Step {
    let (id, operation, told) = (volume.id, operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| rest(conn, &operation, id, status, told)),
    }
}

fn rest(
    conn: &Conn<'_>,
    operation: &OperationRow,
    id: VolumeId,
    status: VolumeStatus,
    why: String,
) -> Result<(), StoreError> {
    let to = volume::rested(conn, id, status)?;
    store::volumes::set_status_from(conn, id, &[status::REVERT.interim], to)?;
    messages::write(conn, operation, About::Volume, Action::VolumeRevert, &Detail::Backend(why))
}
