//! Putting what a generation differs in into the image store, for backends that cannot reach the one that has it.
//!
//! ```text
//! request ──▶ put (backend) ──▶ exported
//!               │ gives up ──▶ asked for again by whoever needs it
//! ```

use std::sync::Arc;

use ledger::{Next, Progress, Step};
use model::{Base, BaseStatus, Generation, ImageId, TemplateId};
use ports::DriverError;
use ports::volume::{BaseRef, bases};
use serde::{Deserialize, Serialize};
use store::operations::{self, NewOperation, OperationRow};
use store::templates::generations;
use store::{Conn, StoreError};

use super::difference;
use crate::base;
use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::{Tools, failure, volume_queue};

pub(crate) const KIND: &str = "generation.export";

/// Putting it.
const PUT: &str = "put";

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Args {
    template: TemplateId,
    number: u64,
}

/// The key of a generation in the ledger, by its image.
pub(super) fn key(image: ImageId) -> String {
    format!("generation/{image}")
}

/// Sees to it that the data of a generation are in the image store, or on their way there.
pub(crate) fn request(conn: &Conn<'_>, cause: &Cause, generation: &Generation) -> Result<(), StoreError> {
    let key = key(generation.image_id);
    let Some(backend) = generation.backend.as_ref().filter(|_| !generation.exported) else { return Ok(()) };
    let Some(base) = store::bases::find(conn, backend, generation.image_id)? else { return Ok(()) };
    // Its hash comes first: whoever applies it compares.
    if operations::is_pending(conn, &key)? || generation.sha256.is_none() {
        return Ok(());
    }
    generations::set_failure(conn, generation.image_id, None)?;
    let args = Args { template: generation.template_id, number: generation.number };
    let mut operation = cause.operation(KIND, key, volume_queue(backend), PUT);
    operation.reads = vec![base::key(base.id), crate::image::key(generation.image_id)];
    let args = serde_json::to_string(&args).unwrap_or_default();
    operations::admit(conn, &NewOperation { args, ..operation }).map(drop)
}

/// A generation where it was saved, and what it differs from there.
pub(super) struct Ends {
    pub(super) base: Base,
    pub(super) parent: Option<Base>,
}

/// None when the generation, or its base, is gone.
pub(super) async fn ends(
    tools: &Tools,
    template: TemplateId,
    number: u64,
) -> Result<Option<Ends>, StoreError> {
    let read = tools.store.read(move |conn| {
        let Some(generation) = generations::get(conn, template, number)? else { return Ok(None) };
        let Some(backend) = &generation.backend else { return Ok(None) };
        let Some(base) = store::bases::find(conn, backend, generation.image_id)? else { return Ok(None) };
        let parent = generation.parent.map(|parent| generations::get(conn, template, parent)).transpose()?;
        let parent = parent.flatten().map(|parent| store::bases::find(conn, backend, parent.image_id));
        let parent = parent.transpose()?.flatten().filter(|base| base.status == BaseStatus::Ready);
        Ok::<_, StoreError>(Some(Ends { base, parent }))
    });
    read.await
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    if operation.phase != PUT {
        return unknown_phase(operation);
    }
    let ends = match ends(tools, args.template, args.number).await {
        Ok(Some(ends)) => ends,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    let image = ends.base.image_id;
    if operation.abandoned {
        return failed(image, GIVEN_UP.to_owned());
    }
    let Some(backend) = tools.backends.get(&ends.base.backend) else {
        return failed(image, "its backend is not one of this process".to_owned());
    };
    let stores = tools.image_stores.as_ref();
    let Some(store) = stores.and_then(|stores| stores.writable(&stores.default)).map(Arc::clone) else {
        return failed(image, "this process has no image store".to_owned());
    };
    let (wanted, parent) = (base::driver_ref(&ends.base), ends.parent.as_ref().map(base::driver_ref));
    let put = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        let family = bases::of(driver)?;
        let open = |base: &BaseRef| family.open_base(base);
        let parent = parent.as_ref().map(open).transpose()?;
        difference::put(&*store, image, &*open(&wanted)?, parent.as_deref(), work)
    });
    match put.await {
        Ok(()) => Step::done(move |conn| generations::set_exported(conn, image)),
        Err(error) => again(tools, operation, image, &error),
    }
}

fn again(tools: &Tools, operation: &OperationRow, image: ImageId, error: &DriverError) -> Step {
    failure::again(operation, &tools.settings, error).unwrap_or_else(|why| failed(image, why))
}

/// Who waits for it learns why.
fn failed(image: ImageId, why: String) -> Step {
    let told = why.clone();
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| generations::set_failure(conn, image, Some(&told))),
    }
}
