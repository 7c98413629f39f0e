//! Finding the hash of a generation that was saved, and how much of it differs: with that it is available, and brought to
//! every backend that has the one before.
//!
//! ```text
//! admit ──▶ read (backend) ──▶ available
//!             │ gives up ──▶ error
//! ```

use ledger::{Next, Progress, Step};
use model::{Base, GenerationStatus, Template, TemplateId};
use ports::volume::{BaseRef, bases};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::templates::generations;
use store::{Conn, StoreError};

use super::{difference, export, save};
use crate::base;
use crate::base::want::{Place, want};
use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::{Tools, failure, volume_queue};

pub(crate) const KIND: &str = "generation.digest";

/// Reading all of it.
const READ: &str = "read";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    template: TemplateId,
    number: u64,
}

/// Admits it for the generation whose content `base` has.
pub(super) fn admit(
    conn: &Conn<'_>,
    cause: &Cause,
    base: &Base,
    template: TemplateId,
    number: u64,
) -> Result<(), StoreError> {
    let args = serde_json::to_string(&Args { template, number }).unwrap_or_default();
    let resource = export::key(base.image_id);
    let mut operation = cause.operation(KIND, resource, volume_queue(&base.backend), READ);
    operation.reads = vec![base::key(base.id)];
    operations::admit(conn, &NewOperation { args, ..operation }).map(drop)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.phase != READ {
        return unknown_phase(operation);
    }
    let ends = match export::ends(tools, args.template, args.number).await {
        Ok(Some(ends)) => ends,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return failed(args, GIVEN_UP.to_owned());
    }
    let Some(backend) = tools.backends.get(&ends.base.backend) else {
        return failed(args, "its backend is not one of this process".to_owned());
    };
    let (wanted, parent) = (base::driver_ref(&ends.base), ends.parent.as_ref().map(base::driver_ref));
    let read = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let family = bases::of(driver)?;
        let open = |base: &BaseRef| family.open_base(base);
        let parent = parent.as_ref().map(open).transpose()?;
        difference::measure(&*open(&wanted)?, parent.as_deref(), work)
    });
    let (image, cause) = (ends.base.image_id, Cause::of(operation));
    match read.await {
        Ok(found) => Step::done(move |conn| {
            generations::set_saved(conn, image, found.changed_bytes, &found.sha256)?;
            save::activate(conn, image, ends.base.size_gib)?;
            let Some(template) = store::templates::get(conn, args.template)? else { return Ok(()) };
            store::templates::offer(conn, template.id, args.number)?;
            spread(conn, &cause, &template, args.number)
        }),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| failed(args, why))
        }
    }
}

/// Has a generation brought to every backend that has the one that it differs from.
fn spread(conn: &Conn<'_>, cause: &Cause, template: &Template, number: u64) -> Result<(), StoreError> {
    let Some(new) = generations::get(conn, template.id, number)? else { return Ok(()) };
    let Some(parent) = new.parent.map(|parent| generations::get(conn, template.id, parent)).transpose()?
    else {
        return Ok(());
    };
    for base in
        parent.map(|parent| store::bases::of_image(conn, parent.image_id)).transpose()?.unwrap_or_default()
    {
        if Some(&base.backend) != new.backend.as_ref() {
            let place = Place { backend: base.backend.clone(), pool: base.pool.clone() };
            want(conn, cause, &place, new.image_id)?;
        }
    }
    Ok(())
}

fn failed(args: Args, why: String) -> Step {
    let told = why.clone();
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            let failed = GenerationStatus::Error;
            generations::set_status(conn, args.template, args.number, failed, Some(&told))?;
            save::forget_ground(conn, args.template, args.number)
        }),
    }
}
