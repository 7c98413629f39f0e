//! A value of a pool as specs, queries and functions see it, borrowed from wherever it is kept.

use std::cmp::Ordering;

use serde_json::Value;

#[derive(Debug, Clone, Copy)]
pub(crate) enum Fact<'a> {
    /// There is no such value.
    Missing,
    /// There is one, and it is null.
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    /// One thing that has several spellings.
    AnyOf(&'a [String]),
    /// A list or a dictionary.
    Tree(&'a Value),
}

impl<'a> From<&'a Value> for Fact<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Number(number) => number.as_f64().map_or(Self::Null, Self::Number),
            Value::String(text) => Self::Text(text),
            Value::Array(_) | Value::Object(_) => Self::Tree(value),
        }
    }
}

impl<'a> Fact<'a> {
    pub(crate) fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }

    pub(crate) fn any_of(spellings: &'a [String]) -> Self {
        match spellings {
            [] => Self::Null,
            [only] => Self::Text(only),
            several => Self::AnyOf(several),
        }
    }

    /// The entry of a dictionary.
    pub(crate) fn entry(self, key: &str) -> Self {
        match self {
            Self::Tree(Value::Object(map)) => map.get(key).map_or(Self::Missing, Fact::from),
            _ => Self::Missing,
        }
    }

    /// Whether it counts as true where a yes or no is wanted: anything but nothing, zero and the empty.
    pub(crate) fn is_truthy(self) -> bool {
        match self {
            Self::Missing | Self::Null => false,
            Self::Bool(yes) => yes,
            Self::Number(number) => number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::AnyOf(spellings) => !spellings.is_empty(),
            Self::Tree(Value::Array(list)) => !list.is_empty(),
            Self::Tree(Value::Object(map)) => !map.is_empty(),
            Self::Tree(_) => true,
        }
    }

    /// The number it is; true is 1 and false is 0.
    pub(crate) fn number(self) -> Option<f64> {
        match self {
            Self::Bool(yes) => Some(f64::from(u8::from(yes))),
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Equality across kinds of numbers; things of different kinds are never equal.
    pub(crate) fn equals(self, other: Self) -> bool {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::AnyOf(spellings), Self::Text(text)) | (Self::Text(text), Self::AnyOf(spellings)) => {
                spellings.iter().any(|spelling| spelling == text)
            }
            (Self::AnyOf(a), Self::AnyOf(b)) => a == b,
            (Self::Tree(a), Self::Tree(b)) => a == b,
            (a, b) => a.number().zip(b.number()).is_some_and(|(a, b)| a == b),
        }
    }

    /// The order of two numbers or of two texts; nothing else has one.
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (a, b) => a.number()?.partial_cmp(&b.number()?),
        }
    }
}
