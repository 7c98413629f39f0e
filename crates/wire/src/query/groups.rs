//! `GET /groups`, `/groups/detail` and `/consistencygroups`.

use model::words;

use super::filters::{Raw, configured};
use super::page::{Page, SortKey, take_sort};
use super::{Asker, List, Params};
use crate::Fault;
use crate::microversion::gate;
use crate::validate::boolean;

words! {
    /// What groups can be sorted by.
    GroupSortKey {
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
        /// Zone.
        AvailabilityZone = "availability_zone",
        /// Its backend.
        Host = "host",
        /// Its type.
        GroupTypeId = "group_type_id",
        /// The group snapshot that it was made from.
        GroupSnapshotId = "group_snapshot_id",
        /// The group that it was made from.
        SourceGroupId = "source_group_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of a group that a filter can compare.
    GroupField {
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "name",
        /// Free text.
        Description = "description",
        /// Status.
        Status = "status",
        /// Zone.
        AvailabilityZone = "availability_zone",
        /// Its backend.
        Host = "host",
        /// Its type.
        GroupTypeId = "group_type_id",
        /// The group snapshot that it was made from.
        GroupSnapshotId = "group_snapshot_id",
        /// The group that it was made from.
        SourceGroupId = "source_group_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
    }
}

/// A condition on a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupFilter {
    /// The text is this.
    Is(GroupField, String),
    /// The text contains this.
    Contains(GroupField, String),
    /// Never: the filter names nothing that a group has.
    Never,
}

/// A list of groups.
pub type GroupQuery = List<GroupSortKey, GroupFilter>;

impl SortKey for GroupSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

impl GroupQuery {
    /// Reads the query of a list of groups.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        Self::read(params, asker, asker.version.has(gate::CONFIGURED_FILTERS))
    }

    /// Reads the query of a list of consistency groups, which never learned to refuse filters.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn of_consistency_groups(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        Self::read(params, asker, false)
    }

    fn read(params: &Params, asker: &Asker<'_>, refuse_unknown: bool) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort(&mut params)?;
        params.take("list_volume");
        let mut raw =
            if refuse_unknown { configured(params, "group", asker)? } else { params.into_filters() };
        let all_tenants = take_all_tenants(&mut raw, asker);
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().map(read).collect();
        Ok(Self { filters, sort, page, with_count: false, all_tenants })
    }
}

/// Every project's items are asked for by the mere presence of the parameter, whatever its value.
pub(super) fn take_all_tenants(raw: &mut Vec<Raw>, asker: &Asker<'_>) -> bool {
    let asked = raw.iter().any(|(key, _)| key == "all_tenants");
    raw.retain(|(key, _)| key != "all_tenants");
    asked && asker.is_admin
}

fn read((key, value): Raw) -> GroupFilter {
    match (key.parse(), key.strip_suffix('~').map(str::parse)) {
        (Ok(field), _) => GroupFilter::Is(field, value),
        (_, Some(Ok(field))) => GroupFilter::Contains(field, value),
        _ => GroupFilter::Never,
    }
}

/// Whether groups shall show their volumes.
///
/// # Errors
/// 400 for a word that is no truth value.
pub fn list_volume(params: &Params) -> Result<bool, Fault> {
    params.get("list_volume").map_or(Ok(false), |word| boolean::parameter("list_volume", word))
}

#[cfg(test)]
mod tests;
