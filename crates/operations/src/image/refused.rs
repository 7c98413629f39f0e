//! Why a request about an image was not accepted.

use ports::DriverError;
use store::StoreError;
use thiserror::Error;

/// A request that changed nothing; the message is what the client reads.
#[derive(Debug, Error)]
pub enum Denied {
    /// There is no such thing, or the caller may not know that there is.
    #[error("{0}")]
    NotFound(String),
    /// The caller may not.
    #[error("{0}")]
    Forbidden(String),
    /// The request makes no sense.
    #[error("{0}")]
    BadRequest(String),
    /// Not in this state.
    #[error("{0}")]
    Conflict(String),
    /// More than a limit allows.
    #[error("{0}")]
    TooLarge(String),
    /// The image went away meanwhile.
    #[error("{0}")]
    Gone(String),
    /// The data are not what they were declared as.
    #[error("{0}")]
    BadMedia(String),
    /// Not now.
    #[error("{0}")]
    Unavailable(String),
    /// The store failed; the client only learns that.
    #[error("the store failed")]
    Store(#[from] StoreError),
}

impl From<DriverError> for Denied {
    fn from(error: DriverError) -> Self {
        let why = error.chain();
        match error {
            DriverError::NoSpace { .. } => Self::TooLarge(format!("Image storage media is full: {why}")),
            DriverError::Missing { .. } => Self::NotFound(format!("Image data is not there: {why}")),
            _ => {
                tracing::error!(why, "an image store failed");
                Self::Unavailable("Image storage cannot be used at the moment.".to_owned())
            }
        }
    }
}
