//! Lists of QoS specs.

use model::QosSpecsId;
use model::qos::QosSpecs;

use super::{Cursor, Part, Query};
use crate::{Conn, StoreError, qos_specs};

/// A column of QoS specs that can be sorted or filtered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field that it names")]
pub enum Column {
    Id,
    Name,
    Consumer,
    CreatedAt,
    UpdatedAt,
}

impl super::Column for Column {
    const TABLE: &'static str = "qos_specs";

    fn sql(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Consumer => "consumer",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
        }
    }

    fn is_nullable(self) -> bool {
        matches!(self, Self::UpdatedAt)
    }
}

/// One part of a list of QoS specs, which belong to no project.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, query: &Query<Column>, part: &Part) -> Result<Vec<QosSpecs>, StoreError> {
    let mut found = Vec::new();
    query.each(conn, part, qos_specs::COLUMNS, |columns| {
        found.push(qos_specs::read(columns)?);
        Ok(())
    })?;
    Ok(found)
}

/// The place of QoS specs in a list. None when there are none.
///
/// # Errors
/// The store's own.
pub fn cursor(conn: &Conn<'_>, query: &Query<Column>, id: QosSpecsId) -> Result<Option<Cursor>, StoreError> {
    query.cursor(conn, &id.to_string(), None)
}
