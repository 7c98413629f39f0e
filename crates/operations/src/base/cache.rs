//! The cache of images of a backend: which base a volume is made from, and which bases have to go.
//!
//! Bases that are used least recently go first, when the limits are reached; a base that something needs never goes. When
//! no room can be made, the volume is made as if there were no cache, as in Cinder.

use model::{Base, BaseId, BaseStatus, GIB, Image, Timestamp, Volume};
use ports::volume::bases::location_on;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Cause, fill, is_needed, retire};
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
            store::bases::count(conn, backend, base.created_at < operation.created_at)?;
            take(conn, &base, volume)?;
            Ok(Choice::From(base.id))
        }
        Some(base) if base.status == BaseStatus::Filling => Ok(Choice::Wait(COMING)),
        Some(base) if base.status == BaseStatus::Removing => Ok(Choice::Wait(GOING)),
        // It failed while this one waited for it.
        Some(base) if base.created_at >= operation.created_at => {
            Ok(Choice::Failed(base.failure.unwrap_or_default()))
        }
        Some(base) => {
            store::bases::begin_again(conn, base.id)?;
            fill::admit(conn, &cause, &base, source)?;
            Ok(Choice::Wait(COMING))
        }
        None => {
            let Some(image) = store::images::get(conn, source.id)? else { return Ok(Choice::Uncached) };
            let base = planned(conn.now(), backend, volume, &image);
            if !make_room(conn, limits, &cause, &base)? {
                return Ok(Choice::Uncached);
            }
            store::bases::insert(conn, &base)?;
            fill::admit(conn, &cause, &base, source)?;
            Ok(Choice::Wait(COMING))
        }
    }
}

const COMING: &str = "the image to be brought to the backend";
const GOING: &str = "an old base of the image to be removed";

/// Notes that `volume` is about to stand on `base`: before anything is made, so that the base stays.
pub(crate) fn take(conn: &Conn<'_>, base: &Base, volume: &Volume) -> Result<(), StoreError> {
    store::bases::touch(conn, base.id)?;
    store::volumes::set_location(conn, volume.id, Some(&location_on(base.id)))
}

/// The base of an image that is to be brought to a backend.
fn planned(now: Timestamp, backend: &str, volume: &Volume, image: &Image) -> Base {
    let bytes = image.virtual_size_bytes.or(image.size_bytes).unwrap_or(0);
    Base {
        id: BaseId::random(),
        backend: backend.to_owned(),
        pool: volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned),
        image_id: image.id,
        parent_id: None,
        height: 0,
        size_gib: bytes.div_ceil(GIB).max(1),
        status: BaseStatus::Filling,
        failure: None,
        created_at: now,
        used_at: now,
    }
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
    going.iter().try_for_each(|base| retire(conn, cause, base))?;
    Ok(true)
}

/// Has the bases of `backend` removed whose image is gone and which nothing needs; says how many those are.
pub(crate) fn tidy(conn: &Conn<'_>, backend: &str) -> Result<usize, StoreError> {
    let mut going = 0;
    for base in store::bases::on_backend(conn, backend)? {
        let is_idle = matches!(base.status, BaseStatus::Ready | BaseStatus::Error);
        if is_idle && store::images::get(conn, base.image_id)?.is_none() && !is_needed(conn, &base)? {
            retire(conn, &Cause::housekeeping(), &base)?;
            going += 1;
        }
    }
    Ok(going)
}
