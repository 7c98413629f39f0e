//! Lists of volumes.

use std::collections::{BTreeMap, BTreeSet};

use model::{Metadata, ProjectId, Volume, VolumeId};

use super::{Part, Query};
use crate::engine::Columns;
use crate::{Conn, StoreError, params, volumes};

/// A column of a volume that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the volume that it names")]
pub enum Column {
    Id,
    Name,
    Description,
    SizeGib,
    ConsumesQuota,
    Status,
    AttachStatus,
    MigrationStatus,
    MigratesFor,
    VolumeTypeId,
    AvailabilityZone,
    Host,
    Bootable,
    Multiattach,
    SnapshotId,
    SourceVolid,
    GroupId,
    ProviderId,
    ProjectId,
    UserId,
    Metadata,
    ImageMetadata,
    CreatedAt,
    UpdatedAt,
    LaunchedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "volumes";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Description => "description",
            Self::SizeGib => "size_gib",
            Self::ConsumesQuota => "consumes_quota",
            Self::Status => "status",
            Self::AttachStatus => "attach_status",
            Self::MigrationStatus => "migration_status",
            Self::MigratesFor => "migrates_for",
            Self::VolumeTypeId => "volume_type_id",
            Self::AvailabilityZone => "availability_zone",
            Self::Host => "host",
            Self::Bootable => "bootable",
            Self::Multiattach => "multiattach",
            Self::SnapshotId => "snapshot_id",
            Self::SourceVolid => "source_volid",
            Self::GroupId => "group_id",
            Self::ProviderId => "provider_id",
            Self::ProjectId => "project_id",
            Self::UserId => "user_id",
            Self::Metadata => "metadata",
            Self::ImageMetadata => "image_metadata",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::LaunchedAt => "launched_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Description
                | Self::MigrationStatus
                | Self::MigratesFor
                | Self::Host
                | Self::SnapshotId
                | Self::SourceVolid
                | Self::GroupId
                | Self::ProviderId
                | Self::UpdatedAt
                | Self::LaunchedAt
        )
    }
}

impl super::Listed for Column {
    type Row = Volume;
    type Id = VolumeId;
    const COLUMNS: &'static str = volumes::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Volume, StoreError> {
        volumes::read(columns)
    }
}

/// Hands over identifier and name of the volumes of one part of a list, one at a time.
///
/// # Errors
/// The store's own, and those of `each`.
pub fn each_name(
    conn: &Conn<'_>,
    query: &Query<Column>,
    part: &Part,
    mut each: impl FnMut(VolumeId, Option<&str>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    query.read(conn, part, "id, name", |columns| {
        let (id, name) = (columns.take()?, columns.take::<Option<String>>()?);
        each(id, name.as_deref())
    })
}

/// What all volumes of a project, or of everybody, are together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many.
    pub count: u64,
    /// Their size in GiB.
    pub size_gib: u64,
    /// Every key of their metadata with every value that it has somewhere.
    pub metadata: BTreeMap<String, BTreeSet<String>>,
}

/// Sums up the volumes of `project`, or of everybody when none is given.
///
/// # Errors
/// The store's own.
pub fn summary(conn: &Conn<'_>, project: Option<&ProjectId>) -> Result<Summary, StoreError> {
    let (which, values) = match project {
        Some(project) => ("project_id = ?", params![project].to_vec()),
        None => ("1 = 1", Vec::new()),
    };
    let mut summary = Summary::default();
    conn.each(&format!("SELECT COUNT(*), SUM(size_gib) FROM volumes WHERE {which}"), &values, |columns| {
        summary.count = columns.take()?;
        summary.size_gib = columns.take::<Option<u64>>()?.unwrap_or(0);
        Ok(())
    })?;
    let sql = format!("SELECT DISTINCT metadata FROM volumes WHERE {which} AND metadata <> '{{}}'");
    conn.each(&sql, &values, |columns| {
        let Metadata(pairs) = columns.take()?;
        for (key, value) in pairs {
            summary.metadata.entry(key).or_default().insert(value);
        }
        Ok(())
    })?;
    Ok(summary)
}
