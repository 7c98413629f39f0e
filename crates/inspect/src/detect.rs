//! Putting the question to every format.

use std::io;

use crate::formats::{self, Found};
use crate::source::{Lying, Source, Unread};
use crate::{Danger, Format, Refused};

/// What an image is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Its format.
    pub format: Format,
    /// Length of the disk in it; none when its header does not say so.
    pub virtual_size_bytes: Option<u64>,
    /// Length of the image itself.
    pub size_bytes: u64,
    /// Everything that is wrong with it.
    pub dangers: Vec<Danger>,
}

impl Report {
    /// Whether the image may be opened as `declared`, a word of the Image API for a disk format.
    ///
    /// # Errors
    /// It is something else, or dangerous.
    pub fn check(&self, declared: &str) -> Result<(), Refused> {
        // What is two things at once is dangerous whatever it was declared as.
        if let Some(danger) = self.dangers.first() {
            return Err(Refused::Danger { format: self.format, danger: danger.clone() });
        }
        if self.format.is_declared(declared) {
            return Ok(());
        }
        Err(Refused::Mismatch { declared: declared.to_owned(), found: self.format })
    }
}

/// Looks at an image of `length_bytes`; `read_at` fills the buffer with what stands at the offset.
///
/// # Errors
/// The errors of `read_at`.
pub fn inspect(length_bytes: u64, read_at: impl Fn(&mut [u8], u64) -> io::Result<()>) -> io::Result<Report> {
    look(&Lying { length: length_bytes, read_at })
}

pub(crate) fn look(source: &dyn Source) -> io::Result<Report> {
    let mut found: Vec<Found> = Vec::new();
    for examine in formats::ALL {
        match examine(source) {
            Ok(Some(one)) => found.push(one),
            Ok(None) | Err(Unread::Gone) => {}
            Err(Unread::Io(error)) => return Err(error),
        }
    }
    // A partition table may stand in the free beginning of an ISO image, and is then no second format.
    if found.iter().any(|one| one.format == Format::Iso) {
        found.retain(|one| one.format != Format::Gpt);
    }
    let size_bytes = source.len();
    let second = found.get(1).map(|second| second.format);
    let Some(mut first) = found.into_iter().next() else {
        return Ok(Report {
            format: Format::Raw,
            virtual_size_bytes: Some(size_bytes),
            size_bytes,
            dangers: Vec::new(),
        });
    };
    if let Some(second) = second {
        first.dangers.insert(0, Danger::Ambiguous(first.format, second));
    }
    Ok(Report {
        format: first.format,
        virtual_size_bytes: first.virtual_size_bytes,
        size_bytes,
        dangers: first.dangers,
    })
}
