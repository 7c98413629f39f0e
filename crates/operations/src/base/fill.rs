//! Bringing the content of an image, or what a generation of a template differs in, to a backend.
//!
//! ```text
//! admit ──▶ fill (backend) ──▶ ready
//!             │ gives up
//!             ▼
//!          clean up ──▶ error
//! ```
//!
//! A difference waits for what it differs from, and until it is in the image store. The hash of the result is compared
//! with that of the disk that was saved before anybody gets to see it.

use ledger::{Next, Progress, Step};
use model::limits::MAX_SIZE_GIB;
use model::{Base, BaseStatus, GIB, Generation};
use ports::copy::{Target, copy};
use ports::volume::bases::location_on;
use ports::volume::{BaseRef, Disk, bases};
use ports::{DriverError, VolumeDriver, Work};
use serde::{Deserialize, Serialize};
use store::bases::Use;
use store::operations::{self, NewOperation, OperationRow};
use store::{Conn, StoreError};

use super::want::is_too_high;
use super::{driver_ref, operation};
use crate::cause::Cause;
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::image::ImageStores;
use crate::image::disk::{ImageSource, Opener};
use crate::template::difference::{self, Difference};
use crate::template::export;
use crate::{Tools, failure, image};

pub(crate) const KIND: &str = "base.fill";

/// Making the base.
const FILL: &str = "fill";
/// Removing what was made of it.
const CLEAN_UP: &str = "clean-up";

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Args {
    content: Content,
    failure: Option<String>,
}

/// What a base is filled with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Content {
    /// The disk in an image.
    Image(ImageSource),
    /// The generation that its image is.
    Generation,
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Admits that `base` is filled.
pub(crate) fn admit(conn: &Conn<'_>, cause: &Cause, base: &Base, content: Content) -> Result<(), StoreError> {
    let args = Args { content, failure: None };
    let operation = NewOperation {
        args: args.to_json(),
        reads: vec![image::key(base.image_id)],
        ..operation(cause, KIND, base, FILL)
    };
    operations::admit(conn, &operation).map(drop)
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    let base = match super::load(&tools.store, &operation.resource).await {
        Ok(Some(base)) => base,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
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
    let filler = match &args.content {
        Content::Image(source) => Filler::Image(source.clone()),
        Content::Generation => match generation(tools, base).await {
            Ok(Ready::Now(generation)) => Filler::Generation(generation),
            Ok(Ready::NotYet(what)) => return wait(operation, base, what),
            Ok(Ready::Never(why)) => return give_up(args, why),
            Err(error) => return failure::store_failed(&error),
        },
    };
    let (opener, wanted) = (Opener::of(tools), base.clone());
    let filled =
        tools.effects.run(&operation.resource, backend, progress, move |driver, work| match filler {
            Filler::Image(source) => fill_image(driver, work, &wanted, &*source.open(&opener, work)?),
            Filler::Generation(generation) => {
                fill_generation(driver, work, &wanted, &generation, opener.stores())
            }
        });
    let (id, backend) = (base.id, base.backend.clone());
    match filled.await {
        Ok(Filled { size_gib, stands }) => Step::done(move |conn| {
            store::bases::count(conn, &backend, Use::Fetch)?;
            store::bases::set_ready(conn, id, size_gib, stands)
        }),
        Err(error) => {
            failure::again(operation, &tools.settings, &error).unwrap_or_else(|why| give_up(args, why))
        }
    }
}

/// What fills it, with everything that has to be known.
enum Filler {
    Image(ImageSource),
    Generation(Generation),
}

/// What came of it.
struct Filled {
    size_gib: u64,
    /// Whether it stands on its parent.
    stands: bool,
}

fn fill_image(
    driver: &dyn VolumeDriver,
    work: &Work,
    base: &Base,
    disk: &dyn Disk,
) -> Result<Filled, DriverError> {
    let size_gib = disk.size_bytes().div_ceil(GIB).max(1);
    if size_gib > MAX_SIZE_GIB {
        return Err(DriverError::Refused(format!("Image virtual size is {size_gib}GB.")));
    }
    let wanted = BaseRef { size_gib, parent: None, ..driver_ref(base) };
    bases::of(driver)?
        .ensure_base(work, &wanted, &|target, work| Ok(copy(disk, target, Target::Blank, work)?))?;
    Ok(Filled { size_gib, stands: false })
}

fn fill_generation(
    driver: &dyn VolumeDriver,
    work: &Work,
    base: &Base,
    generation: &Generation,
    stores: Option<&ImageStores>,
) -> Result<Filled, DriverError> {
    let family = bases::of(driver)?;
    let difference = Difference::open(stores, base.image_id)?;
    let hash = generation.sha256.as_deref();
    let wanted = driver_ref(base);
    let parent = wanted.parent.filter(|_| !difference.is_whole());
    let is_copied = parent.is_some() && is_too_high(base.height);
    let stands = parent.is_some() && family.are_stood_on() && !is_copied;
    // So that chains are bounded, one that would stand too high has a copy of what it differs from.
    let below = parent
        .filter(|_| is_copied)
        .map(|id| family.open_base(&BaseRef { id, parent: None, ..wanted.clone() }));
    let below = below.transpose()?;
    let wanted = BaseRef { parent: parent.filter(|_| !is_copied), ..wanted };
    family.ensure_base(work, &wanted, &|target, work| {
        if let Some(below) = &below {
            copy(&**below, target, Target::Blank, &Work::new())?;
        }
        difference.apply(target, work)?;
        difference::must_be(target, hash)
    })?;
    Ok(Filled { size_gib: base.size_gib, stands })
}

/// Whether a difference can be applied.
enum Ready {
    Now(Generation),
    NotYet(&'static str),
    Never(String),
}

async fn generation(tools: &Tools, base: &Base) -> Result<Ready, StoreError> {
    let base = base.clone();
    let found = tools.store.read(move |conn| {
        let below = base.parent_id.map(|id| store::bases::get(conn, id)).transpose()?.flatten();
        Ok::<_, StoreError>((
            store::templates::generations::saved_as(conn, base.image_id)?,
            below,
            base.parent_id,
        ))
    });
    Ok(match found.await? {
        (None, ..) => Ready::Never("its generation is gone".to_owned()),
        (_, None, Some(_)) => Ready::Never("what it differs from is gone".to_owned()),
        (_, Some(below), _) if below.status == BaseStatus::Error => {
            Ready::Never(format!("what it differs from: {}", below.failure.unwrap_or_default()))
        }
        (_, Some(below), _) if below.status != BaseStatus::Ready => Ready::NotYet("what it differs from"),
        (Some(Generation { exported: false, failure: Some(why), .. }), ..) => Ready::Never(why),
        (Some(generation), ..) if !generation.exported => Ready::NotYet("its difference in the image store"),
        (Some(generation), ..) => Ready::Now(generation),
    })
}

/// Waits, and sees to it that what it waits for is under way.
fn wait(operation: &OperationRow, base: &Base, what: &'static str) -> Step {
    let (operation, image) = (operation.clone(), base.image_id);
    Step::Decide(Box::new(move |conn| {
        if let Some(generation) = store::templates::generations::saved_as(conn, image)? {
            export::request(conn, &Cause::of(&operation), &generation)?;
        }
        Ok((failure::wait(conn, operation.created_at, what), None))
    }))
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
