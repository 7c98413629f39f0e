//! Why an image is not to be opened.

use thiserror::Error;

use crate::Format;

/// What is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Danger {
    /// It stands on another file, which whoever opens it would read.
    #[error("it has a backing file")]
    BackingFile,
    /// Its data are in another file.
    #[error("its data are in an external file")]
    ExternalData,
    /// Its extents are files that it names.
    #[error("it names files of its own choice as extents")]
    NamedExtents,
    /// It uses features that cannot be left out of account and are not known.
    #[error("it needs features that are not known ({0:#x})")]
    UnknownFeatures(u64),
    /// It is of a kind of its format that is not taken.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// Its content is encrypted, and nobody said so.
    #[error("its content is encrypted")]
    Encrypted,
    /// A table in it is larger than any real disk needs.
    #[error("its {what} has {entries} entries; {limit} are allowed")]
    HugeTable {
        /// Which table.
        what: &'static str,
        /// What the header says.
        entries: u64,
        /// What is allowed.
        limit: u64,
    },
    /// A field has a value that it cannot have.
    #[error("its {0} is impossible")]
    Malformed(&'static str),
    /// It ends before what its header speaks of.
    #[error("it ends before its {0}")]
    Truncated(&'static str),
    /// It claims to have more than could be packed in it.
    #[error("its {image_bytes} bytes would unpack into more than {limit_bytes}")]
    Expands {
        /// How long it is.
        image_bytes: u64,
        /// What an image of this length may have.
        limit_bytes: u64,
    },
    /// It was not closed, and whoever opens it has to write to it first.
    #[error("it has a log that was not applied")]
    Log,
    /// It marks itself as broken.
    #[error("it is marked as corrupt")]
    Corrupt,
    /// It is several formats at once: who opens it may take it for another than was looked at.
    #[error("it can be taken for {0} and for {1}")]
    Ambiguous(Format, Format),
}

/// Why an image is not taken for what it was declared as.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// It is something else.
    #[error("the content is {found} and not {declared}")]
    Mismatch {
        /// What was declared.
        declared: String,
        /// What it is.
        found: Format,
    },
    /// It would do harm.
    #[error("the {format} image is refused: {danger}")]
    Danger {
        /// What it is.
        format: Format,
        /// The first danger found.
        danger: Danger,
    },
}
