//! Which group types a list shows, and in which order. An installation has few, so they are sifted here and not by SQL.

use std::cmp::Ordering;

use model::refusal::Noun;
use model::{GroupType, Refusal};
use wire::Fault;
use wire::fault::echo;
use wire::query::Direction;
use wire::query::group_types::{GroupTypeQuery, GroupTypeSortKey};

/// The page of `query` out of `types`.
///
/// # Errors
/// 404 for a marker that is none of them.
pub(super) fn page(mut types: Vec<GroupType>, query: &GroupTypeQuery) -> Result<Vec<GroupType>, Fault> {
    types.retain(|found| query.is_public.is_none_or(|is_public| found.is_public == is_public));
    types.sort_by(|a, b| compare(a, b, &query.sort));
    if let Some(marker) = &query.page.marker {
        let place = types.iter().position(|found| found.id.to_string() == *marker);
        let place = place.ok_or_else(|| Refusal::not_found(Noun::GroupType, echo(marker)))?;
        types.drain(..=place);
    }
    let offset = usize::try_from(query.page.offset).unwrap_or(usize::MAX);
    Ok(types.into_iter().skip(offset).take(query.page.limit).collect())
}

fn compare(a: &GroupType, b: &GroupType, sort: &[(GroupTypeSortKey, Direction)]) -> Ordering {
    let by_key = sort.iter().map(|(key, direction)| match direction {
        Direction::Asc => compare_by(a, b, *key),
        Direction::Desc => compare_by(b, a, *key),
    });
    by_key.fold(Ordering::Equal, Ordering::then)
}

/// What is not there comes before everything that is.
fn compare_by(a: &GroupType, b: &GroupType, key: GroupTypeSortKey) -> Ordering {
    match key {
        GroupTypeSortKey::CreatedAt => a.created_at.cmp(&b.created_at),
        GroupTypeSortKey::Id => a.id.cmp(&b.id),
        GroupTypeSortKey::Name => a.name.cmp(&b.name),
        GroupTypeSortKey::Description => a.description.cmp(&b.description),
        GroupTypeSortKey::IsPublic => a.is_public.cmp(&b.is_public),
        GroupTypeSortKey::UpdatedAt => a.updated_at.cmp(&b.updated_at),
    }
}
