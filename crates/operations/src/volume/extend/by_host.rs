//! Growing a volume that a server has open on a backend that cannot change what is open: the host of the server grows it,
//! and the compute service says whether it has (`os-extend_volume_completion`).
//!
//! ```text
//! ask ──▶ await ──▶ confirm (backend finds it grown) ──▶ in-use
//!  │        │ it has not, or nothing was said in time
//!  ▼        ▼
//! error_extending
//! ```
//!
//! While it waits, an operation is a row and nothing else: no worker has it, and the word makes it due.

use std::time::Duration;

use ledger::{Next, Step};
use model::{Attachment, Refusal, Timestamp, Volume, VolumeId, VolumeStatus};
use ports::ComputeEvent;
use store::operations::{self, OperationRow};

use super::{Args, KIND, fail};
use crate::failure::{GIVEN_UP, vanished};
use crate::{Desk, Refused, Requester, Tools, compute_event, volume, volume_queue};

/// Waiting for the word of the compute service.
pub(super) const AWAIT: &str = "await";
/// Having the backend find it grown.
pub(super) const CONFIRM: &str = "confirm";

/// Asks the only server that has the volume to grow it. Where nobody has it any longer, the backend does so itself.
pub(super) fn ask(tools: &Tools, operation: &OperationRow, volume: &Volume, args: Args) -> Step {
    let (operation, volume) = (operation.clone(), volume.clone());
    let (can_ask, patience_s) = (tools.compute.is_some(), tools.settings.extend_completion_timeout_s);
    Step::Decide(Box::new(move |conn| {
        let id = volume.id;
        let attachments = store::attachments::of_volume(conn, id)?;
        if attachments.is_empty() {
            return Ok((Next::Phase(CONFIRM), None));
        }
        if let Some(why) = why_nobody_can(&attachments, can_ask) {
            return Ok((fail(conn, &operation, &volume, why)?, None));
        }
        store::host_growths::begin(conn, id, args.new_size_gib, patience_s)?;
        compute_event::admit(conn, can_ask, &operation, ComputeEvent::VolumeExtended, id)?;
        Ok((Next::Phase(AWAIT), None))
    }))
}

/// Why there is no server that could grow it.
fn why_nobody_can(attachments: &[Attachment], can_ask: bool) -> Option<String> {
    let only_the_host = "its backend leaves it to the host of a server to grow what is attached";
    match attachments {
        [one] if one.instance_uuid.is_none() => Some(format!("{only_the_host}, and no server has it")),
        [_] if can_ask => None,
        [_] => Some(format!("{only_the_host}, and no compute service is configured ([nova])")),
        many => Some(format!("{only_the_host}, and it has {} attachments, not 1", many.len())),
    }
}

/// Looks whether anything was said, and waits for it otherwise.
pub(super) fn await_word(operation: &OperationRow, args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let operation = operation.clone();
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        let sizes = format!("from {} to {} GiB", volume.size_gib, args.new_size_gib);
        let why = match store::host_growths::get(conn, id)? {
            _ if operation.abandoned => GIVEN_UP.to_owned(),
            Some(growth) => match growth.has_grown {
                Some(true) => return Ok((Next::Phase(CONFIRM), None)),
                Some(false) => format!("the server that has it could not grow it {sizes}"),
                None if conn.now() < growth.wait_until => {
                    let after = pause(conn.now(), growth.wait_until);
                    return Ok((
                        Next::Wait { after, what: "the server that has it to grow it".to_owned() },
                        None,
                    ));
                }
                None => {
                    let waited_s = growth.wait_until.since(growth.asked_at) / 1_000_000;
                    format!(
                        "the compute service has not said within {waited_s} s that the server has grown it {sizes}"
                    )
                }
            },
            None => format!("nobody was asked to grow it {sizes}"),
        };
        Ok((fail(conn, &operation, &volume, why)?, None))
    }))
}

fn pause(now: Timestamp, until: Timestamp) -> Duration {
    Duration::from_micros(until.since(now).unsigned_abs())
}

/// Takes the word of the compute service for the server that has the volume: whether it `has_grown`.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn complete(desk: &Desk, who: &Requester, id: VolumeId, has_grown: bool) -> Result<(), Refused> {
    let who = who.clone();
    let volume = desk.admit(move |conn, _| {
        let volume = volume::find(conn, &who, id)?;
        let refused = |why: &str| Err(Refusal::InvalidVolume(why.to_owned()).into());
        if volume.status != VolumeStatus::Extending {
            return refused("Volume is not being extended.");
        }
        if !store::host_growths::take_word(conn, id, has_grown)? {
            return refused("Required volume admin metadata is malformed or missing.");
        }
        if let Some(waiting) = operations::pending(conn, &volume::key(id), KIND)? {
            operations::hurry(conn, waiting)?;
        }
        Ok(volume)
    });
    if let Some(backend) = volume::backend(&volume.await?) {
        desk.hints.give(&volume_queue(backend));
    }
    Ok(())
}

/// Gives up to wait for the word, because an administrator gives the volume another status.
///
/// # Errors
/// The store's own.
pub(in crate::volume) fn give_up(conn: &store::Conn<'_>, volume: &Volume) -> Result<(), store::StoreError> {
    let growth = store::host_growths::get(conn, volume.id)?;
    match growth.is_some_and(|growth| growth.has_grown.is_none()) {
        true => operations::give_up(conn, &volume::key(volume.id), KIND),
        false => Ok(()),
    }
}
