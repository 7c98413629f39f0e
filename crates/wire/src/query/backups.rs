//! `GET /backups`, `/backups/detail`.

use model::words;

use super::filters::{Raw, configured, tolerated};
use super::literal::Literal;
use super::page::{Page, SortKey, take_sort};
use super::small::with_count;
use super::volumes::renamed;
use super::{Asker, List, Pairs, Params};
use crate::Fault;
use crate::fault::echo;
use crate::microversion::gate;
use crate::validate::boolean;

words! {
    /// What backups can be sorted by.
    BackupSortKey {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Display name; `name` in queries, from 3.37 on.
        Name = "display_name",
        /// Free text.
        Description = "display_description",
        /// Status.
        Status = "status",
        /// Why the last operation failed.
        FailReason = "fail_reason",
        /// Size.
        Size = "size",
        /// Objects with content.
        ObjectCount = "object_count",
        /// The volume that it is of.
        VolumeId = "volume_id",
        /// The snapshot that it was made from.
        SnapshotId = "snapshot_id",
        /// The backup that it is an increment of.
        ParentId = "parent_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// Zone of the service that keeps it.
        AvailabilityZone = "availability_zone",
        /// Host of that service.
        Host = "host",
        /// Where in the store.
        Container = "container",
        /// The class of the store.
        Service = "service",
        /// When the volume had this content.
        DataTimestamp = "data_timestamp",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// Texts of a backup that a filter can compare.
    BackupField {
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
        /// The snapshot that it was made from.
        SnapshotId = "snapshot_id",
        /// The backup that it is an increment of.
        ParentId = "parent_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// Zone of the service that keeps it.
        AvailabilityZone = "availability_zone",
        /// Host of that service.
        Host = "host",
        /// Where in the store.
        Container = "container",
        /// The class of the store.
        Service = "service",
    }
}

/// A condition on a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupFilter {
    /// The text is this.
    Is(BackupField, String),
    /// The text contains this.
    Contains(BackupField, String),
    /// The size in GiB.
    Size(u64),
    /// The metadata have all of these pairs.
    Metadata(Pairs),
    /// Never: the filter names nothing that a backup has.
    Never,
}

/// A list of backups.
pub type BackupQuery = List<BackupSortKey, BackupFilter>;

impl SortKey for BackupSortKey {
    const LAST: [Self; 2] = [Self::CreatedAt, Self::Id];
}

/// The sort keys by their names from 3.37 on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NamedKey(BackupSortKey);

impl std::str::FromStr for NamedKey {
    type Err = words::UnknownWord;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "name" { Ok(Self(BackupSortKey::Name)) } else { name.parse().map(Self) }
    }
}

impl SortKey for NamedKey {
    const LAST: [Self; 2] = [Self(BackupSortKey::CreatedAt), Self(BackupSortKey::Id)];
}

impl BackupQuery {
    /// Reads the query of a list of backups.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = if asker.version.has(gate::BACKUP_SORT_BY_NAME) {
            let named = take_sort::<NamedKey>(&mut params)?;
            named.into_iter().map(|(key, direction)| (key.0, direction)).collect()
        } else {
            take_sort::<BackupSortKey>(&mut params)?
        };
        let with_count = with_count(&mut params, asker)?;
        let mut raw = admitted(params, asker)?;
        let asked = raw.iter().position(|(key, _)| key == "all_tenants").map(|index| raw.remove(index).1);
        let all_tenants = match asked.as_deref().map(|word| (word, boolean::parse(word))) {
            None => false,
            Some((_, Some(all))) => all && asker.is_admin,
            Some((word, None)) => {
                let why = format!("all_tenants must be a boolean, got '{}'.", echo(word));
                return Err(Fault::bad_request(why));
            }
        };
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        Ok(Self { filters: raw.into_iter().map(read).collect(), sort, page, with_count, all_tenants })
    }
}

/// The filters that take part in this revision, under the names of the database.
fn admitted(params: Params, asker: &Asker<'_>) -> Result<Vec<Raw>, Fault> {
    if asker.version.has(gate::CONFIGURED_FILTERS) {
        let mut filters = configured(params, "backup", asker)?;
        for (key, _) in &mut filters {
            if let Some(name) = renamed(key) {
                name.clone_into(key);
            }
        }
        return Ok(filters);
    }
    Ok(tolerated(params, |key| ["name", "status", "volume_id"].contains(&key), asker))
}

fn read((key, value): Raw) -> BackupFilter {
    match key.as_str() {
        "name" => BackupFilter::Is(BackupField::Name, value),
        "size" => value.parse().map_or(BackupFilter::Never, BackupFilter::Size),
        "metadata" => Literal::parse(&value)
            .and_then(Literal::into_pairs)
            .map_or(BackupFilter::Never, BackupFilter::Metadata),
        other => match (other.parse(), other.strip_suffix('~').map(str::parse)) {
            (Ok(field), _) => BackupFilter::Is(field, value),
            (_, Some(Ok(field))) => BackupFilter::Contains(field, value),
            _ => BackupFilter::Never,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Microversion;
    use crate::query::ResourceFilters;

    fn parse(query: &str, minor: u32, is_admin: bool) -> Result<BackupQuery, Fault> {
        let filters = ResourceFilters::default();
        let version = Microversion::v3(minor);
        let asker = Asker { version, is_admin, resource_filters: &filters, max_limit: 1000 };
        BackupQuery::parse(&Params::parse(query).unwrap(), &asker)
    }

    #[test]
    fn unknown_filters_were_dropped_before_they_were_refused() {
        assert_eq!(parse("bogus=1&status=error", 30, false).unwrap().filters.len(), 1);
        assert!(parse("bogus=1", 31, false).is_err());
        assert!(parse("name~=fi", 34, false).is_err(), "members may use what is configured");
        let list = parse("name~=fi", 34, true).unwrap();
        assert_eq!(list.filters, [BackupFilter::Contains(BackupField::Name, "fi".to_owned())]);
    }

    #[test]
    fn names_sort_from_3_37_on() {
        assert!(parse("sort=name:asc", 36, false).is_err());
        assert_eq!(parse("sort=name:asc", 37, false).unwrap().sort[0].0, BackupSortKey::Name);
        assert!(parse("sort=bogus", 71, true).is_err());
    }

    #[test]
    fn only_administrators_see_every_project() {
        assert!(parse("all_tenants=1", 0, true).unwrap().all_tenants);
        assert!(!parse("all_tenants=1", 0, false).unwrap().all_tenants);
        let refused = parse("all_tenants=x", 0, true).unwrap_err();
        assert_eq!(refused.message.as_ref(), "all_tenants must be a boolean, got 'x'.");
    }
}
