//! `GET /group_types`.

use model::words;

use super::page::{Direction, Page, SortKey, take_sort};
use super::types::read_is_public;
use super::{Asker, Params};
use crate::Fault;

words! {
    /// What group types can be sorted by.
    GroupTypeSortKey {
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
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

impl SortKey for GroupTypeSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

/// A list of group types. It has no other filters; whatever else is asked for is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTypeQuery {
    /// `true`: public ones; `false`: those that are not public; none: all. Others than administrators always get the
    /// first.
    pub is_public: Option<bool>,
    /// By what to sort, most significant first.
    pub sort: Vec<(GroupTypeSortKey, Direction)>,
    /// Which part of the list.
    pub page: Page,
}

impl GroupTypeQuery {
    /// Reads the query of a list of group types.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort(&mut params)?;
        let is_public = if asker.is_admin { read_is_public(params.get("is_public"))? } else { Some(true) };
        Ok(Self { is_public, sort, page })
    }
}
