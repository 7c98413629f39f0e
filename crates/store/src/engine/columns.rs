//! Values that come out of a statement, read from left to right.

use std::str::FromStr;

use model::{
    AttachMode, AttachStatus, AttachmentId, BackupId, ConnectionInfo, Connector, EncryptionId, GroupId,
    GroupSnapshotId, GroupTypeId, ImageId, ImageStatus, ImageVisibility, KeyId, MemberStatus, MessageId,
    Metadata, MigrationStatus, OperationId, ProjectId, QosSpecsId, SnapshotId, SnapshotStatus, Timestamp,
    TransferId, UserId, VolumeId, VolumeStatus, VolumeTypeId, service::Binary,
};

use super::Param;
use super::value::{Row, Value};
use crate::StoreError;

/// A cursor over the columns of one row.
pub struct Columns<'r> {
    row: Row<'r>,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(super) fn of(row: Row<'r>) -> Self {
        Self { row, next: 0 }
    }

    /// The next column.
    ///
    /// # Errors
    /// It holds what `T` cannot be.
    pub fn take<T: FromColumn>(&mut self) -> Result<T, StoreError> {
        let column = self.next;
        self.next += 1;
        let value = self.row.value(column).map_err(|why| unreadable(column, Value::Null, &why))?;
        T::from_column(Cell { value, column })
    }

    /// The next column, which holds JSON text.
    ///
    /// # Errors
    /// It holds what `T` cannot be.
    pub fn take_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        let column = self.next;
        let text: String = self.take()?;
        serde_json::from_str(&text).map_err(|error| {
            let found = text.chars().take(100).collect();
            StoreError::Unreadable { column, found, why: error.to_string() }
        })
    }
}

/// One value of one row.
#[derive(Clone, Copy)]
pub struct Cell<'r> {
    value: Value<'r>,
    column: usize,
}

impl<'r> Cell<'r> {
    fn int(self) -> Result<i64, StoreError> {
        match self.value {
            Value::Int(value) => Ok(value),
            other => Err(unreadable(self.column, other, "a whole number belongs here")),
        }
    }

    fn text(self) -> Result<&'r str, StoreError> {
        let Value::Text(bytes) = self.value else {
            return Err(unreadable(self.column, self.value, "text belongs here"));
        };
        std::str::from_utf8(bytes).map_err(|error| unreadable(self.column, self.value, &error.to_string()))
    }

    fn parsed<T>(self) -> Result<T, StoreError>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        self.text()?.parse().map_err(|error: T::Err| unreadable(self.column, self.value, &error.to_string()))
    }
}

fn unreadable(column: usize, found: Value<'_>, why: &str) -> StoreError {
    StoreError::Unreadable { column, found: found.shown(), why: why.to_owned() }
}

/// What a column can be read as.
pub trait FromColumn: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// The value is of another kind.
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError>;
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        if matches!(cell.value, Value::Null) { Ok(None) } else { T::from_column(cell).map(Some) }
    }
}

impl FromColumn for i64 {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.int()
    }
}

impl FromColumn for u64 {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        let value = cell.int()?;
        Self::try_from(value).map_err(|error| unreadable(cell.column, cell.value, &error.to_string()))
    }
}

impl FromColumn for u8 {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        let value = cell.int()?;
        Self::try_from(value).map_err(|error| unreadable(cell.column, cell.value, &error.to_string()))
    }
}

impl FromColumn for bool {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.int().map(|value| value != 0)
    }
}

impl FromColumn for f64 {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        match cell.value {
            Value::Real(value) => Ok(value),
            #[allow(clippy::cast_precision_loss, reason = "sizes in GiB are far below 2^53")]
            Value::Int(value) => Ok(value as Self),
            other => Err(unreadable(cell.column, other, "a number belongs here")),
        }
    }
}

impl FromColumn for String {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.text().map(str::to_owned)
    }
}

/// Whatever it holds, to be given back to a statement.
impl FromColumn for Param<'static> {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        match cell.value {
            Value::Null => Ok(Self::Null),
            Value::Int(value) => Ok(Self::Int(value)),
            Value::Real(value) => Ok(Self::Real(value)),
            Value::Text(_) => cell.text().map(|text| Self::Owned(text.to_owned())),
            Value::Other(_) => Err(unreadable(cell.column, cell.value, "no column holds bytes")),
        }
    }
}

impl FromColumn for Timestamp {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.int().map(Timestamp)
    }
}

impl FromColumn for Metadata {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        Metadata::from_json(cell.text()?)
            .map_err(|error| unreadable(cell.column, cell.value, &error.to_string()))
    }
}

impl FromColumn for Connector {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        Self::from_json(cell.text()?).map_err(|error| hidden(cell.column, &error.to_string()))
    }
}

impl FromColumn for ConnectionInfo {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        Self::from_json(cell.text()?).map_err(|error| hidden(cell.column, &error.to_string()))
    }
}

/// What cannot be read and may hold a secret.
fn hidden(column: usize, why: &str) -> StoreError {
    StoreError::Unreadable { column, found: "[secret]".to_owned(), why: why.to_owned() }
}

impl FromColumn for ProjectId {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.text().map(ProjectId::new)
    }
}

impl FromColumn for UserId {
    fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
        cell.text().map(UserId::new)
    }
}

macro_rules! from_parsed {
    ($($parsed:ty),+) => {$(
        impl FromColumn for $parsed {
            fn from_column(cell: Cell<'_>) -> Result<Self, StoreError> {
                cell.parsed()
            }
        }
    )+};
}

from_parsed!(
    AttachmentId,
    BackupId,
    model::BaseId,
    model::BaseStatus,
    model::GenerationStatus,
    model::TemplateId,
    model::BackupStatus,
    model::BackupPolicyId,
    model::schedule::Schedule,
    model::backup_policy::Chore,
    model::backup_policy::Verdict,
    model::backup_policy::VerifyBy,
    EncryptionId,
    GroupId,
    GroupSnapshotId,
    GroupTypeId,
    ImageId,
    KeyId,
    MessageId,
    OperationId,
    QosSpecsId,
    SnapshotId,
    TransferId,
    VolumeId,
    VolumeTypeId,
    VolumeStatus,
    AttachMode,
    AttachStatus,
    MigrationStatus,
    SnapshotStatus,
    model::qos::QosConsumer,
    model::encryption::ControlLocation,
    ImageStatus,
    ImageVisibility,
    MemberStatus,
    model::image::TaskStatus,
    model::metadef::NamespaceVisibility,
    model::GroupStatus,
    model::GroupSnapshotStatus,
    model::service::ReplicationStatus,
    Binary
);
