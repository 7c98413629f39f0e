//! External programs: an argument list, never a shell; a time limit; and a guard that outlives nobody.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Runs external programs. (Being built.)
#[derive(Debug, Clone, Default)]
pub struct Exec {
    /// The program that guards others; none runs them directly.
    pub guard: Option<PathBuf>,
}

/// What a program printed.
#[derive(Debug, Clone)]
pub struct Output {
    /// Standard output.
    pub stdout: Vec<u8>,
}

/// A program that did not end well.
#[derive(Debug, Error)]
pub enum ExecError {
    /// It did not end in time.
    #[error("{program} did not end within {limit:?}")]
    TimedOut {
        /// Its name.
        program: String,
        /// The limit.
        limit: Duration,
    },
}
