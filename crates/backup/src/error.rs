//! Why a backup or a restore failed.

use std::io;

use ports::DriverError;
use ports::work::Unwanted;
use thiserror::Error;

/// A failure, by what can be done about it.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The store failed.
    #[error("the store of backups")]
    Store(#[source] DriverError),
    /// The disk that is backed up or restored failed.
    #[error("{what}")]
    Disk {
        /// What was being done, and where.
        what: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// An object of the backup is not what it should be.
    #[error("{object} is damaged: {why}")]
    Damaged {
        /// The object.
        object: String,
        /// What is wrong with it.
        why: String,
    },
    /// What is on the restored disk is not what was backed up.
    #[error(
        "the restored volume differs from its backup in {blocks} blocks of {block_bytes} bytes, the first at {offset_bytes}"
    )]
    Differs {
        /// How many.
        blocks: u64,
        /// Their size.
        block_bytes: u64,
        /// Where the first begins.
        offset_bytes: u64,
    },
    /// The storage's account of what has changed is wrong.
    #[error("the volume has changed at {offset_bytes}, and its storage's account of changes does not say so")]
    Belied {
        /// Where.
        offset_bytes: u64,
    },
    /// It cannot be done with this backup, volume or configuration; trying again changes nothing.
    #[error("{0}")]
    Refused(String),
    /// The work was called off.
    #[error("the work was called off")]
    Unwanted(#[from] Unwanted),
}

impl BackupError {
    /// Adds to an [`io::Error`] of a disk what was being done.
    pub(crate) fn disk(doing: &str, offset_bytes: u64) -> impl FnOnce(io::Error) -> Self {
        let what = format!("{doing} the volume at {offset_bytes}");
        move |source| Self::Disk { what, source }
    }

    pub(crate) fn damaged(object: impl ToString, why: impl ToString) -> Self {
        Self::Damaged { object: object.to_string(), why: why.to_string() }
    }
}

impl From<DriverError> for BackupError {
    fn from(error: DriverError) -> Self {
        match error {
            DriverError::Unwanted(unwanted) => Self::Unwanted(unwanted),
            failed => Self::Store(failed),
        }
    }
}

impl From<BackupError> for DriverError {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(failed) => failed,
            BackupError::Disk { what, source } => Self::Io { what, source },
            BackupError::Unwanted(unwanted) => Self::Unwanted(unwanted),
            other => Self::Refused(other.to_string()),
        }
    }
}
