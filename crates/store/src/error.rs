//! Why the store could not do what it was asked.

use thiserror::Error;

/// A failure below the rules of the house: none of these is the client's fault.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The engine refused a statement.
    #[error("{context}")]
    Engine {
        /// What was being done.
        context: String,
        /// What the engine said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server of the database cannot be asked.
    #[error("the server of the database cannot be reached")]
    Unreachable {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A unique key exists already.
    #[error("a row with this key exists: {0}")]
    Duplicate(String),
    /// A column holds what this version cannot read.
    #[error("column {column} holds {found:?}: {why}")]
    Unreadable {
        /// Its position in the statement.
        column: usize,
        /// What it holds.
        found: String,
        /// What is wrong with it.
        why: String,
    },
    /// The database was made by a newer version.
    #[error("the database has schema version {found}; this binary knows up to {known}: use the newer binary")]
    TooNew {
        /// The database's version.
        found: i64,
        /// The newest version that this binary knows.
        known: i64,
    },
    /// The database was made by an older version, or is empty, and is not brought up to date by being opened.
    #[error(
        "the database has schema version {found}; this binary works with {known}: bring it there with `besser db sync`"
    )]
    TooOld {
        /// The database's version.
        found: i64,
        /// The version that this binary works with.
        known: i64,
    },
    /// The database was made before the first release, with tables that no version knows any more.
    #[error("the database has schema version {found}, which no release has made: begin with an empty one")]
    Unreleased {
        /// The database's version.
        found: i64,
    },
    /// Somebody else has claimed the operation; what the loser wanted to write is rolled back.
    #[error("the claim on operation {0} was lost")]
    ClaimLost(model::OperationId),
    /// The writer has stopped, or dropped the job because it panicked.
    #[error("the store is closed")]
    Closed,
    /// The fault injection of a test said so.
    #[error("injected: {0}")]
    Injected(&'static str),
}

impl StoreError {
    /// The refusal of a statement, by its first words.
    pub(crate) fn of_statement(
        sql: &str,
        error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        let verb = sql.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
        Self::Engine { context: format!("{verb} …"), source: error.into() }
    }

    /// The error and its sources in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(error) = next {
            line.push_str(": ");
            line.push_str(&error.to_string());
            next = error.source();
        }
        line
    }
}
