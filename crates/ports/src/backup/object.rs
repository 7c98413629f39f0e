//! Names of objects.

use std::fmt;

use crate::DriverError;

/// Longest name of a container, in bytes.
pub const MAX_CONTAINER_BYTES: usize = 255;
/// Longest name of an object, in bytes: that of a file.
pub const MAX_OBJECT_NAME_BYTES: usize = 240;

/// The name of an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    container: String,
    name: String,
}

impl ObjectName {
    /// The object `name` in `container`. Both may be paths, of parts between slashes, and neither may lead anywhere
    /// else.
    ///
    /// # Errors
    /// [`DriverError::Refused`] for what is empty, too long, or has a part such as `..`.
    pub fn new(container: &str, name: &str) -> Result<Self, DriverError> {
        Self::check_path("container", container, MAX_CONTAINER_BYTES)?;
        Self::check_path("object", name, MAX_OBJECT_NAME_BYTES)?;
        Ok(Self { container: container.to_owned(), name: name.to_owned() })
    }

    /// Whether `container` can be the name of a container.
    #[must_use]
    pub fn is_container(container: &str) -> bool {
        Self::check_path("container", container, MAX_CONTAINER_BYTES).is_ok()
    }

    fn check_path(what: &str, path: &str, most_bytes: usize) -> Result<(), DriverError> {
        let odd = |part: &str| part.is_empty() || part.starts_with('.') || part.chars().any(char::is_control);
        if path.len() > most_bytes || path.split('/').any(odd) {
            let shown: String = path.chars().take(100).collect();
            return Err(DriverError::Refused(format!("{shown:?} cannot be the name of a {what}")));
        }
        Ok(())
    }

    /// The container.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.container
    }

    /// Its name within the container.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.container, self.name)
    }
}

/// An object that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundObject {
    /// Its name within the container.
    pub name: String,
    /// Its length in bytes; none where a list does not say it.
    pub size_bytes: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_container() {
        assert!(ObjectName::new("48/ad/48ada696", "volume_1_backup_2-00001").is_ok());
        for odd in ["", "/etc", "a/../b", "..", "a//b", "a/", ".hidden", "a\nb", "a\0b"] {
            assert!(ObjectName::new(odd, "fine").is_err(), "{odd:?}");
            assert!(ObjectName::new("fine", odd).is_err(), "{odd:?}");
            assert!(!ObjectName::is_container(odd));
        }
        assert!(ObjectName::new("c", &"n".repeat(MAX_OBJECT_NAME_BYTES + 1)).is_err());
    }
}
