//! Lists of images.

use model::{Image, ImageId, ImageVisibility, MemberStatus, ProjectId};

use super::statement::Statement;
use super::{Condition, Cursor, Direction, Part, order};
use crate::engine::Param;
use crate::{Conn, StoreError, images};

/// A column of an image that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the image that it names")]
pub enum Column {
    Id,
    Owner,
    Name,
    Status,
    Visibility,
    DiskFormat,
    ContainerFormat,
    SizeBytes,
    VirtualSizeBytes,
    Checksum,
    OsHashAlgo,
    OsHashValue,
    MinDiskGib,
    MinRamMib,
    Protected,
    Hidden,
    Properties,
    CreatedAt,
    UpdatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "images";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Owner => "owner",
            Self::Name => "name",
            Self::Status => "status",
            Self::Visibility => "visibility",
            Self::DiskFormat => "disk_format",
            Self::ContainerFormat => "container_format",
            Self::SizeBytes => "size_bytes",
            Self::VirtualSizeBytes => "virtual_size_bytes",
            Self::Checksum => "checksum",
            Self::OsHashAlgo => "os_hash_algo",
            Self::OsHashValue => "os_hash_value",
            Self::MinDiskGib => "min_disk_gib",
            Self::MinRamMib => "min_ram_mib",
            Self::Protected => "protected",
            Self::Hidden => "hidden",
            Self::Properties => "properties",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(
            self,
            Self::Owner
                | Self::Name
                | Self::DiskFormat
                | Self::ContainerFormat
                | Self::SizeBytes
                | Self::VirtualSizeBytes
                | Self::Checksum
                | Self::OsHashAlgo
                | Self::OsHashValue
        )
    }
}

/// Which visibilities are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibilities {
    /// What is listed when nobody asks: all but the community images of others.
    Usual,
    /// All of them.
    All,
    /// One.
    Only(ImageVisibility),
}

/// What to list, and in which order.
#[derive(Debug, Clone)]
pub struct Query {
    /// The project whose token asks; none for a token without one.
    pub project: Option<ProjectId>,
    /// Whether images that the project does not see are listed too.
    pub everybody: bool,
    /// Which visibilities.
    pub visibilities: Visibilities,
    /// What the project says to images that are shared with it; none is anything.
    pub member_status: Option<MemberStatus>,
    /// Every one must hold.
    pub conditions: Vec<Condition<Column>>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// Data at least this long.
    pub size_min_bytes: Option<u64>,
    /// Data at most this long.
    pub size_max_bytes: Option<u64>,
    /// By what to sort, most significant first. The last one is unique, so that the order is total.
    pub sort: Vec<(Column, Direction)>,
}

impl Query {
    fn filter<'q>(&'q self, statement: &mut Statement<'q>) {
        if !self.everybody {
            self.visible(statement);
        }
        match (self.visibilities, &self.project) {
            (Visibilities::All, _) => {}
            (Visibilities::Only(one), _) => statement.and("visibility = ?", [Param::from(one)]),
            (Visibilities::Usual, None) => statement.and("visibility <> 'community'", []),
            (Visibilities::Usual, Some(project)) => {
                statement.and("(visibility <> 'community' OR owner = ?)", [Param::from(project)]);
            }
        }
        for condition in &self.conditions {
            condition.write(statement);
        }
        for tag in &self.tags {
            // A tag with its quotes is found only where it is a whole element of the array.
            let needle = serde_json::to_string(tag).unwrap_or_default();
            statement.and("REPLACE(tags, ?, '') <> tags", [Param::Owned(needle)]);
        }
        if let Some(size) = self.size_min_bytes {
            statement.and("size_bytes >= ?", [Param::from(size)]);
        }
        if let Some(size) = self.size_max_bytes {
            statement.and("size_bytes <= ?", [Param::from(size)]);
        }
    }

    fn visible<'q>(&'q self, statement: &mut Statement<'q>) {
        let Some(project) = &self.project else {
            return statement.and("visibility IN ('public', 'community')", []);
        };
        let status = if self.member_status.is_some() { " AND status = ?" } else { "" };
        let condition = format!(
            "(visibility IN ('public', 'community') OR owner = ? OR (visibility = 'shared' AND id IN \
             (SELECT image_id FROM image_members WHERE member = ?{status})))"
        );
        let values = [Param::from(project), Param::from(project)].into_iter();
        statement.and(&condition, values.chain(self.member_status.map(Param::from)));
    }
}

/// Hands over the images of one part of a list, one at a time.
///
/// # Errors
/// The store's own, and those of `each`.
pub fn each(
    conn: &Conn<'_>,
    query: &Query,
    part: &Part,
    mut each: impl FnMut(Image) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut statement = Statement::new(format!("SELECT {} FROM images", images::COLUMNS));
    query.filter(&mut statement);
    if let Some(after) = &part.after {
        order::begin_after(&mut statement, &query.sort, after);
    }
    statement.push(" ORDER BY ");
    statement.push(&order::clause(&query.sort));
    statement.push(" LIMIT ?");
    statement.bind(part.limit);
    if part.offset > 0 {
        statement.push(" OFFSET ?");
        statement.bind(part.offset);
    }
    conn.each(statement.sql(), statement.params(), |columns| each(images::read(columns)?))
}

/// The place of an image in a list. None when there is none, or the asking project does not see it.
///
/// # Errors
/// The store's own.
pub fn cursor(conn: &Conn<'_>, query: &Query, id: ImageId) -> Result<Option<Cursor>, StoreError> {
    let viewer = query.project.as_ref().filter(|_| !query.everybody);
    if images::get_visible(conn, id, viewer)?.is_none() {
        return Ok(None);
    }
    let keys: Vec<&str> = query.sort.iter().map(|(key, _)| super::Column::sql(*key)).collect();
    let sql = format!("SELECT {} FROM images WHERE id = ?", keys.join(", "));
    conn.row(&sql, &[Param::from(id)], |columns| Cursor::read(columns, keys.len()))
}
