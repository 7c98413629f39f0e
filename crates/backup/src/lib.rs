//! The engine of backups: from a disk to the objects of a store and back.
//!
//! Pure over the ports: it knows [`ports::volume::Disk`] and [`ports::BackupStore`], and nothing of rows, requests or
//! runtimes. Memory is bounded by a [`Budget`] whatever the size of the volume; reading, hashing, compressing and putting
//! run on several threads.
//!
//! [`packed`] is our own format. [`chunked`] is the format of Cinder's posix, NFS, GlusterFS, Swift, S3 and GCS drivers, read and written as they do.
//! [`imaged`] is that of its Ceph driver.

pub mod chunked;
pub mod imaged;
pub mod packed;
pub mod record;

mod budget;
mod compression;
mod depth;
mod engine;
mod error;
mod facts;
mod find;
mod hash;
mod location;
mod pieces;
mod salvage;
mod threads;

pub use budget::Budget;
pub use compression::Algorithm;
pub use depth::Depth;
pub use engine::{Engine, Format};
pub use error::BackupError;
pub use facts::Facts;
pub use find::chain;
pub use location::Location;
pub use salvage::Lost;

/// What one backup or restore may use.
#[derive(Debug, Clone)]
pub struct Means {
    /// Threads that work at the same time.
    pub threads: usize,
    /// The memory that all backups and restores of the process share.
    pub budget: Budget,
}

impl Means {
    /// As many threads as the machine runs at once, and `memory_bytes` for all of them.
    #[must_use]
    pub fn new(memory_bytes: u64) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        Self { threads, budget: Budget::new(memory_bytes) }
    }
}

/// A backup that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Objects with content.
    pub object_count: u64,
    /// Where the account of changes that came with it was found wrong, in bytes: then everything was compared instead.
    pub belied_at: Option<u64>,
}
