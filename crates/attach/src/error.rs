//! How connecting and disconnecting can go wrong.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use ports::ExecError;
use thiserror::Error;

/// Why a volume is not where it was wanted.
#[derive(Debug, Error)]
pub enum AttachError {
    /// What the storage service says about the connection is not what its kind of connection needs.
    #[error("connection_info: {0}")]
    BadConnection(&'static str),
    /// A kind of connection that this host does not know.
    #[error("this host does not connect to volumes of the kind {0:?}")]
    UnknownKind(String),
    /// This host has nothing to connect with.
    #[error("{0}")]
    CannotHere(String),
    /// The target does not let this host in.
    #[error("the target {target} at {portal} refuses the name and secret that it was given")]
    LoginRefused {
        /// The target.
        target: String,
        /// Where it was asked.
        portal: String,
    },
    /// No path leads to the volume.
    #[error("no path leads to the volume: {0}")]
    NoPath(String),
    /// Sessions stand, but no device came.
    #[error("no device came within {within:?}: {paths} paths to unit {lun}")]
    NoDevice {
        /// How long was waited.
        within: Duration,
        /// How many paths there are.
        paths: usize,
        /// The unit.
        lun: u64,
    },
    /// A device says that it is something else than the volume.
    #[error("{device} is not the volume: it calls itself {says}, and not {expected}")]
    WrongDevice {
        /// The device.
        device: String,
        /// What it calls itself.
        says: String,
        /// What the volume is called.
        expected: String,
    },
    /// Several paths were demanded.
    #[error("{paths} of the paths carry, and several are demanded (enforce_multipath)")]
    NotMultipath {
        /// How many lead to the volume.
        paths: usize,
    },
    /// Somebody uses the device.
    #[error("{} is in use: unmount it, or end what holds it", device.display())]
    Busy {
        /// The device.
        device: PathBuf,
    },
    /// The device did not take its new size.
    #[error("{device} has {bytes} bytes, and not {wanted}")]
    NotGrown {
        /// The device.
        device: String,
        /// What it has.
        bytes: u64,
        /// What the volume has.
        wanted: u64,
    },
    /// A program failed.
    #[error(transparent)]
    Exec(#[from] ExecError),
    /// The system refused.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// The system's answer.
        source: io::Error,
    },
}

impl AttachError {
    /// The system's answer to `doing`.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing: doing.into(), source }
    }
}

/// An error and its sources in one line.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(error.source(), |error| error.source());
    sources.fold(error.to_string(), |line, source| format!("{line}: {source}"))
}
