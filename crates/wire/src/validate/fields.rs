//! Typed values out of a body that its schema has let through.

use std::str::FromStr;

use model::Metadata;
use serde_json::{Map, Value};

use super::boolean;
use super::format::parse_uuid;
use super::schema::Schema;
use crate::{Fault, json};

/// The pairs of an object. A value of a kind that the schema refuses reads as if it were not there.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Reads `body`, which must hold to `schema`.
    ///
    /// # Errors
    /// As [`json::parse`], and 400 for the first broken rule.
    pub(crate) fn parse(body: &[u8], schema: &Schema) -> Result<Self, Fault> {
        Self::checked(json::parse(body)?, schema)
    }

    /// Takes `value`, which must hold to `schema`.
    ///
    /// # Errors
    /// 400 for the first broken rule.
    pub(crate) fn checked(value: Value, schema: &Schema) -> Result<Self, Fault> {
        schema.check(&value)?;
        Ok(Self::of(value))
    }

    /// As [`Fields::parse`], then the object under `key`.
    pub(crate) fn parse_under(key: &str, body: &[u8], schema: &Schema) -> Result<Self, Fault> {
        Self::parse(body, schema).map(|mut outer| outer.object(key))
    }

    /// As [`Fields::parse_under`], where clients write null for what they leave out.
    pub(crate) fn parse_without(
        nulls: &[&str],
        key: &str,
        body: &[u8],
        schema: &Schema,
    ) -> Result<Self, Fault> {
        let mut body = json::parse(body)?;
        drop_nulls(nulls, body.get_mut(key));
        Self::checked(body, schema).map(|mut outer| outer.object(key))
    }

    fn of(value: Value) -> Self {
        match value {
            Value::Object(pairs) => Self(pairs),
            _ => Self(Map::new()),
        }
    }

    /// The value itself.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.0.swap_remove(key)
    }

    /// The object; empty when it is not there or null.
    pub(crate) fn object(&mut self, key: &str) -> Self {
        self.take(key).map_or_else(|| Self(Map::new()), Self::of)
    }

    /// Whether the key is there, even with null.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The string; none when it is not there or null.
    pub(crate) fn string(&mut self, key: &str) -> Option<String> {
        match self.take(key) {
            Some(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The strings of the array; none when it is not there.
    pub(crate) fn strings(&mut self, key: &str) -> Vec<String> {
        match self.take(key) {
            Some(Value::Array(items)) => {
                items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The string without the blanks around it.
    pub(crate) fn trimmed(&mut self, key: &str) -> Option<String> {
        self.string(key).map(|text| text.trim().to_owned())
    }

    /// The string that is there under the first of `keys` that is there, trimmed: the outer option says whether
    /// one is, the inner one is none for null.
    pub(crate) fn change(&mut self, keys: &[&str]) -> Option<Option<String>> {
        let key = keys.iter().find(|key| self.has(key))?;
        Some(self.trimmed(key))
    }

    /// The flag.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Value::Bool(flag) => Some(flag),
            Value::String(word) => boolean::parse(&word),
            _ => None,
        }
    }

    /// The identifier.
    pub(crate) fn id<T: FromStr>(&mut self, key: &str) -> Option<T> {
        self.string(key).and_then(|text| parse_uuid(&text))
    }

    /// The whole number, also of a string of digits.
    pub(crate) fn number(&mut self, key: &str) -> Option<u64> {
        match self.take(key)? {
            Value::Number(number) => number.as_u64(),
            Value::String(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The pairs under `key`; none when it is not there or null.
    pub(crate) fn metadata(&mut self, key: &str) -> Option<Metadata> {
        match self.take(key)? {
            Value::Object(pairs) => Some(Self(pairs).into_metadata()),
            _ => None,
        }
    }

    /// All pairs. A null, which only extra specs may hold, becomes the empty string.
    pub(crate) fn into_metadata(self) -> Metadata {
        let text = |value| match value {
            Value::String(text) => text,
            _ => String::new(),
        };
        self.0.into_iter().map(|(key, value)| (key, text(value))).collect()
    }

    /// The pairs as they are.
    pub(crate) fn into_pairs(self) -> Map<String, Value> {
        self.0
    }
}

/// Takes nulls out of an object, of these keys.
pub(crate) fn drop_nulls(keys: &[&str], object: Option<&mut Value>) {
    if let Some(Value::Object(pairs)) = object {
        pairs.retain(|key, value| !value.is_null() || !keys.contains(&key.as_str()));
    }
}
