//! What the house asks of the outside: storage backends, stores of backups, and external programs.
//!
//! Everything here is synchronous. A call may block for as long as the storage takes, so callers run it on a
//! blocking thread; a driver needs no runtime, and its author no knowledge of one. Long calls report progress to,
//! and ask for cancellation of, the [`Work`] that they are given.

pub mod announce;
pub mod backup;
pub mod chaos;
pub mod compute;
pub mod copy;
pub mod exec;
pub mod image;
pub mod keys;
pub mod limits;
pub mod nbd;
pub mod scratch;
pub mod volume;
pub mod work;

pub use announce::Announcer;
pub use backup::BackupStore;
pub use compute::{Compute, ComputeError, ComputeEvent, Whereabouts};
pub use exec::{Exec, ExecError, Output};
pub use image::ImageStore;
pub use keys::KeyManager;
pub use limits::{LimitsUnknown, ProjectLimits};
pub use scratch::Scratch;
pub use volume::{Capabilities, DriverError, VolumeDriver};
pub use work::Work;
