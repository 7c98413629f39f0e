//! Engines that are reached over a network: connections on threads of their own, and transactions that are run again.
//!
//! The house's closures were written as if nobody else wrote. Here many write at once, in this process and in others,
//! so every transaction is serializable: the engine makes sure that what is committed could have been done one after the
//! other. Where it cannot, it ends one of the transactions, and that one is run again from its beginning
//! ([`attempts`]). [`crate::Conn::for_update`] only makes this rare.

mod attempts;
mod clock;
mod driver;
mod link;
mod migrate;
mod pool;
mod session;

pub(crate) use driver::{Driver, Fault, Rows};
pub use migrate::Versions;
pub(crate) use migrate::{check, sync, versions};
pub(crate) use pool::Pool;
pub(crate) use session::{Purpose, Session};

use std::path::PathBuf;
use std::time::Duration;

use model::secret::Secret;

use super::dialect::Dialect;

/// How long a server may say nothing of what was sent to it before it counts as out of reach: half a lease, so that what was
/// claimed can still be held on to through another connection.
pub(crate) const OUT_OF_REACH: Duration = Duration::from_secs(15);

/// Where a database is, who asks, and how often.
#[derive(Debug, Clone)]
pub struct Server {
    /// What it speaks.
    pub dialect: Dialect,
    /// Its host; none is this one.
    pub host: Option<String>,
    /// Its port; none is the usual one.
    pub port: Option<u16>,
    /// The socket it listens on, instead of a port. For PostgreSQL the directory of it.
    pub socket: Option<PathBuf>,
    /// Who asks; none is the name of the user whom this process runs as.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret<String>>,
    /// The name of the database.
    pub database: String,
    /// How the connection is kept from others' eyes.
    pub tls: Tls,
    /// Most connections at a time.
    pub connections: usize,
    /// A connection that is older is made anew; none keeps it for good.
    pub recycle_after: Option<Duration>,
    /// How often a transaction is run again that the engine ended or whose connection was lost.
    pub max_retries: u32,
}

/// How a connection is kept from others' eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// It is not.
    Off,
    /// It is where the server can, and nothing is checked. (PostgreSQL; MariaDB's client cannot ask.)
    IfOffered,
    /// Whoever listens can read nothing; who the server is is checked as far as it says.
    On {
        /// The certificates of the authorities; none are those that the program brings along.
        authorities: Option<PathBuf>,
        /// Our certificate and its key.
        identity: Option<(PathBuf, PathBuf)>,
        /// What is checked of the server.
        verify: Verify,
    },
}

/// What is checked of a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// Nothing.
    Nothing,
    /// That an authority has signed it.
    Authority,
    /// That, and that it is for the host that was asked for.
    Name,
}
