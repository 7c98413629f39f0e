//! Lists of attachments.

use std::collections::HashMap;

use model::{Attachment, AttachmentId, VolumeId};

use super::{Part, Query, volumes};
use crate::engine::Columns;
use crate::{Conn, StoreError, attachments};

/// A column of an attachment that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the attachment that it names")]
pub enum Column {
    Id,
    VolumeId,
    ProjectId,
    InstanceUuid,
    AttachedHost,
    Mountpoint,
    Status,
    Mode,
    CreatedAt,
    UpdatedAt,
    AttachedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "attachments";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::VolumeId => "volume_id",
            Self::ProjectId => "project_id",
            Self::InstanceUuid => "instance_uuid",
            Self::AttachedHost => "attached_host",
            Self::Mountpoint => "mountpoint",
            Self::Status => "status",
            Self::Mode => "mode",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::AttachedAt => "attached_at",
        }
    }

    fn is_nullable(self) -> bool {
        !matches!(self, Self::Id | Self::VolumeId | Self::ProjectId | Self::Status | Self::CreatedAt)
    }
}

impl super::Listed for Column {
    type Row = Attachment;
    type Id = AttachmentId;
    const COLUMNS: &'static str = attachments::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Attachment, StoreError> {
        attachments::read(columns)
    }
}

/// The complete attachments of the volumes in one part of a list, in one statement.
///
/// # Errors
/// The store's own.
pub fn of_volumes(
    conn: &Conn<'_>,
    query: &Query<volumes::Column>,
    part: &Part,
) -> Result<HashMap<VolumeId, Vec<Attachment>>, StoreError> {
    let mut found: HashMap<VolumeId, Vec<Attachment>> = HashMap::new();
    if !conn.exists("SELECT 1 FROM attachments LIMIT 1", &[])? {
        return Ok(found);
    }
    let rows = (attachments::COLUMNS, "attachments", "volume_id");
    let complete = "attachments.status = 'attached' ORDER BY attachments.seq";
    query.each_of(conn, part, rows, complete, |columns| {
        let attachment = attachments::read(columns)?;
        found.entry(attachment.volume_id).or_default().push(attachment);
        Ok(())
    })?;
    Ok(found)
}
