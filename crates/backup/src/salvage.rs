//! What of a damaged backup can still be had, and what cannot.

use std::sync::{Mutex, PoisonError};

use ports::DriverError;

use crate::BackupError;

/// A stretch of a volume that cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Where it begins.
    pub offset_bytes: u64,
    /// How long it is.
    pub length_bytes: u64,
    /// The object that is damaged or gone.
    pub object: String,
    /// What is wrong with it.
    pub why: String,
}

/// What several threads find to be lost.
#[derive(Default)]
pub(crate) struct Losses(Mutex<Vec<Lost>>);

impl Losses {
    /// Notes a stretch whose object is damaged or gone.
    ///
    /// # Errors
    /// `error` is of another kind: it says nothing of what is in the store.
    pub(crate) fn note(
        &self,
        error: BackupError,
        (offset_bytes, length_bytes): (u64, u64),
    ) -> Result<(), BackupError> {
        let (object, why) = match error {
            BackupError::Damaged { object, why } => (object, why),
            BackupError::Store(DriverError::Missing { what }) => (what, "it is not there".to_owned()),
            other => return Err(other),
        };
        let lost = Lost { offset_bytes, length_bytes, object, why };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(lost);
        Ok(())
    }

    /// All of them in the order of the volume; neighbours in the same object are one.
    pub(crate) fn into_sorted(self) -> Vec<Lost> {
        let mut all = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_by_key(|lost| lost.offset_bytes);
        let mut sorted: Vec<Lost> = Vec::new();
        for lost in all {
            match sorted.last_mut() {
                Some(last)
                    if last.object == lost.object
                        && last.offset_bytes + last.length_bytes == lost.offset_bytes =>
                {
                    last.length_bytes += lost.length_bytes;
                }
                _ => sorted.push(lost),
            }
        }
        sorted
    }
}
