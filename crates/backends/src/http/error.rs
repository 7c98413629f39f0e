//! Why there is no answer.

use thiserror::Error;

/// A request that was not answered, or whose answer is of no use.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HttpError {
    /// No whole answer came: nobody listens, the connection broke, it took too long, or it was too large.
    #[error("{method} {url}: {why}")]
    NoAnswer {
        /// What was asked.
        method: &'static str,
        /// Of whom, without the query.
        url: String,
        /// What happened.
        why: String,
    },
    /// The answer is not what the service is known to answer.
    #[error("the answer cannot be understood: {0}")]
    NotUnderstood(String),
    /// The address of a proxy is none.
    #[error("the proxy: {0}")]
    Proxy(String),
    /// The authorities to trust cannot be read.
    #[error("{path}: {why}")]
    Authorities {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}
