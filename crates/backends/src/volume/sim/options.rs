//! The options of the simulated backend.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::time::Duration;

use model::GIB;
use ports::volume::Provisioning;

/// What a simulated backend is to be like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimOptions {
    /// Where its files are.
    pub directory: PathBuf,
    /// The name of its only pool.
    pub pool_name: String,
    /// How much it says it has.
    pub total_capacity_gib: u64,
    /// How large one GiB of a volume is in its file. Files are sparse, so the real size costs nothing up to what the
    /// file system allows in one file; tests of huge sizes take less.
    pub gib_bytes: u64,
    /// Thick promises space at once and refuses what is not there; thin never refuses.
    pub provisioning: Provisioning,
    /// How long each effect takes.
    pub delay: Duration,
    /// Every so manieth effect stops half way with an error.
    pub fail_every: Option<NonZeroU64>,
}

impl SimOptions {
    /// A fast and faultless thin backend of 1000 GiB in `directory`.
    #[must_use]
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            pool_name: "pool".to_owned(),
            total_capacity_gib: 1000,
            gib_bytes: GIB,
            provisioning: Provisioning::Thin,
            delay: Duration::ZERO,
            fail_every: None,
        }
    }
}
