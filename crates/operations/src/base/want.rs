//! Having a content brought to a backend: an image, or a saved generation of a template with everything that it builds on.

use model::{Base, BaseId, BaseStatus, GIB, Generation, ImageId};
use ports::volume::bases::MAX_HEIGHT;
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::fill;
use crate::cause::Cause;
use crate::image::disk::ImageSource;
use crate::template::export;

/// Where it is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `host@backend`.
    pub(crate) backend: String,
    /// The pool within the backend.
    pub(crate) pool: Option<String>,
}

/// The base of `image` at `place`, ready or on its way from now on; none when there is nothing that could be brought there.
/// One that could not be brought there is tried again.
pub(crate) fn want(
    conn: &Conn<'_>,
    cause: &Cause,
    place: &Place,
    image: ImageId,
) -> Result<Option<Base>, StoreError> {
    match store::bases::find(conn, &place.backend, image)? {
        Some(base) if base.status == BaseStatus::Error => again(conn, cause, base),
        Some(base) => Ok(Some(base)),
        None => match store::templates::generations::saved_as(conn, image)? {
            Some(generation) => begin_generation(conn, cause, place, &generation),
            None => begin_image(conn, cause, place, image),
        },
    }
}

/// What became of a base for which an operation waits.
pub(crate) enum Awaited {
    /// It is there, and stays until the operation ends.
    There(BaseId),
    /// It is on its way.
    Coming,
    /// Why it does not come.
    Never(String),
}

/// The base of `image` at `place` for `operation`, which waits for it.
pub(crate) fn awaited(
    conn: &Conn<'_>,
    operation: &OperationRow,
    place: &Place,
    image: ImageId,
) -> Result<Awaited, StoreError> {
    let known = store::bases::find(conn, &place.backend, image)?;
    let failed =
        known.filter(|base| base.status == BaseStatus::Error && base.created_at >= operation.created_at);
    if let Some(base) = failed {
        return Ok(Awaited::Never(base.failure.unwrap_or_default()));
    }
    match want(conn, &Cause::of(operation), place, image)? {
        Some(base) if base.status == BaseStatus::Ready => {
            store::operations::read_too(conn, operation.id, &super::key(base.id))?;
            store::bases::touch(conn, base.id)?;
            Ok(Awaited::There(base.id))
        }
        Some(_) => Ok(Awaited::Coming),
        None => Ok(Awaited::Never("the generation is nowhere any more".to_owned())),
    }
}

/// Has a base brought there once more. What it differs from may have gone, or was not stood on when it was made: that is
/// found anew.
pub(crate) fn again(conn: &Conn<'_>, cause: &Cause, mut base: Base) -> Result<Option<Base>, StoreError> {
    let content = match store::templates::generations::saved_as(conn, base.image_id)? {
        Some(generation) => {
            let place = Place { backend: base.backend.clone(), pool: base.pool.clone() };
            if !find_ground(conn, cause, &place, &generation, &mut base)? {
                return Ok(None);
            }
            export::request(conn, cause, &generation)?;
            fill::Content::Generation
        }
        None => match source_of(conn, base.image_id)? {
            Some((source, _)) => fill::Content::Image(source),
            None => return Ok(None),
        },
    };
    store::bases::begin_again(conn, &base)?;
    fill::admit(conn, cause, &base, content)?;
    store::bases::get(conn, base.id)
}

fn begin_image(
    conn: &Conn<'_>,
    cause: &Cause,
    place: &Place,
    image: ImageId,
) -> Result<Option<Base>, StoreError> {
    let Some((source, size_gib)) = source_of(conn, image)? else { return Ok(None) };
    let base = planned(conn, place, image, size_gib);
    store::bases::insert(conn, &base)?;
    fill::admit(conn, cause, &base, fill::Content::Image(source))?;
    Ok(Some(base))
}

fn begin_generation(
    conn: &Conn<'_>,
    cause: &Cause,
    place: &Place,
    generation: &Generation,
) -> Result<Option<Base>, StoreError> {
    let mut base = planned(conn, place, generation.image_id, generation.size_gib);
    if !find_ground(conn, cause, place, generation, &mut base)? {
        return Ok(None);
    }
    export::request(conn, cause, generation)?;
    store::bases::insert(conn, &base)?;
    fill::admit(conn, cause, &base, fill::Content::Generation)?;
    Ok(Some(base))
}

/// What a generation differs from comes first: has it brought there, and `base` stand on it; says whether there is
/// nothing that is gone. Numbers only fall from a generation to its parent, so this ends.
fn find_ground(
    conn: &Conn<'_>,
    cause: &Cause,
    place: &Place,
    generation: &Generation,
    base: &mut Base,
) -> Result<bool, StoreError> {
    (base.parent_id, base.height) = (None, 0);
    let parent = generation.parent.filter(|parent| *parent < generation.number);
    let parent =
        parent.map(|number| store::templates::generations::get(conn, generation.template_id, number));
    let Some(parent) = parent.transpose()?.flatten() else { return Ok(true) };
    let Some(below) = want(conn, cause, place, parent.image_id)? else { return Ok(false) };
    (base.parent_id, base.height) = (Some(below.id), below.height + 1);
    Ok(true)
}

/// Whether a base would stand too high, and is made whole instead.
pub(crate) fn is_too_high(height: u64) -> bool {
    height >= MAX_HEIGHT
}

/// A base that is still to be brought to its place.
pub(crate) fn planned(conn: &Conn<'_>, place: &Place, image: ImageId, size_gib: u64) -> Base {
    Base {
        id: BaseId::random(),
        backend: place.backend.clone(),
        pool: place.pool.clone(),
        image_id: image,
        parent_id: None,
        height: 0,
        size_gib,
        status: BaseStatus::Filling,
        failure: None,
        created_at: conn.now(),
        used_at: conn.now(),
    }
}

/// An image as a source, and its size in GiB.
pub(super) fn source_of(conn: &Conn<'_>, image: ImageId) -> Result<Option<(ImageSource, u64)>, StoreError> {
    let Some(image) = store::images::get(conn, image)? else { return Ok(None) };
    let bytes = image.virtual_size_bytes.or(image.size_bytes).unwrap_or(0);
    Ok(Some((ImageSource::of(&image, None), bytes.div_ceil(GIB).max(1))))
}
