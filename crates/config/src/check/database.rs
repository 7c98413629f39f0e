//! What a configuration asks of the database that is not done.

use super::{Finding, Severity};
use crate::config::Config;
use crate::database::{Database, DatabaseError, DatabaseUrl};

/// What there is to say about `[database]`. Values that are none of their option are told elsewhere.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let section = config.section("database");
    let about = |severity, message: String| Finding {
        severity,
        place: section.place_of("connection"),
        section: Some(section.name().to_owned()),
        key: Some("connection".to_owned()),
        message,
    };
    match Database::read(config) {
        Err(DatabaseError::Url(error)) => vec![about(Severity::Error, error.to_string())],
        Ok(Database { place: Some(DatabaseUrl::Server(server)), .. }) => {
            let told = server.ignored.iter();
            told.map(|key| about(Severity::Warning, format!("its option {key} has no effect"))).collect()
        }
        Ok(_) | Err(DatabaseError::Option(_)) => Vec::new(),
    }
}
