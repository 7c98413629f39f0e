//! The version of a database: looked at, and brought to the newest, apart from opening it.

use crate::StoreError;
use crate::engine::server;
use crate::engine::sqlite::{migrate, open};
use crate::store::{Database, Options};

pub use crate::engine::server::Versions;

/// The version of the database.
///
/// # Errors
/// It cannot be opened.
pub fn versions(options: &Options) -> Result<Versions, StoreError> {
    match &options.database {
        Database::File(path) => migrate::versions(&open::reader(path)?),
        Database::Server(server) => server::versions(server),
    }
}

/// Makes the database's tables, or brings them to the newest version. Answers what it was before.
///
/// # Errors
/// It cannot be opened, is of a newer version, or refuses a change.
pub fn sync(options: &Options) -> Result<Versions, StoreError> {
    match &options.database {
        Database::File(path) => {
            let conn = open::writer(path)?;
            let before = migrate::versions(&conn)?;
            migrate::apply(&conn)?;
            Ok(before)
        }
        Database::Server(server) => server::sync(server),
    }
}
