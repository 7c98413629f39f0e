//! Lists of transfers.

use model::{ProjectId, Transfer, TransferId};

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, transfers};

/// A column of a transfer that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of the transfer that it names")]
pub enum Column {
    Id,
    VolumeId,
    ProjectId,
    Name,
    NoSnapshots,
    CreatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "transfers";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::VolumeId => "volume_id",
            Self::ProjectId => "project_id",
            Self::Name => "name",
            Self::NoSnapshots => "no_snapshots",
            Self::CreatedAt => "created_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::Name)
    }
}

/// One part of a list of transfers.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, query: &Query<Column>, part: &Part) -> Result<Vec<Transfer>, StoreError> {
    let mut found = Vec::new();
    query.each(conn, part, transfers::COLUMNS, |columns| {
        found.push(transfers::read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// The place of a transfer in a list. None when there is none, or it is not of `project`.
///
/// # Errors
/// The store's own.
pub fn cursor(
    conn: &Conn<'_>,
    query: &Query<Column>,
    id: TransferId,
    project: Option<&ProjectId>,
) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), project)
}
