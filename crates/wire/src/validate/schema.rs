//! The schema language.

use serde_json::Value;

use super::format::Format;
use super::pattern::Pattern;

/// An ordered list of rules; the first broken one is the answer.
#[derive(Clone, Copy)]
pub(crate) struct Schema(pub(crate) &'static [Rule]);

/// One rule. Those for strings, numbers, arrays or objects hold for every other kind of value.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// The value is of one of these kinds.
    Type(&'static [Kind]),
    /// At least so many characters.
    MinLength(usize),
    /// At most so many characters.
    MaxLength(usize),
    /// The string is all of one class.
    Matches(Pattern),
    /// The number, or the number in the string, is at least this.
    Minimum(i64),
    /// The number, or the number in the string, is at most this.
    Maximum(i64),
    /// The value is one of these.
    OneOf(&'static [Literal]),
    /// A check in code.
    Format(Format),
    /// Values of these keys, as far as they are there.
    Properties(&'static [(&'static str, Schema)]),
    /// Values of the keys that match.
    PatternProperties(Pattern, Schema),
    /// Keys that must be there.
    Required(&'static [&'static str]),
    /// No key but those that the other rules of this schema know.
    NoOthers,
    /// At least so many keys.
    MinProperties(usize),
    /// At most so many keys.
    MaxProperties(usize),
    /// At least one of these schemas holds.
    Any(&'static [Schema]),
    /// Every item of the array.
    Items(&'static Schema),
    /// At least so many items.
    MinItems(usize),
    /// No item twice.
    UniqueItems,
}

/// A kind of value. A number with a fraction or exponent is no integer.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub(crate) enum Kind {
    Object,
    Array,
    String,
    Integer,
    Boolean,
    Null,
}

/// A value that [`Rule::OneOf`] lists.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "each names itself")]
pub(crate) enum Literal {
    Word(&'static str),
    Bool(bool),
}

impl Kind {
    /// Whether the value is of this kind.
    pub(super) fn holds(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Integer => value.is_i64() || value.is_u64(),
            Self::Boolean => value.is_boolean(),
            Self::Null => value.is_null(),
        }
    }

    /// The word for it in messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }
}
