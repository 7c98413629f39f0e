//! Having the storage let a host out, and the turns of those who let in and out: what connecting, disconnecting and
//! exporting have in common.

use ledger::{Next, Progress, Step};
use model::{AttachmentId, Connector, VolumeId};
use store::StoreError;
use store::operations::{self, OperationRow};

use super::others::{Leave, leave};
use super::{driver_ref, key};
use crate::{Tools, failure, volume};

/// Who has the turn before.
const PREDECESSOR: &str = "what is done to another attachment of the volume";

/// Takes the turn among what is done to the attachments of a volume, and goes on to `phase`.
pub(super) fn turn(operation: &OperationRow, volume: VolumeId, phase: &'static str) -> Step {
    let (id, since) = (operation.id, operation.created_at);
    Step::Decide(Box::new(move |conn| {
        if operations::take_turn(conn, id, &key(volume))? {
            return Ok((Next::Phase(phase), None));
        }
        Ok((failure::wait(conn, since, PREDECESSOR), None))
    }))
}

/// Why a host is still in.
pub(super) enum StillIn {
    /// It has to be tried again.
    Wait(Box<Step>),
    /// It was tried often enough.
    GaveUp(String),
}

/// Has the storage let out who leaves, unless somebody else needs what he needed.
pub(super) async fn let_out(
    tools: &Tools,
    operation: &OperationRow,
    (volume_id, attachment_id): (VolumeId, Option<AttachmentId>),
    connector: Option<Connector>,
    progress: &Progress,
) -> Result<(), StillIn> {
    let read = tools.store.read(move |conn| {
        let leave = leave(conn, volume_id, attachment_id, connector.as_ref())?;
        Ok((store::volumes::get(conn, volume_id)?, leave))
    });
    let retry = |error: StoreError| StillIn::Wait(Box::new(failure::store_failed(&error)));
    let (found, leave) = read.await.map_err(retry)?;
    let who = match leave {
        Leave::Nothing => return Ok(()),
        Leave::Host(connector) => Some(connector),
        Leave::Everybody => None,
    };
    // Whoever removes a volume has let out everybody.
    let Some(volume) = found else { return Ok(()) };
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return match volume.host {
            None => Ok(()),
            Some(_) => Err(StillIn::GaveUp("its backend is not one of this process".to_owned())),
        };
    };
    let target = driver_ref(tools, &volume).await.map_err(retry)?;
    let thing = volume::key(volume_id);
    let out = tools
        .effects
        .run(&thing, backend, progress, move |driver, work| driver.disconnect(work, &target, who.as_ref()));
    out.await.map_err(|error| match failure::again(operation, &tools.settings, &error) {
        Ok(step) => StillIn::Wait(Box::new(step)),
        Err(why) => StillIn::GaveUp(why),
    })
}
