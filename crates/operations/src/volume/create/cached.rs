//! Making a volume from the base of its image on the backend.

use ledger::{Next, Progress, Step};
use model::{Base, BaseId, BaseStatus, GIB, Volume};
use ports::DriverError;
use ports::volume::Source;
use store::operations::OperationRow;

use super::{Args, CLEAN_UP, PROVISION, clean_up};
use crate::base::cache::{CacheLimits, Choice, choose};
use crate::image::disk::ImageSource;
use crate::{Backend, Tools, base, failure, volume};

/// Whether volumes of `backend` are made from bases, and within which limits.
pub(super) fn limits(backend: &Backend, args: &Args, volume: &Volume) -> Option<CacheLimits> {
    // The content of an encrypted volume is its own.
    let may_be = !args.is_uncached && volume.encryption_key_id.is_none() && backend.driver.bases().is_some();
    let limits = backend.image_cache.or_else(|| args.on_base.then(CacheLimits::default));
    limits.filter(|_| may_be)
}

pub(super) async fn step(
    tools: &Tools,
    operation: &OperationRow,
    (source, args): (ImageSource, Args),
    volume: &Volume,
    (backend, limits): (&Backend, CacheLimits),
    progress: &Progress,
) -> Step {
    match args.base {
        Some(id) => make(tools, operation, args, id, volume, backend, progress).await,
        None => decide(operation, source, args, volume, backend, limits),
    }
}

fn decide(
    operation: &OperationRow,
    source: ImageSource,
    args: Args,
    volume: &Volume,
    backend: &Backend,
    limits: CacheLimits,
) -> Step {
    let (operation, id, host) = (operation.clone(), volume.id, backend.host.clone());
    Step::Decide(Box::new(move |conn| {
        let Some(volume) = store::volumes::get(conn, id)? else {
            return Ok((Next::Failed("its volume is gone".to_owned()), None));
        };
        let (phase, args) = match choose(conn, limits, &host, &volume, &source, &operation)? {
            Choice::Wait(what) => return Ok((failure::wait(conn, operation.created_at, what), None)),
            Choice::From(base) => (PROVISION, Args { base: Some(base), ..args }),
            Choice::Uncached => (PROVISION, Args { is_uncached: true, ..args }),
            Choice::Failed(why) => (CLEAN_UP, Args { failure: Some(why), gave_up_filling: true, ..args }),
        };
        Ok((Next::Phase(phase), Some(args.to_json())))
    }))
}

async fn make(
    tools: &Tools,
    operation: &OperationRow,
    args: Args,
    id: BaseId,
    volume: &Volume,
    backend: &Backend,
    progress: &Progress,
) -> Step {
    let base = match tools.store.read(move |conn| store::bases::get(conn, id)).await {
        Ok(Some(base)) => base,
        Ok(None) => return clean_up::begin(args, "the base of its image is gone".to_owned()),
        Err(error) => return failure::store_failed(&error),
    };
    if base.size_gib > volume.size_gib {
        let (bytes, size_gib) = (base.size_gib.saturating_mul(GIB), volume.size_gib);
        let why = format!(
            "Image virtual size is {}GB and doesn't fit in a volume of size {size_gib}GB.",
            bytes.div_ceil(GIB)
        );
        return clean_up::begin(Args { gave_up_filling: true, ..args }, why);
    }
    let (wanted, source) = (volume::driver_ref(volume), Source::Base(base::driver_ref(&base)));
    let made = tools.effects.run(&operation.resource, backend, progress, move |driver, work| {
        driver.ensure_volume(work, &wanted, Some(&source))
    });
    match made.await {
        Ok(made) => super::provision::finish(volume, made, true),
        Err(DriverError::Missing { what }) => without(args, &base, &what, volume),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| clean_up::begin(args, why)),
    }
}

/// Somebody has removed the base from the backend: the volume is made from the image, and the next one has it brought
/// there again.
fn without(args: Args, base: &Base, what: &str, volume: &Volume) -> Step {
    let (base, volume, why) = (base.id, volume.id, format!("{what} is not on the backend"));
    // A generation of a template is nowhere but in bases.
    let args = Args { base: None, is_uncached: !args.on_base, ..args };
    Step::Advance {
        next: Next::Phase(PROVISION),
        args: Some(args.to_json()),
        change: Box::new(move |conn| {
            store::bases::set_status(conn, base, BaseStatus::Error, Some(&why))?;
            store::volumes::set_location(conn, volume, None)
        }),
    }
}
