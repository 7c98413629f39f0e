//! Why something could not be measured.

use std::io;

/// Why something could not be measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("the connection broke: {0}")]
    Connection(#[from] hyper::Error),
    #[error("not a request: {0}")]
    Request(#[from] hyper::http::Error),
    #[error("{method} {path} was answered with {status}: {body}")]
    Refused { method: String, path: String, status: u16, body: String },
    #[error("an answer without {0}")]
    Shape(&'static str),
    #[error("{0} is not an address of the form http://host:port/path")]
    Address(String),
    #[error("the database: {0}")]
    Store(#[from] store::StoreError),
    #[error("{what} is {status}")]
    Failed { what: String, status: String },
    #[error("{what} took more than {seconds} s")]
    Late { what: String, seconds: u64 },
}
