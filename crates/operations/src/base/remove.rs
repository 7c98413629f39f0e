//! Removing a base that nothing needs.
//!
//! ```text
//! admit ──▶ remove (backend) ──▶ gone
//!             │ gives up ──▶ error, and tried again by the next who keeps house
//! ```

use ledger::{Next, Progress, Step};
use model::{Base, BaseStatus};
use ports::{DriverError, volume::bases};
use store::operations::OperationRow;

use super::driver_ref;
use crate::failure::{unknown_phase, vanished};
use crate::{Tools, failure};

pub(crate) const KIND: &str = "base.remove";

/// Removing it.
pub(super) const REMOVE: &str = "remove";

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase != REMOVE {
        return unknown_phase(operation);
    }
    let base = match super::load(&tools.store, &operation.resource).await {
        Ok(Some(base)) => base,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let id = base.id;
    match remove(tools, operation, &base, progress).await {
        Ok(()) => {
            tools.has_more_room(&base.backend);
            Step::done(move |conn| store::bases::remove(conn, id))
        }
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| failed(&base, why))
        }
    }
}

/// Removes what there is of a base on its backend.
pub(super) async fn remove(
    tools: &Tools,
    operation: &OperationRow,
    base: &Base,
    progress: &Progress,
) -> Result<(), DriverError> {
    let Some(backend) = tools.backends.get(&base.backend) else {
        return Err(DriverError::Refused("its backend is not one of this process".to_owned()));
    };
    let unwanted = driver_ref(base);
    let removed = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        bases::of(driver)?.remove_base(work, &unwanted)
    });
    removed.await
}

fn failed(base: &Base, why: String) -> Step {
    let (id, told) = (base.id, why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| store::bases::set_status(conn, id, BaseStatus::Error, Some(&told))),
    }
}
