//! What a project may have at most, as an identity service says: Keystone's unified limits.

use std::fmt::Debug;

use thiserror::Error;

/// Who knows the limits of projects. A call may wait for an answer.
pub trait ProjectLimits: Debug + Send + Sync {
    /// The limit of `project` for each of `resources`, in the unit of the resource. What is registered for nobody has a
    /// limit of 0; a negative one is none.
    ///
    /// # Errors
    /// They cannot be asked about.
    fn of(&self, project: &str, resources: &[&str]) -> Result<Vec<i64>, LimitsUnknown>;
}

/// Nobody says what the limits are.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the limits of projects cannot be asked about: {0}")]
pub struct LimitsUnknown(pub String);
