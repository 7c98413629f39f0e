//! How an operation that a client waits for has ended.

use model::OperationId;
use store::StoreError;

use crate::Desk;
use crate::answer::Ended;

/// What the client is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// It has failed, and this is why.
    Failed(String),
}

/// Waits for `operation`, as long as a client has patience.
pub(super) async fn wait(desk: &Desk, operation: OperationId) -> Result<Outcome, StoreError> {
    Ok(match desk.end_of(operation, desk.patience).await? {
        Some(Ended::Done) => Outcome::Done,
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
