//! Lists of transfers.

use model::{Transfer, TransferId};

use crate::engine::Columns;
use crate::{StoreError, transfers};

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

impl super::Listed for Column {
    type Row = Transfer;
    type Id = TransferId;
    const COLUMNS: &'static str = transfers::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<Transfer, StoreError> {
        transfers::read(columns)
    }
}
