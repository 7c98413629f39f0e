//! Placing: one transaction that chooses a pool, charges it, and hands the volume to its backend.

use std::sync::Arc;

use ledger::{Next, Step};
use model::Volume;
use model::message::Action;
use placement::Request;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Args, PROVISION};
use crate::failure::{GIVEN_UP, vanished};
use crate::messages::{self, About, Detail};
use crate::placing::{self, Outcome};
use crate::{Tools, volume, volume_queue};

pub(super) fn step(tools: &Tools, operation: &OperationRow, args: Args) -> Step {
    let Some(id) = volume::of_key(&operation.resource) else { return vanished() };
    let (placer, hints, operation) = (Arc::clone(&tools.placer), tools.hints.clone(), operation.clone());
    Step::Decide(Box::new(move |conn| {
        let mut args = args;
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        if operation.abandoned {
            return fail(conn, &operation, &volume, GIVEN_UP);
        }
        let request = request(conn, &volume, &args)?;
        match placer.choose(conn, request)? {
            Outcome::Placed { host, zone } => {
                store::volumes::place(conn, &volume, &host, &zone)?;
                let queue = volume_queue(model::service::backend_of(&host));
                Ok((Next::Hand { queue, phase: PROVISION }, None))
            }
            Outcome::Nowhere(nowhere) => match nowhere.wait(conn, &hints, &mut args.refused_at) {
                Some(wait) => Ok((wait, Some(args.to_json()))),
                None => fail(conn, &operation, &volume, &after_failures(&args, &nowhere.why)),
            },
        }
    }))
}

fn request(conn: &Conn<'_>, volume: &Volume, args: &Args) -> Result<Request, StoreError> {
    let mut request = Request::create(volume.size_gib);
    request.availability_zone = args.zone.clone();
    request.availability_zones = args.type_zones.clone();
    request.resource_backend = args.pinned_to.clone();
    request.attempted = args.tried.clone();
    request.hints = args.hints.clone();
    placing::describe(conn, &mut request, volume)?;
    Ok(request)
}

/// When backends were tried before, their failure says more than the refusal that is left.
fn after_failures(args: &Args, why: &str) -> String {
    match &args.failure {
        Some(failure) => format!("{} failed: {failure}; then {why}", args.tried.join(", ")),
        None => why.to_owned(),
    }
}

fn fail(
    conn: &Conn<'_>,
    operation: &OperationRow,
    volume: &Volume,
    why: &str,
) -> Result<(Next, Option<String>), StoreError> {
    super::set_failed(conn, volume.id)?;
    let detail = Detail::NoPool(why.to_owned());
    messages::write(conn, operation, About::Volume, Action::ScheduleAllocateVolume, &detail)?;
    Ok((Next::Failed(why.to_owned()), None))
}
