//! Growing a volume.
//!
//! ```text
//! accept ──▶ room (scheduler) ──▶ grow (backend) ──▶ available or in-use
//!              │ no room             │ gives up
//!              ▼                     ▼
//!          as it was           error_extending
//! ```
//!
//! Where the host of a server has to grow what the server has open, [`by_host`] comes before `grow` has its effect.

mod by_host;

pub use by_host::complete;
pub(in crate::volume) use by_host::give_up;

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::message::Action;
use model::quota::Counted;
use model::refusal::Noun;
use model::{Refusal, Timestamp, Volume, VolumeId, VolumeStatus, VolumeType, status};
use placement::{Demand, Request};
use ports::ComputeEvent;
use ports::volume::Provisioned;
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::ready::{self, Ready};
use crate::compute_event;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::placing::{self, Outcome};
use crate::quota::{Ask, Limits, gib};
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, Tools, failure, volume, volume_queue};

pub(crate) const KIND: &str = "volume.extend";

/// Looking whether its pool has room.
const ROOM: &str = "room";
/// Growing it.
const GROW: &str = "grow";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    new_size_gib: u64,
    /// Where the status goes back to.
    before: VolumeStatus,
    /// When its pool had no room for the first time.
    refused_at: Option<Timestamp>,
}

/// Who asks: an attached volume is asked for under a rule of its own.
#[derive(Clone)]
pub struct Askers {
    /// With the authority over volumes that are not attached.
    pub detached: Requester,
    /// With the authority over attached ones; none where those cannot grow (before 3.42).
    pub attached: Option<Requester>,
}

/// Accepts that a volume is to grow to `new_size_gib`.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: Askers, id: VolumeId, new_size_gib: u64) -> Result<(), Refused> {
    desk.admit(move |conn, settings| admit(conn, settings, &who, id, new_size_gib)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(())
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Askers,
    id: VolumeId,
    new_size_gib: u64,
) -> Result<(), Refused> {
    let is_attached = |volume: Volume| volume.status == VolumeStatus::InUse;
    let (who, rule) = match &who.attached {
        Some(attached) if store::volumes::get(conn, id)?.is_some_and(is_attached) => {
            (attached, status::EXTEND_ATTACHED)
        }
        _ => (&who.detached, status::EXTEND),
    };
    let volume = volume::find(conn, who, id)?;
    volume::check_not_frozen(conn, &volume)?;
    let current = volume.size_gib;
    if new_size_gib <= current {
        let why = format!(
            "New size for extend must be greater than current size. (current: {current}, extended: {new_size_gib})."
        );
        return Err(Refusal::InvalidInput(why).into());
    }
    let volume_type = store::volume_types::get(conn, volume.volume_type_id)?
        .ok_or_else(|| Refusal::not_found(Noun::VolumeType, volume.volume_type_id))?;
    super::create::check_type_limits(new_size_gib, &volume_type)?;
    if !rule.allows(volume.status) {
        let now = volume.status;
        let why =
            format!("Volume {id} status must be '{{'status': 'available'}}' to extend, currently {now}.");
        return Err(Refusal::InvalidVolume(why).into());
    }
    volume::check_not_held(conn, &volume)?;
    charge(conn, settings, &volume, &volume_type, new_size_gib)?;
    store::volumes::set_status(conn, id, rule.interim)?;
    operations::admit(conn, &operation(who, &volume, new_size_gib))?;
    Ok(())
}

fn charge(
    conn: &Conn<'_>,
    settings: &Settings,
    volume: &Volume,
    volume_type: &VolumeType,
    new_size_gib: u64,
) -> Result<(), Refused> {
    let limits = Limits::read(conn, &volume.project_id)?;
    limits.check_size(settings, new_size_gib)?;
    if volume.consumes_quota {
        let more = gib(new_size_gib) - gib(volume.charged_gib);
        let asks = [Ask { counted: Counted::Gigabytes, amount: more }];
        limits.check(conn, settings, &volume.project_id, volume_type, &asks)?;
    }
    Ok(store::volumes::charge(conn, volume.id, new_size_gib)?)
}

fn operation(who: &Requester, volume: &Volume, new_size_gib: u64) -> NewOperation {
    let args = Args { new_size_gib, before: volume.status, refused_at: None };
    NewOperation {
        args: serde_json::to_string(&args).unwrap_or_default(),
        ..who.operation(KIND, volume::key(volume.id), SCHEDULER_QUEUE.to_owned(), ROOM)
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        ROOM => room(tools, operation, args),
        GROW | by_host::CONFIRM => grow(tools, operation, args, progress).await,
        by_host::AWAIT => by_host::await_word(operation, args),
        _ => unknown_phase(operation),
    }
}

