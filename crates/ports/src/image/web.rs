//! Data that lie on the web, for imports and for locations.

use std::fmt;
use std::io::Read;

use crate::volume::DriverError;

/// Fetches from the web, within what an administrator allows.
pub trait Web: fmt::Debug + Send + Sync {
    /// Whether an address may be fetched from at all, as far as can be said without asking anybody.
    ///
    /// # Errors
    /// [`DriverError::Refused`] with the reason.
    fn check(&self, url: &str) -> Result<(), DriverError>;

    /// Begins to fetch. Every host on the way is held against what is allowed, by name and by address.
    ///
    /// # Errors
    /// It is not allowed, or not there.
    fn open(&self, url: &str) -> Result<Fetched, DriverError>;
}

/// Data that are being fetched.
pub struct Fetched {
    /// How long they are, when the server says so.
    pub length_bytes: Option<u64>,
    /// They themselves.
    pub reader: Box<dyn Read + Send>,
}

impl fmt::Debug for Fetched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetched").field("length_bytes", &self.length_bytes).finish_non_exhaustive()
    }
}
