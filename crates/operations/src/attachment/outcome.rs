//! How an operation that a client waits for has ended.

use std::fmt;

use model::{OperationId, Refusal};
use store::StoreError;

use crate::Desk;
use crate::answer::Ended;

/// What the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// The host has not said what the driver must know of it.
    Unfit(String),
    /// It has failed otherwise, and this is why.
    Failed(String),
}

/// How the reason begins when a host does not say what the driver must know ([`ports::DriverError::Connector`]).
const NO_CONNECTOR: &str = "Connector doesn't have required information: ";

/// Why it has failed, in the API's words.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => Ok(()),
            Self::Unfit(why) => Refusal::InvalidInput(why.clone()).fmt(f),
            Self::Failed(why) => f.write_str(why),
        }
    }
}

/// Waits for `operation`, as long as a client has patience.
pub(super) async fn wait(desk: &Desk, operation: OperationId) -> Result<Outcome, StoreError> {
    Ok(match desk.end_of(operation, desk.patience).await? {
        Some(Ended::Done) => Outcome::Done,
        Some(Ended::Failed(why)) if why.starts_with(NO_CONNECTOR) => Outcome::Unfit(why),
        Some(Ended::Failed(why)) => Outcome::Failed(why),
        None => {
            let why = format!(
                "the backend has not answered within {} seconds; operation {operation} goes on",
                desk.patience.as_secs()
            );
            // Some of the older answers do not say so.
            tracing::warn!(%operation, why, "a client is told that an attachment has failed");
            Outcome::Failed(why)
        }
    })
}
