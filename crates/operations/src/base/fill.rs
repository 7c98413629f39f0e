//! Bringing the content of an image to a backend.
//!
//! ```text
//! admit ──▶ fill (backend) ──▶ ready
//!             │ gives up
//!             ▼
//!          clean up ──▶ error
//! ```

use std::time::Duration;

use ledger::{Next, Progress, Step};
use model::limits::MAX_SIZE_GIB;
use model::{Base, BaseStatus, GIB};
use ports::DriverError;
use ports::copy::{Target, copy};
use ports::volume::bases::location_on;
use ports::volume::{BaseRef, bases};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::{Cause, driver_ref};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::image::disk::ImageSource;
use crate::{Tools, failure, image};

pub(crate) const KIND: &str = "base.fill";

/// Making the base.
const FILL: &str = "fill";
/// Removing what was made of it.
const CLEAN_UP: &str = "clean-up";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    source: ImageSource,
    failure: Option<String>,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Admits that `base` is filled with the content of an image.
pub(super) fn admit(
    conn: &Conn<'_>,
    cause: &Cause,
    base: &Base,
    source: &ImageSource,
) -> Result<(), StoreError> {
    let args = Args { source: source.clone(), failure: None };
    let operation = NewOperation {
        args: args.to_json(),
        reads: vec![image::key(source.id)],
        ..cause.operation(KIND, base, FILL)
    };
    operations::admit(conn, &operation).map(drop)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let base = match super::load(&tools.store, &operation.resource).await {
        Ok(Some(base)) => base,
        Ok(None) => return vanished(),
        Err(error) => return Step::Retry { after: Duration::from_secs(1), why: error.chain() },
    };
    match operation.phase.as_str() {
        FILL => fill(tools, operation, &base, args, progress).await,
        CLEAN_UP => clean_up(tools, operation, &base, args, progress).await,
        _ => unknown_phase(operation),
    }
}

async fn fill(tools: &Tools, operation: &OperationRow, base: &Base, args: Args, progress: &Progress) -> Step {
    if operation.abandoned {
        return give_up(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = tools.backends.get(&base.backend) else {
        return give_up(args, "its backend is not one of this process".to_owned());
    };
    let (stores, exec, wanted) = (tools.image_stores.clone(), tools.exec.clone(), driver_ref(base));
    let source = args.source.clone();
    let filled = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let disk = source.open(stores.as_deref(), &exec)?;
        let size_gib = disk.size_bytes().div_ceil(GIB).max(1);
        if size_gib > MAX_SIZE_GIB {
            return Err(DriverError::Refused(format!("Image virtual size is {size_gib}GB.")));
        }
        let wanted = BaseRef { size_gib, ..wanted };
        bases::of(driver)?
            .ensure_base(work, &wanted, &|target, work| Ok(copy(&*disk, target, Target::Blank, work)?))?;
        Ok(size_gib)
    });
    let id = base.id;
    match filled.await {
        Ok(size_gib) => Step::done(move |conn| store::bases::set_ready(conn, id, size_gib)),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

fn give_up(args: Args, why: String) -> Step {
    let args = Args { failure: Some(why), ..args };
    Step::Advance { next: Next::Phase(CLEAN_UP), args: Some(args.to_json()), change: Box::new(|_| Ok(())) }
}

/// Whatever cannot be removed now is removed when the base is filled again, or removed.
async fn clean_up(
    tools: &Tools,
    operation: &OperationRow,
    base: &Base,
    args: Args,
    progress: &Progress,
) -> Step {
    let (id, location) = (base.id, location_on(base.id));
    let is_stood_on = match tools.store.read(move |conn| store::bases::is_stood_on(conn, id, &location)).await
    {
        Ok(is_stood_on) => is_stood_on,
        Err(error) => return failure::store_failed(&error),
    };
    // What stands on it was made from it when it was whole, and may have it back.
    let removed = match is_stood_on {
        true => Ok(()),
        false => super::remove::remove(tools, operation, base, progress).await,
    };
    if let Err(error) = removed {
        match failure::insist(operation, &tools.settings, &error) {
            Ok(step) => return step,
            Err(why) => tracing::error!(base = %base.id, why, "left behind until the base is filled again"),
        }
    }
    let why = args.failure.unwrap_or_else(|| "the backend gave up".to_owned());
    let told = why.clone();
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| store::bases::set_status(conn, id, BaseStatus::Error, Some(&told))),
    }
}
