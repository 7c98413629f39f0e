//! `GET /types`.

use model::words;

use super::filters::{configured, tolerated};
use super::literal::Literal;
use super::page::{Direction, Page, SortKey, take_sort};
use super::{Asker, Pairs, Params};
use crate::Fault;
use crate::fault::echo;
use crate::microversion::gate;
use crate::validate::boolean;

words! {
    /// What volume types can be sorted by.
    TypeSortKey {
        /// When it was made.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Unique name.
        Name = "name",
        /// Free text.
        Description = "description",
        /// Whether every project may use it.
        IsPublic = "is_public",
        /// QoS specs that it is associated with.
        QosSpecsId = "qos_specs_id",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of a volume type that a filter can compare.
    TypeField {
        /// Identifier.
        Id = "id",
        /// Unique name.
        Name = "name",
        /// Free text.
        Description = "description",
        /// QoS specs that it is associated with.
        QosSpecsId = "qos_specs_id",
    }
}

/// A condition on a volume type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeFilter {
    /// The text is this.
    Is(TypeField, String),
    /// The extra specs have all of these pairs; a list of zones need only contain the one asked for.
    ExtraSpecs(Pairs),
    /// Never: the filter names nothing that a type has.
    Never,
}

/// A list of volume types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeQuery {
    /// `true`: public ones and those that the project has access to; `false`: those that are not public; none:
    /// all. Others than administrators always get the first.
    pub is_public: Option<bool>,
    /// Every one must hold.
    pub filters: Vec<TypeFilter>,
    /// By what to sort, most significant first.
    pub sort: Vec<(TypeSortKey, Direction)>,
    /// Which part of the list.
    pub page: Page,
}

impl SortKey for TypeSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl TypeQuery {
    /// Reads the query of a list of volume types.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort(&mut params)?;
        let mut raw = if asker.version.has(gate::TYPE_EXTRA_SPECS_FILTER) {
            configured(params, "volume_type", asker)?
        } else {
            tolerated(params, |key| key == "is_public", asker)
        };
        raw.retain(|(key, _)| key != "all_tenants");
        let asked = raw.iter().position(|(key, _)| key == "is_public").map(|index| raw.remove(index).1);
        let is_public = if asker.is_admin { read_is_public(asked.as_deref())? } else { Some(true) };
        let filters = raw.into_iter().map(|(key, value)| read(&key, value)).collect();
        Ok(Self { is_public, filters, sort, page })
    }
}

pub(super) fn read_is_public(word: Option<&str>) -> Result<Option<bool>, Fault> {
    match word {
        None => Ok(Some(true)),
        Some(word) if word.eq_ignore_ascii_case("none") => Ok(None),
        Some(word) => boolean::parse(word)
            .map(Some)
            .ok_or_else(|| Fault::bad_request(format!("Invalid is_public filter [{}]", echo(word)))),
    }
}

fn read(key: &str, value: String) -> TypeFilter {
    if key == "extra_specs" {
        return Literal::parse(&value)
            .and_then(Literal::into_pairs)
            .map_or(TypeFilter::Never, TypeFilter::ExtraSpecs);
    }
    key.parse().map_or(TypeFilter::Never, |field| TypeFilter::Is(field, value))
}

#[cfg(test)]
mod tests;
