//! Values, in and out of MariaDB.

use mysql::consts::ColumnType;
use mysql::{Params, Value as Theirs};

use crate::engine::Param;
use crate::engine::value::Value;

/// The values of a statement.
pub(super) fn params(params: &[Param<'_>]) -> Params {
    if params.is_empty() {
        return Params::Empty;
    }
    let theirs = params.iter().map(|param| match param {
        Param::Null => Theirs::NULL,
        Param::Int(value) => Theirs::Int(*value),
        Param::Real(value) => Theirs::Double(*value),
        Param::Text(text) => Theirs::Bytes(text.as_bytes().to_vec()),
        Param::Owned(text) => Theirs::Bytes(text.as_bytes().to_vec()),
    });
    Params::Positional(theirs.collect())
}

/// A value by its position.
pub(crate) fn value(row: &mysql::Row, column: usize) -> Result<Value<'_>, String> {
    let found = row.as_ref(column).ok_or("there is no such column")?;
    Ok(match found {
        Theirs::NULL => Value::Null,
        Theirs::Int(value) => Value::Int(*value),
        Theirs::UInt(value) => Value::Int(i64::try_from(*value).map_err(|error| error.to_string())?),
        Theirs::Float(value) => Value::Real(f64::from(*value)),
        Theirs::Double(value) => Value::Real(*value),
        Theirs::Bytes(bytes) if is_decimal(row, column) => decimal(bytes)?,
        Theirs::Bytes(bytes) => Value::Text(bytes),
        Theirs::Date(..) | Theirs::Time(..) => Value::Other(0),
    })
}

/// Sums of whole numbers are decimals.
fn is_decimal(row: &mysql::Row, column: usize) -> bool {
    row.columns_ref().get(column).is_some_and(|column| {
        matches!(column.column_type(), ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL)
    })
}

fn decimal(bytes: &[u8]) -> Result<Value<'_>, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    match text.parse() {
        Ok(whole) => Ok(Value::Int(whole)),
        Err(_) => text.parse().map(Value::Real).map_err(|error: std::num::ParseFloatError| error.to_string()),
    }
}
