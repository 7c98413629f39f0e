//! `GET /group_snapshots`, `/group_snapshots/detail` and `/cgsnapshots`.

use model::words;

use super::filters::{Raw, configured};
use super::groups::take_all_tenants;
use super::page::{Direction, Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;
use crate::microversion::gate;

words! {
    /// What snapshots of groups can be sorted by.
    GroupSnapshotSortKey {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "name",
        /// Free text.
        Description = "description",
        /// Status.
        Status = "status",
        /// The group that it is of.
        GroupId = "group_id",
        /// Type of its group.
        GroupTypeId = "group_type_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of a snapshot of a group that a filter can compare.
    GroupSnapshotField {
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "name",
        /// Free text.
        Description = "description",
        /// Status.
        Status = "status",
        /// The group that it is of.
        GroupId = "group_id",
        /// Type of its group.
        GroupTypeId = "group_type_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
    }
}

/// A condition on a snapshot of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupSnapshotFilter {
    /// The text is this.
    Is(GroupSnapshotField, String),
    /// The text contains this.
    Contains(GroupSnapshotField, String),
    /// Never: the filter names nothing that a snapshot of a group has.
    Never,
}

/// A list of snapshots of groups.
pub type GroupSnapshotQuery = List<GroupSnapshotSortKey, GroupSnapshotFilter>;

impl SortKey for GroupSnapshotSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl GroupSnapshotQuery {
    /// Reads the query of a list of snapshots of groups. Before 3.29 whatever it says is ignored.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        if !asker.version.has(gate::GROUP_SNAPSHOT_PAGES) {
            return Ok(Self::newest_first(Page::whole(asker.max_limit)));
        }
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort(&mut params)?;
        let mut raw = if asker.version.has(gate::CONFIGURED_FILTERS) {
            configured(params, "group_snapshot", asker)?
        } else {
            params.into_filters()
        };
        let all_tenants = take_all_tenants(&mut raw, asker);
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().map(read).collect();
        Ok(Self { filters, sort, page, with_count: false, all_tenants })
    }

    /// Reads the query of a list of snapshots of consistency groups: how many, and from where on.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn of_consistency_groups(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let page = Page::take(&mut params.clone(), asker.max_limit)?;
        Ok(Self::newest_first(Page { marker: None, ..page }))
    }

    fn newest_first(page: Page) -> Self {
        let sort = GroupSnapshotSortKey::LAST.map(|key| (key, Direction::Desc)).to_vec();
        Self { filters: Vec::new(), sort, page, with_count: false, all_tenants: false }
    }
}

fn read((key, value): Raw) -> GroupSnapshotFilter {
    match (key.parse(), key.strip_suffix('~').map(str::parse)) {
        (Ok(field), _) => GroupSnapshotFilter::Is(field, value),
        (_, Some(Ok(field))) => GroupSnapshotFilter::Contains(field, value),
        _ => GroupSnapshotFilter::Never,
    }
}
