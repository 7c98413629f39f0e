//! `GET /snapshots`, `/snapshots/detail`.

use model::words;

use super::filters::{Raw, configured, tolerated};
use super::literal::Literal;
use super::page::{Page, SortKey, take_sort};
use super::small::with_count;
use super::volumes::renamed;
use super::{Asker, List, Pairs, Params};
use crate::Fault;
use crate::microversion::gate;
use crate::validate::boolean;

words! {
    /// What snapshots can be sorted by.
    SnapshotSortKey {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Display name; `name` in queries, from 3.30 on.
        Name = "display_name",
        /// Free text.
        Description = "display_description",
        /// Status.
        Status = "status",
        /// Work done.
        Progress = "progress",
        /// Size.
        Size = "volume_size",
        /// The volume that it is of.
        VolumeId = "volume_id",
        /// Type of its volume.
        VolumeTypeId = "volume_type_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of a snapshot that a filter can compare.
    SnapshotField {
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "display_name",
        /// Free text.
        Description = "display_description",
        /// Status.
        Status = "status",
        /// The volume that it is of.
        VolumeId = "volume_id",
        /// Type of its volume.
        VolumeTypeId = "volume_type_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// Zone of its volume.
        AvailabilityZone = "availability_zone",
    }
}

/// A condition on a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotFilter {
    /// The text is this.
    Is(SnapshotField, String),
    /// The text contains this.
    Contains(SnapshotField, String),
    /// The size in GiB.
    Size(u64),
    /// Whether the quota is charged.
    ConsumesQuota(bool),
    /// The metadata have all of these pairs.
    Metadata(Pairs),
    /// Its volume lives in this pool, backend or host, as the name goes.
    Host(String),
    /// Never: the filter names nothing that a snapshot has.
    Never,
}

/// A list of snapshots.
pub type SnapshotQuery = List<SnapshotSortKey, SnapshotFilter>;

impl SortKey for SnapshotSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

/// The sort keys by their names from 3.30 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NamedKey(SnapshotSortKey);

impl std::str::FromStr for NamedKey {
    type Err = words::UnknownWord;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "name" { Ok(Self(SnapshotSortKey::Name)) } else { name.parse().map(Self) }
    }
}

impl SortKey for NamedKey {
    const LAST: [Self; 2] = [Self(SnapshotSortKey::CreatedAt), Self(SnapshotSortKey::Id)];
}

impl SnapshotQuery {
    /// Reads the query of a list of snapshots.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let sort = if asker.version.has(gate::SNAPSHOT_SORT_BY_NAME) {
            let named = take_sort::<NamedKey>(&mut params)?;
            named.into_iter().map(|(key, direction)| (key.0, direction)).collect()
        } else {
            take_sort::<SnapshotSortKey>(&mut params)?
        };
        let page = Page::take(&mut params, asker.max_limit)?;
        let with_count = with_count(&mut params, asker)?;
        let mut raw = admitted(params, asker)?;
        let asked = raw.iter().position(|(key, _)| key == "all_tenants").map(|index| raw.remove(index).1);
        let all_tenants = asker.is_admin && asked.is_some_and(|word| boolean::parse(&word) == Some(true));
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { filters, sort, page, with_count, all_tenants })
    }
}

/// The filters that take part in this revision, under the names of the database.
fn admitted(params: Params, asker: &Asker<'_>) -> Result<Vec<Raw>, Fault> {
    if asker.version.has(gate::CONFIGURED_FILTERS) {
        let mut filters = configured(params, "snapshot", asker)?;
        for (key, _) in &mut filters {
            if let Some(name) = renamed(key) {
                name.clone_into(key);
            }
        }
        return Ok(filters);
    }
    let allowed = |key: &str| ["status", "volume_id", "name", "metadata"].contains(&key);
    let mut filters = tolerated(params, allowed, asker);
    let by_metadata = asker.version.has(gate::SNAPSHOT_METADATA_FILTER);
    filters.retain(|(key, _)| key != "use_quota" && (by_metadata || key != "metadata"));
    Ok(filters)
}

fn read((key, value): Raw) -> Result<SnapshotFilter, Fault> {
    Ok(match key.as_str() {
        "name" => SnapshotFilter::Is(SnapshotField::Name, value),
        "metadata" => Literal::parse(&value)
            .and_then(Literal::into_pairs)
            .map_or(SnapshotFilter::Never, SnapshotFilter::Metadata),
        "use_quota" => SnapshotFilter::ConsumesQuota(boolean::parameter("use_quota", &value)?),
        "volume_size" => value.parse().map_or(SnapshotFilter::Never, SnapshotFilter::Size),
        "host" => SnapshotFilter::Host(value),
        other => match (other.parse(), other.strip_suffix('~').map(str::parse)) {
            (Ok(field), _) => SnapshotFilter::Is(field, value),
            (_, Some(Ok(field))) => SnapshotFilter::Contains(field, value),
            _ => SnapshotFilter::Never,
        },
    })
}

#[cfg(test)]
mod tests;
