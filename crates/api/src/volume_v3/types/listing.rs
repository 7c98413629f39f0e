//! Which types a list shows, and in which order. An installation has few, so they are sifted here and not by SQL.

use std::cmp::Ordering;

use model::refusal::Noun;
use model::{ProjectId, Refusal, VolumeType};
use wire::Fault;
use wire::fault::echo;
use wire::query::types::{TypeField, TypeFilter, TypeQuery, TypeSortKey};
use wire::query::{Direction, Pairs};

/// The extra spec that lists zones between commas: one of them is enough to be found by.
const ZONES: &str = "RESKEY:availability_zones";

/// The page of `query` out of `types`, all of which the caller in `project` may see.
///
/// # Errors
/// 404 for a marker that is none of them.
pub(super) fn page(
    mut types: Vec<VolumeType>,
    query: &TypeQuery,
    project: &ProjectId,
) -> Result<Vec<VolumeType>, Fault> {
    types.sort_by(|a, b| compare(a, b, &query.sort));
    if let Some(marker) = &query.page.marker {
        let place = types.iter().position(|found| found.id.to_string() == *marker);
        let place = place.ok_or_else(|| Refusal::not_found(Noun::VolumeType, echo(marker)))?;
        types.drain(..=place);
    }
    let wanted = types.into_iter().filter(|found| is_wanted(found, query, project));
    let offset = usize::try_from(query.page.offset).unwrap_or(usize::MAX);
    Ok(wanted.skip(offset).take(query.page.limit).collect())
}

fn is_wanted(found: &VolumeType, query: &TypeQuery, project: &ProjectId) -> bool {
    let by_access = match query.is_public {
        None => true,
        Some(true) => found.is_visible_to(project),
        Some(false) => !found.is_public,
    };
    by_access && query.filters.iter().all(|filter| passes(found, filter))
}

fn passes(found: &VolumeType, filter: &TypeFilter) -> bool {
    match filter {
        TypeFilter::Is(field, text) => match field {
            TypeField::Id => found.id.to_string() == *text,
            TypeField::Name => found.name == *text,
            TypeField::Description => found.description.as_ref() == Some(text),
            TypeField::QosSpecsId => found.qos_specs_id.is_some_and(|id| id.to_string() == *text),
        },
        TypeFilter::ExtraSpecs(pairs) => has_specs(found, pairs),
        TypeFilter::Never => false,
    }
}

fn has_specs(found: &VolumeType, pairs: &Pairs) -> bool {
    pairs.iter().all(|(key, value)| {
        found.extra_specs.get(key).is_some_and(|held| held == value || key == ZONES && held.contains(value))
    })
}

fn compare(a: &VolumeType, b: &VolumeType, sort: &[(TypeSortKey, Direction)]) -> Ordering {
    let by_key = sort.iter().map(|(key, direction)| match direction {
        Direction::Asc => compare_by(a, b, *key),
        Direction::Desc => compare_by(b, a, *key),
    });
    by_key.fold(Ordering::Equal, Ordering::then)
}

/// What is not there comes before everything that is.
fn compare_by(a: &VolumeType, b: &VolumeType, key: TypeSortKey) -> Ordering {
    match key {
        TypeSortKey::CreatedAt => a.created_at.cmp(&b.created_at),
        TypeSortKey::Id => a.id.cmp(&b.id),
        TypeSortKey::Name => a.name.cmp(&b.name),
        TypeSortKey::Description => a.description.cmp(&b.description),
        TypeSortKey::IsPublic => a.is_public.cmp(&b.is_public),
        TypeSortKey::QosSpecsId => a.qos_specs_id.cmp(&b.qos_specs_id),
        TypeSortKey::UpdatedAt => a.updated_at.cmp(&b.updated_at),
    }
}
