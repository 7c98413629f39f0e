//! Why a broker cannot be used.

use config::{OptionError, TransportError};
use thiserror::Error;

/// No broker, or no answer of it.
#[derive(Debug, Error)]
pub enum BrokerError {
    /// An option is wrong.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// `transport_url` is.
    #[error("transport_url {0}")]
    Url(#[from] TransportError),
    /// A file of certificates is.
    #[error("{path}: {why}")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// None of the brokers lets us in; this is what the last one said.
    #[error("{host}:{port}: {why}")]
    Unreachable {
        /// The broker.
        host: String,
        /// Its port.
        port: u16,
        /// What it said.
        why: String,
    },
    /// It does not do what was asked.
    #[error("{what}: {why}")]
    Refused {
        /// What was asked.
        what: &'static str,
        /// What it said.
        why: String,
    },
    /// The connection is gone.
    #[error("the connection was lost: {0}")]
    Lost(String),
    /// It takes too long.
    #[error("{0}: no answer in time")]
    Slow(&'static str),
}
