//! What every driver must do, as checks that any driver can be put through.
//!
//! A driver's tests provide a [`Subject`], a fresh backend and a way to reach the bytes of its volumes, and run
//! [`suite`]. Each [`Check`] gets a subject of its own and can also be run alone.

mod bases;
mod connections;
mod content;
mod inventory;
mod lifecycle;
mod manage;
mod refusals;
mod subject;

pub use subject::Subject;

use std::fmt;
use std::io;

use thiserror::Error;

use super::DriverError;

/// One thing that a driver must do.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// What it must do.
    pub name: &'static str,
    /// Lets a fresh driver do it.
    pub run: fn(&dyn Subject) -> Result<(), Broken>,
}

/// Why a check failed.
#[derive(Debug, Error)]
pub enum Broken {
    /// A call failed that must succeed.
    #[error("{what}: {}", source.chain())]
    Failed {
        /// Which call.
        what: &'static str,
        /// Its error.
        source: DriverError,
    },
    /// The subject's own means to look at volumes failed.
    #[error("the subject: {0}")]
    Subject(#[from] io::Error),
    /// Something is not as it must be.
    #[error("{0}")]
    Untrue(String),
}

/// Every check.
pub const CHECKS: &[&[Check]] = &[
    lifecycle::CHECKS,
    content::CHECKS,
    connections::CHECKS,
    inventory::CHECKS,
    refusals::CHECKS,
    manage::CHECKS,
    bases::CHECKS,
];

/// The checks that a driver failed.
#[derive(Debug)]
pub struct Report {
    /// Name of the check, and why it failed.
    pub failed: Vec<(&'static str, Broken)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} checks failed", self.failed.len())?;
        for (name, broken) in &self.failed {
            write!(f, "\n  {name}: {broken}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// Puts a driver through every check, each with a fresh subject.
///
/// # Errors
/// The checks that it failed.
pub fn suite(make: &dyn Fn() -> Box<dyn Subject>) -> Result<(), Report> {
    let failed: Vec<_> = CHECKS
        .iter()
        .copied()
        .flatten()
        .filter_map(|check| (check.run)(&*make()).err().map(|broken| (check.name, broken)))
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(Report { failed }) }
}

/// A call that must succeed.
trait Must<T> {
    fn must(self, what: &'static str) -> Result<T, Broken>;
}

impl<T> Must<T> for Result<T, DriverError> {
    fn must(self, what: &'static str) -> Result<T, Broken> {
        self.map_err(|source| Broken::Failed { what, source })
    }
}

/// Something that must be true.
fn must_be(truth: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if truth { Ok(()) } else { Err(Broken::Untrue(otherwise())) }
}
