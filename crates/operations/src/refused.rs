//! Why a request was not accepted: it may not be, or the store failed.

use model::Refusal;
use store::StoreError;
use thiserror::Error;

/// A request that changed nothing.
#[derive(Debug, Error)]
pub enum Refused {
    /// The rules say no; the client reads why.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The store failed; the client only learns that.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
