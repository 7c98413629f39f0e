//! Which part of a list is asked for.

use model::refusal::Noun;
use model::{ProjectId, Refusal};
use operations::Refused;
use store::Conn;
use store::list::{Listed, Part, Query};
use wire::fault::echo;
use wire::query::Page;

/// The part of a list that `page` asks for. It begins behind a `noun` that has to be there, among what the caller sees:
/// everything, or what is of one project.
///
/// # Errors
/// 404 for a marker that is not there; the store's own.
pub(super) fn part<C: Listed>(
    conn: &Conn<'_>,
    query: &Query<C>,
    page: &Page,
    noun: Noun,
    sees_only: Option<&ProjectId>,
) -> Result<Part, Refused> {
    part_or(conn, query, page, sees_only, |marker| Refusal::not_found(noun, marker))
}

/// As [`part`], where a marker that is not there is `missing`.
///
/// # Errors
/// 404 for a marker that is not there; the store's own.
pub(super) fn part_or<C: Listed>(
    conn: &Conn<'_>,
    query: &Query<C>,
    page: &Page,
    sees_only: Option<&ProjectId>,
    missing: impl FnOnce(String) -> Refusal,
) -> Result<Part, Refused> {
    let mut part = Part { after: None, offset: page.offset, limit: page.limit };
    if let Some(marker) = &page.marker {
        let id: Option<C::Id> = marker.parse().ok();
        let place = id.map(|id| query.cursor(conn, &id, sees_only)).transpose()?.flatten();
        part.after = Some(place.ok_or_else(|| missing(echo(marker).to_string()))?);
    }
    Ok(part)
}
