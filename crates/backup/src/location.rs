//! Where a backup lies.

use ports::DriverError;
use ports::backup::ObjectName;

/// The container of a backup, and what the names of its objects begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The container.
    pub container: String,
    /// The prefix, which the rows call `service_metadata`.
    pub prefix: String,
}

impl Location {
    /// The object whose name goes on with `rest`.
    pub(crate) fn object(&self, rest: &str) -> Result<ObjectName, DriverError> {
        ObjectName::new(&self.container, &format!("{}{rest}", self.prefix))
    }

    /// The object called `name`, which must be one of this backup.
    pub(crate) fn named(&self, name: &str) -> Result<ObjectName, DriverError> {
        ObjectName::new(&self.container, name)
    }
}
