//! Lists of QoS specs.

use model::QosSpecsId;
use model::qos::QosSpecs;

use crate::engine::Columns;
use crate::{StoreError, qos_specs};

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

impl super::Listed for Column {
    type Row = QosSpecs;
    type Id = QosSpecsId;
    const COLUMNS: &'static str = qos_specs::COLUMNS;

    fn read(columns: &mut Columns<'_>) -> Result<QosSpecs, StoreError> {
        qos_specs::read(columns)
    }
}
