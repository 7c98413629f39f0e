//! Why an option cannot be used, and where it stands.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::driver_name::DriverName;
use crate::shown::{Names, Plain};

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as it was named on the command line.
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", Plain(&self.file), self.line)
    }
}

/// As much of a value as may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// There is no value.
    Nothing,
    /// There is one, but it is a secret or made with one.
    Secret,
    /// The value.
    Text(Box<str>),
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("the option"),
            Self::Secret => f.write_str("the secret value"),
            Self::Text(text) => write!(f, "'{}'", Plain(text)),
        }
    }
}

/// An option without a usable value.
#[derive(Debug, Clone, PartialEq, Error)]
#[error("{}[{}] {}: {value} {why}", Prefix(place.as_ref()), Plain(section), Plain(key))]
pub struct OptionError {
    /// The section that was asked, or that holds the value.
    pub section: Box<str>,
    /// The name of the option, as the file has it.
    pub key: Box<str>,
    /// Where the value is written; absent for defaults and missing values.
    pub place: Option<Place>,
    /// The value, unless it is a secret.
    pub value: Shown,
    /// What is wrong.
    pub why: Why,
}

/// `file:line: `, or nothing.
pub(crate) struct Prefix<'a>(pub(crate) Option<&'a Place>);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |place| write!(f, "{place}: "))
    }
}

/// What can be wrong with a value. Each reads on after the value: `'maybe'` *`is not a boolean`*.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Why {
    /// Needed, and neither set nor defaulted.
    #[error("must be set")]
    Unset,
    /// See [`crate::OptionType::Bool`].
    #[error("is not a boolean (true, yes, on, 1, false, no, off, 0)")]
    NotBool,
    /// See [`crate::OptionType::Int`].
    #[error("is not a whole number")]
    NotInt,
    /// See [`crate::OptionType::Float`].
    #[error("is not a number")]
    NotFloat,
    /// A number beyond its bounds, either of which may be absent.
    #[error("is out of range ({})", Bounds(*.min, *.max))]
    OutOfRange {
        /// The least value.
        min: Option<i64>,
        /// The greatest value.
        max: Option<i64>,
    },
    /// A word that is none of the allowed ones.
    #[error("is not one of: {}", Names(.0))]
    NotAmong(Vec<&'static str>),
    /// See [`crate::ByteCount`].
    #[error("is not a size such as 512, 64K or 1M")]
    NotSize,
    /// See [`crate::Ratio`].
    #[error("is neither `auto` nor a ratio of at least 1")]
    NotRatio,
    /// See [`crate::OptionType::MultiDict`].
    #[error("is not a list such as name:value,name:value")]
    NotDict,
    /// See [`crate::OptionType::HostAddress`].
    #[error("is neither an IP address nor a host name")]
    NotHostAddress,
    /// See [`crate::OptionType::Uri`].
    #[error("is not a URL with a scheme and a host")]
    NotUri,
    /// A reference to an option that does not exist.
    #[error("refers to ${}, which is no option (write $$ for a dollar sign)", Plain(.0))]
    UnknownReference(String),
    /// A reference that leads back to itself.
    #[error("refers to itself through ${}", Plain(.0))]
    CircularReference(String),
    /// See [`crate::MAX_DEPTH`].
    #[error("refers through more than {} options", crate::MAX_DEPTH)]
    TooDeep,
    /// See [`crate::MAX_REFERENCES`].
    #[error("refers to other options more than {} times", crate::MAX_REFERENCES)]
    TooManyReferences,
    /// See [`crate::syntax::MAX_VALUE_BYTES`].
    #[error("grows beyond {} bytes when references are filled in", crate::syntax::MAX_VALUE_BYTES)]
    TooLong,
    /// A backend without a section.
    #[error("names the backend '{}', but there is no such section", Plain(.0))]
    NoSuchSection(String),
    /// See [`crate::UnknownDriver`].
    #[error("is not a known driver; known are: {}", Names(&DriverName::ALL.map(DriverName::class_path)))]
    UnknownDriver,
}

impl Why {
    /// The same without names that stand in the value: `pa$word` refers to `word`, by mistake.
    pub(crate) fn without_names(self) -> Self {
        match self {
            Self::UnknownReference(_) => Self::UnknownReference("…".to_owned()),
            Self::CircularReference(_) => Self::CircularReference("…".to_owned()),
            other => other,
        }
    }
}

/// Displays `0 to 100`, `at least 1` or `at most 1024`.
struct Bounds(Option<i64>, Option<i64>);

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Some(min), Some(max)) => write!(f, "{min} to {max}"),
            (Some(min), None) => write!(f, "at least {min}"),
            (None, Some(max)) => write!(f, "at most {max}"),
            (None, None) => f.write_str("of 64 bits"),
        }
    }
}
