//! Why a driver's call failed, by what can be done about it.

use std::io;

use thiserror::Error;

use crate::exec::ExecError;
use crate::work::Unwanted;

/// A failed call.
#[derive(Debug, Error)]
pub enum DriverError {
    /// Something uses the thing; trying again later may succeed.
    #[error("{what} is in use by {by}")]
    Busy {
        /// The thing.
        what: String,
        /// Who uses it.
        by: String,
    },
    /// A thing that had to be there is not.
    #[error("{what} is not on the backend")]
    Missing {
        /// The thing.
        what: String,
    },
    /// The backend is full, or fuller than the call needs.
    #[error("no space: {asked_bytes} bytes asked, {free_bytes} free")]
    NoSpace {
        /// What the call needs.
        asked_bytes: u64,
        /// What there is.
        free_bytes: u64,
    },
    /// The driver, or the backend as configured, cannot do it; trying again changes nothing.
    #[error("{0}")]
    Unsupported(String),
    /// The configuration or the backend's state does not allow it; an administrator has to act.
    #[error("{0}")]
    Refused(String),
    /// The host that connects does not say what the driver must know.
    #[error("Connector doesn't have required information: {0}")]
    Connector(&'static str),
    /// An operating system call failed; may pass.
    #[error("{what}")]
    Io {
        /// What was being done, to which file.
        what: String,
        /// The system's answer.
        #[source]
        source: io::Error,
    },
    /// An external program failed; may pass.
    #[error("an external program failed")]
    Exec(#[source] ExecError),
    /// The work was called off.
    #[error("the work was called off")]
    Unwanted(#[from] Unwanted),
    /// The fault injection of a test said so.
    #[error("injected: {0}")]
    Injected(&'static str),
}

impl From<ExecError> for DriverError {
    /// A program that was called off is called-off work, not a failure of the program.
    fn from(error: ExecError) -> Self {
        match error {
            ExecError::CalledOff { .. } => Self::Unwanted(Unwanted),
            failed => Self::Exec(failed),
        }
    }
}

impl DriverError {
    /// Whether the same call may succeed later with nobody's help.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Exec(_) | Self::Unwanted(_) | Self::Injected(_) => true,
            Self::Io { source, .. } => !matches!(
                source.kind(),
                io::ErrorKind::StorageFull
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::ReadOnlyFilesystem
            ),
            Self::Missing { .. }
            | Self::NoSpace { .. }
            | Self::Unsupported(_)
            | Self::Refused(_)
            | Self::Connector(_) => false,
        }
    }

    /// Adds to an [`io::Error`] what was being done.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// The error and its sources in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            line.push_str(": ");
            line.push_str(&error.to_string());
            next = error.source();
        }
        line
    }
}
