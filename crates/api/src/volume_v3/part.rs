//! Which part of a list is asked for.

use std::str::FromStr;

use model::Refusal;
use model::refusal::Noun;
use operations::Refused;
use store::StoreError;
use store::list::{Cursor, Part};
use wire::query::Page;

/// The part of a list that `page` asks for. It begins behind a `noun` that has to be there; `cursor` finds its place among
/// what the caller sees.
///
/// # Errors
/// 404 for a marker that is not there; the store's own.
pub(super) fn part<T: FromStr>(
    page: &Page,
    noun: Noun,
    cursor: impl FnOnce(T) -> Result<Option<Cursor>, StoreError>,
) -> Result<Part, Refused> {
    let mut part = Part { after: None, offset: page.offset, limit: page.limit };
    if let Some(marker) = &page.marker {
        let place = marker.parse().ok().map(cursor).transpose()?.flatten();
        part.after = Some(place.ok_or_else(|| Refusal::not_found(noun, wire::fault::echo(marker)))?);
    }
    Ok(part)
}