fn room(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut args = args;
        let found = store::volumes::get(conn, id)?;
        let Some((volume, host)) = found.and_then(|volume| volume.host.clone().map(|host| (volume, host)))
        else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if operation.abandoned {
            return no_room(conn, &operation, &volume, args, GIVEN_UP);
        }
        let attached = args.before == VolumeStatus::InUse;
        let demand = Demand::Extend { from_gib: volume.size_gib, to_gib: args.new_size_gib, attached };
        let mut request = Request { demand, resource_backend: Some(host.clone()), ..Request::default() };
        placing::describe(conn, &mut request, &volume)?;
        // The pool was charged on admission; it is asked as if it had not been, for this volume or for those whose
        // turn comes later: together they may be too much, one by one some are not.
        let undecided_gib = store::volumes::growth_in(conn, &host, SCHEDULER_QUEUE, KIND, ROOM)?;
        let charged = (host.as_str(), undecided_gib);
        match placer.choose_uncharged(conn, request, charged)? {
            Outcome::Placed { .. } => {
                let queue = volume_queue(model::service::backend_of(&host));
                Ok((Next::Hand { queue, phase: GROW }, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut args.refused_at) {
                Ok(wait) => Ok((wait, serde_json::to_string(&args).ok())),
                Err(why) => no_room(conn, &operation, &volume, args, &why),
            },
        }
    }))
}

/// Nothing was touched: the volume goes back to what it was.
fn no_room(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    args: Args,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    store::volumes::charge(conn, volume.id, volume.size_gib)?;
    let rested = volume::rested(conn, volume.id, args.before)?;
    store::volumes::set_status_from(conn, volume.id, &[VolumeStatus::Extending], rested)?;
    let detail = Detail::NoPool(why.to_owned());
    messages::write(conn, operation, About::Volume, Action::ExtendVolume, &detail)?;
    Ok((Next::Failed(why.to_owned()), None))
}

async fn grow(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let (volume, backend) = match ready::look(tools, operation).await {
        Ready::Yes(volume, backend) => (volume, backend),
        Ready::Never(volume, why) => return failed(operation, &volume, why),
        Ready::NotYet(step) => return step,
    };
    let is_asked = operation.phase == GROW && args.before == VolumeStatus::InUse;
    if is_asked && backend.driver.is_grown_by_host(&volume::driver_ref(&volume)) {
        return by_host::ask(tools, operation, &volume, args);
    }
    let mut larger = volume::driver_ref(&volume);
    larger.size_gib = args.new_size_gib;
    let grown = tools
        .effects
        .run(&operation.resource, backend, progress, move |driver, work| driver.extend_volume(work, &larger));
    match grown.await {
        Ok(grown) => finish(operation, tells_compute(tools, operation), &volume, args, grown),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, &volume, why)),
    }
}

/// Whether servers are to hear of it: the one whose host has grown it knows.
fn tells_compute(tools: &Tools, operation: &OperationRow) -> bool {
    tools.compute.is_some() && operation.phase == GROW
}

fn finish(
    operation: &OperationRow,
    tells_compute: bool,
    volume: &Volume,
    args: Args,
    grown: Provisioned,
) -> Step {
    let (id, cause) = (volume.id, operation.clone());
    Step::done(move |conn| {
        store::volumes::set_size(conn, id, args.new_size_gib)?;
        let (location, provider_id) = (grown.provider_location.as_deref(), grown.provider_id.as_deref());
        store::volumes::renew_provisioned(conn, id, location, provider_id)?;
        store::host_growths::end(conn, id)?;
        let rested = volume::rested(conn, id, args.before)?;
        store::volumes::set_status_from(conn, id, &[VolumeStatus::Extending], rested)?;
        compute_event::admit(conn, tells_compute, &cause, ComputeEvent::VolumeExtended, id)
    })
}

fn failed(operation: &OperationRow, volume: &Volume, why: String) -> Step {
    let (operation, volume) = (operation.clone(), volume.clone());
    Step::Decide(Box::new(move |conn| Ok((fail(conn, &operation, &volume, why)?, None))))
}

/// The volume may or may not have grown; it is charged with what its row says, and cannot be used until it is reset.
fn fail(conn: &Conn<'_>, operation: &OperationRow, volume: &Volume, why: String) -> Result<Next, StoreError> {
    store::volumes::charge(conn, volume.id, volume.size_gib)?;
    store::host_growths::end(conn, volume.id)?;
    store::volumes::set_status_from(conn, volume.id, &[VolumeStatus::Extending], status::EXTEND.failed)?;
    let detail = Detail::Backend(why.clone());
    messages::write(conn, operation, About::Volume, Action::ExtendVolume, &detail)?;
    Ok(Next::Failed(why))
}
