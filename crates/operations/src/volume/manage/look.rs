//! Looking at what is to be taken over: whether it may be, and what it costs.

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::Volume;
use model::quota::Counted;
use ports::volume::{Existing, manage};
use store::Conn;
use store::operations::OperationRow;

use super::{ADOPT, Args, fail, failed};
use crate::failure::{GIVEN_UP, vanished};
use crate::manageable::is_managed;
use crate::quota::{Ask, Limits, gib};
use crate::volume::create::check_type_limits;
use crate::{Refused, Settings, Tools, failure, volume};

pub(super) async fn step(tools: &Tools, operation: &OperationRow, args: Args, progress: &Progress) -> Step {
    let volume = match volume::load(&tools.store, &operation.resource).await {
        Ok(Some(volume)) => volume,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return failed(operation, volume.id, GIVEN_UP.to_owned());
    }
    let Some(backend) = volume::backend(&volume).and_then(|host| tools.backends.get(host)) else {
        return failed(operation, volume.id, "its backend is not one of this process".to_owned());
    };
    let reference = args.reference.clone();
    let looked = tools.effects.run(&operation.resource, backend, progress, move |driver, _| {
        manage::of(driver)?.look_at(&reference)
    });
    match looked.await {
        Ok(Existing { unsafe_because: Some(why), .. }) => failed(operation, volume.id, why),
        Ok(existing) => charge(tools, operation, volume, args, existing),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, volume.id, why)),
    }
}

/// Charges the project and the pool, if nobody has it yet and it is not too much.
fn charge(tools: &Tools, operation: &OperationRow, volume: Volume, mut args: Args, found: Existing) -> Step {
    let (settings, operation) = (Arc::clone(&tools.settings), operation.clone());
    Step::Decide(Box::new(move |conn| {
        if is_managed(conn, found.ours)? {
            return fail(conn, &operation, volume.id, "it is managed already");
        }
        match check(conn, &settings, &volume, found.size_gib) {
            Ok(()) => {}
            Err(Refused::Refusal(refusal)) => return fail(conn, &operation, volume.id, &refusal.to_string()),
            Err(Refused::Store(error)) => return Err(error),
        }
        store::volumes::charge(conn, volume.id, found.size_gib)?;
        args.size_gib = found.size_gib;
        Ok((Next::Phase(ADOPT), Some(args.to_json())))
    }))
}

fn check(conn: &Conn<'_>, settings: &Settings, volume: &Volume, size_gib: u64) -> Result<(), Refused> {
    let Some(volume_type) = store::volume_types::get(conn, volume.volume_type_id)? else { return Ok(()) };
    check_type_limits(size_gib, &volume_type)?;
    let limits = Limits::read(conn, &volume.project_id)?;
    limits.check_size(settings, size_gib)?;
    let more = gib(size_gib) - gib(volume.charged_gib);
    let asks = [Ask { counted: Counted::Gigabytes, amount: more }];
    limits.check(conn, settings, &volume.project_id, &volume_type, &asks)
}
