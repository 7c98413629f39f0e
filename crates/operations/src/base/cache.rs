//! The cache of images of a backend: which base a volume is made from, and which bases have to go.
//!
//! Bases that are used least recently go first, when the limits are reached; a base that something needs never goes. When
//! no room can be made, the volume is made as if there were no cache, as in Cinder.

use model::{Base, BaseId, BaseStatus, GenerationStatus, Volume};
use ports::volume::bases::location_on;
use store::bases::Use;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::want::{Place, again, planned, source_of, want};
use super::{fill, is_needed, retire};
use crate::cause::Cause;
use crate::image::disk::ImageSource;

/// The limits of the cache of one backend; 0 is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheLimits {
    /// Most GiB (`image_volume_cache_max_size_gb`).
    pub max_size_gib: u64,
    /// Most images (`image_volume_cache_max_count`).
    pub max_count: u64,
}

/// What a volume is made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Choice {
    /// From this base, which is the volume's from now on.
    From(BaseId),
    /// It is being brought to the backend, or removed.
    Wait(&'static str),
    /// From the image itself.
    Uncached,
    /// It could not be brought to the backend.
    Failed(String),
}

/// Chooses what `volume`, which is on `backend`, is made from, for the operation that makes it. Whoever comes first has
/// the image brought there.
pub(crate) fn choose(
    conn: &Conn<'_>,
    limits: CacheLimits,
    backend: &str,
    volume: &Volume,
    source: &ImageSource,
    operation: &OperationRow,
) -> Result<Choice, StoreError> {
    let cause = Cause::of(operation);
    match store::bases::find(conn, backend, source.id)? {
        Some(base) if base.status == BaseStatus::Ready => {
            let was_there = base.created_at < operation.created_at;
            store::bases::count(conn, backend, if was_there { Use::Hit } else { Use::Miss })?;
            take(conn, &base, volume)?;
            Ok(Choice::From(base.id))
        }
        Some(base) if base.status == BaseStatus::Filling => Ok(Choice::Wait(COMING)),
        Some(base) if base.status == BaseStatus::Removing => Ok(Choice::Wait(GOING)),
        // It failed while this one waited for it.
        Some(base) if base.created_at >= operation.created_at => {
            Ok(Choice::Failed(base.failure.unwrap_or_default()))
        }
        Some(base) => match again(conn, &cause, base)? {
            Some(_) => Ok(Choice::Wait(COMING)),
            None if is_generation(conn, source)? => Ok(Choice::Failed(GROUND_IS_GONE.to_owned())),
            None => Ok(Choice::Uncached),
        },
        None if is_generation(conn, source)? => {
            match want(conn, &cause, &place(backend, volume), source.id)? {
                Some(_) => Ok(Choice::Wait(COMING)),
                None => Ok(Choice::Failed(GROUND_IS_GONE.to_owned())),
            }
        }
        None => bring(conn, limits, &cause, &place(backend, volume), source),
    }
}

fn is_generation(conn: &Conn<'_>, source: &ImageSource) -> Result<bool, StoreError> {
    Ok(store::templates::generations::saved_as(conn, source.id)?.is_some())
}

fn place(backend: &str, volume: &Volume) -> Place {
    let pool = volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned);
    Place { backend: backend.to_owned(), pool }
}

/// Has an image brought to the backend, where there is room for it.
fn bring(
    conn: &Conn<'_>,
    limits: CacheLimits,
    cause: &Cause,
    place: &Place,
    source: &ImageSource,
) -> Result<Choice, StoreError> {
    let Some((_, size_gib)) = source_of(conn, source.id)? else { return Ok(Choice::Uncached) };
    let base = planned(conn, place, source.id, size_gib);
    if !make_room(conn, limits, cause, &base)? {
        return Ok(Choice::Uncached);
    }
    store::bases::insert(conn, &base)?;
    fill::admit(conn, cause, &base, fill::Content::Image(source.clone()))?;
    Ok(Choice::Wait(COMING))
}

const COMING: &str = "the image to be brought to the backend";
const GOING: &str = "an old base of the image to be removed";

const GROUND_IS_GONE: &str = "what it builds on is gone";

/// Notes that `volume` is about to stand on `base`: before anything is made, so that the base stays.
pub(crate) fn take(conn: &Conn<'_>, base: &Base, volume: &Volume) -> Result<(), StoreError> {
    store::bases::touch(conn, base.id)?;
    store::volumes::set_location(conn, volume.id, Some(&location_on(base.id)))
}

/// Has bases removed until `wanted` is within the limits; says whether it is.
fn make_room(conn: &Conn<'_>, limits: CacheLimits, cause: &Cause, wanted: &Base) -> Result<bool, StoreError> {
    let kept: Vec<Base> = store::bases::on_backend(conn, &wanted.backend)?
        .into_iter()
        .filter(|base| base.status != BaseStatus::Removing)
        .collect();
    let fits = |count: u64, gib: u64| {
        (limits.max_count == 0 || count <= limits.max_count)
            && (limits.max_size_gib == 0 || gib <= limits.max_size_gib)
    };
    let mut count = kept.len() as u64 + 1;
    let mut gib = kept.iter().map(|base| base.size_gib).sum::<u64>().saturating_add(wanted.size_gib);
    let mut going = Vec::new();
    for base in kept {
        if fits(count, gib) {
            break;
        }
        if base.status != BaseStatus::Filling && !is_needed(conn, &base)? {
            count -= 1;
            gib -= base.size_gib;
            going.push(base);
        }
    }
    if !fits(count, gib) {
        return Ok(false);
    }
    for base in going {
        retire(conn, cause, &base)?;
        store::bases::count(conn, &base.backend, Use::Eviction)?;
    }
    Ok(true)
}

/// Has the bases of `backend` removed whose image is gone and which nothing needs, and those of generations tried again
/// that could not be brought there; says how many those are.
pub(crate) fn tidy(conn: &Conn<'_>, backend: &str) -> Result<usize, StoreError> {
    let mut changed = 0;
    for base in store::bases::on_backend(conn, backend)? {
        let has_image = store::images::get(conn, base.image_id)?.is_some();
        if !has_image && let_go(conn, &Cause::housekeeping(), &base)? {
            changed += 1;
        } else if has_image && is_behind(conn, &base)? {
            again(conn, &Cause::housekeeping(), base)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Has a base removed whose image is gone, if nothing needs it; says whether it goes.
pub(crate) fn let_go(conn: &Conn<'_>, cause: &Cause, base: &Base) -> Result<bool, StoreError> {
    let is_idle = matches!(base.status, BaseStatus::Ready | BaseStatus::Error);
    if !is_idle || is_needed(conn, base)? {
        return Ok(false);
    }
    retire(conn, cause, base)?;
    Ok(true)
}

/// Whether a generation of a template could not be brought to its backend, and is still wanted there.
fn is_behind(conn: &Conn<'_>, base: &Base) -> Result<bool, StoreError> {
    let generation = store::templates::generations::saved_as(conn, base.image_id)?;
    Ok(base.status == BaseStatus::Error
        && generation.is_some_and(|it| it.status == GenerationStatus::Available)
        && !store::operations::is_pending(conn, &super::key(base.id))?)
}
