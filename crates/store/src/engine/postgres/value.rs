//! Values, in and out of PostgreSQL, by the types that the server has found for a statement.

use std::borrow::Cow;
use std::error::Error;

use postgres::types::private::BytesMut;
use postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::engine::Param;
use crate::engine::value::Value;

/// What is kept in the place of the character NUL, which no text of PostgreSQL can hold: the picture of it.
const PICTURE_OF_NUL: &str = "\u{2400}";
/// Base of the digits of a NUMERIC.
const NUMERIC_BASE: i128 = 10_000;

/// A value by its position.
pub(crate) fn value(row: &postgres::Row, column: usize) -> Result<Value<'_>, String> {
    let found: Option<Cell<'_>> = row.try_get(column).map_err(|error| error.to_string())?;
    Ok(found.map_or(Value::Null, |cell| cell.0))
}

struct Cell<'r>(Value<'r>);

impl<'r> FromSql<'r> for Cell<'r> {
    fn from_sql(kind: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(match *kind {
            Type::INT8 => Value::Int(i64::from_sql(kind, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(kind, raw)?.into()),
            Type::INT2 => Value::Int(i16::from_sql(kind, raw)?.into()),
            Type::BOOL => Value::Int(bool::from_sql(kind, raw)?.into()),
            Type::FLOAT8 => Value::Real(f64::from_sql(kind, raw)?),
            Type::FLOAT4 => Value::Real(f32::from_sql(kind, raw)?.into()),
            Type::NUMERIC => numeric(raw).ok_or("a number that is out of range")?,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => Value::Text(raw),
            _ => Value::Other(raw.len()),
        }))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A NUMERIC as it is sent: the number of digits, the power of the first, the sign, the digits behind the point that are
/// shown, and the digits to the base 10000 (`numeric_send` of PostgreSQL). Sums of whole numbers are such.
fn numeric(raw: &[u8]) -> Option<Value<'static>> {
    let word = |at: usize| Some(u16::from_be_bytes([*raw.get(2 * at)?, *raw.get(2 * at + 1)?]));
    let (digits, weight, sign) = (word(0)?, word(1)?.cast_signed(), word(2)?);
    let (mut whole, mut rest, mut scale) = (0_i128, 0.0_f64, 1.0_f64);
    let count = i32::from(digits).max(i32::from(weight) + 1);
    for place in 0..count {
        let digit = if place < i32::from(digits) { word(4 + usize::try_from(place).ok()?)? } else { 0 };
        if place <= i32::from(weight) {
            whole = whole.checked_mul(NUMERIC_BASE)?.checked_add(digit.into())?;
        } else {
            scale /= 10_000.0;
            rest += f64::from(digit) * scale;
        }
    }
    let is_negative = match sign {
        0x0000 => false,
        0x4000 => true,
        _ => return None,
    };
    let whole = i64::try_from(if is_negative { -whole } else { whole }).ok()?;
    if rest == 0.0 {
        return Some(Value::Int(whole));
    }
    #[allow(clippy::cast_precision_loss, reason = "a fraction has no more precision")]
    Some(Value::Real(whole as f64 + if is_negative { -rest } else { rest }))
}

impl ToSql for Param<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(value) => whole(*value, kind, out),
            Self::Real(value) => match *kind {
                Type::FLOAT4 => Err("a fraction for a column of single precision".into()),
                _ => value.to_sql(kind, out),
            },
            Self::Text(text) => storable(text).to_sql(kind, out),
            Self::Owned(text) => storable(text).to_sql(kind, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A text as it can be kept and compared.
fn storable(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', PICTURE_OF_NUL)) } else { Cow::Borrowed(text) }
}

fn whole(value: i64, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
    match *kind {
        Type::INT8 => value.to_sql(kind, out),
        Type::INT4 => i32::try_from(value)?.to_sql(kind, out),
        Type::INT2 => i16::try_from(value)?.to_sql(kind, out),
        Type::BOOL => (value != 0).to_sql(kind, out),
        #[allow(clippy::cast_precision_loss, reason = "sizes in GiB are far below 2^53")]
        Type::FLOAT8 => (value as f64).to_sql(kind, out),
        Type::TEXT | Type::VARCHAR | Type::UNKNOWN => value.to_string().to_sql(kind, out),
        _ => Err(format!("a whole number for a place of the type {kind}").into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_no_nul() {
        assert_eq!(storable("a\0b\0"), "a\u{2400}b\u{2400}");
        assert!(matches!(storable("plain"), Cow::Borrowed("plain")));
    }

    fn sent(weight: i16, sign: u16, digits: &[u16]) -> Option<Value<'static>> {
        let mut raw = Vec::new();
        let head = [u16::try_from(digits.len()).unwrap(), weight.cast_unsigned(), sign, 0];
        head.iter().chain(digits).for_each(|word| raw.extend(word.to_be_bytes()));
        numeric(&raw)
    }

    #[test]
    fn sums_are_whole_numbers() {
        assert_eq!(sent(0, 0, &[]), Some(Value::Int(0)));
        assert_eq!(sent(0, 0, &[42]), Some(Value::Int(42)));
        assert_eq!(sent(1, 0x4000, &[123, 4567]), Some(Value::Int(-1_234_567)));
        assert_eq!(sent(2, 0, &[5]), Some(Value::Int(500_000_000)));
        assert_eq!(sent(0, 0, &[1, 5000]), Some(Value::Real(1.5)));
        assert_eq!(sent(0, 0xC000, &[]), None, "not a number");
        assert_eq!(sent(30, 0, &[1]), None, "out of range");
        assert_eq!(numeric(&[0, 1]), None, "cut off");
    }
}
