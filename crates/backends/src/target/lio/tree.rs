//! A directory of configfs: making it makes the thing, removing it removes the thing, and its files are its attributes.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use ports::DriverError;

/// A thing in the tree, there or not.
#[derive(Debug, Clone)]
pub(super) struct Node(PathBuf);

impl Node {
    pub(super) const fn at(path: PathBuf) -> Self {
        Self(path)
    }

    pub(super) fn child(&self, name: &str) -> Self {
        Self(self.0.join(name))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn name(&self) -> &str {
        self.0.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    pub(super) fn exists(&self) -> bool {
        self.0.is_dir()
    }

    /// Makes it unless it is there.
    pub(super) fn ensure(&self) -> Result<(), DriverError> {
        match fs::create_dir(&self.0) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.failure("making")(error)),
            _ => Ok(()),
        }
    }

    /// Removes it if it is there.
    pub(super) fn remove(&self) -> Result<(), DriverError> {
        match fs::remove_dir(&self.0) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.failure("removing")(error)),
            _ => Ok(()),
        }
    }

    /// The things in it.
    pub(super) fn children(&self) -> Result<Vec<Self>, DriverError> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(self.failure("listing"))?,
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(self.failure("listing"))?;
            if entry.file_type().map_err(self.failure("listing"))?.is_dir() {
                found.push(Self(entry.path()));
            }
        }
        Ok(found)
    }

    /// Lets `name` in it mean `other`, unless another name does.
    pub(super) fn link(&self, name: &str, other: &Self) -> Result<(), DriverError> {
        if !self.links()?.is_empty() {
            return Ok(());
        }
        match symlink(&other.0, self.0.join(name)) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(self.failure("linking in")(error)),
            _ => Ok(()),
        }
    }

    /// Removes the links in it.
    pub(super) fn unlink_all(&self) -> Result<(), DriverError> {
        for link in self.links()? {
            fs::remove_file(link).map_err(self.failure("unlinking in"))?;
        }
        Ok(())
    }

    fn links(&self) -> Result<Vec<PathBuf>, DriverError> {
        let mut links = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(self.failure("listing"))? {
            let entry = entry.map_err(self.failure("listing"))?;
            if entry.file_type().map_err(self.failure("listing"))?.is_symlink() {
                links.push(entry.path());
            }
        }
        Ok(links)
    }

    pub(super) fn read(&self, attribute: &str) -> Result<String, DriverError> {
        fs::read_to_string(self.0.join(attribute)).map_err(self.failure(&format!("reading {attribute} of")))
    }

    pub(super) fn write(&self, attribute: &str, value: &str) -> Result<(), DriverError> {
        let what = format!("setting {attribute} to {value} of");
        fs::write(self.0.join(attribute), value).map_err(self.failure(&what))
    }

    /// Sets what no message may repeat.
    pub(super) fn write_secret(&self, attribute: &str, value: &str) -> Result<(), DriverError> {
        fs::write(self.0.join(attribute), value).map_err(self.failure(&format!("setting {attribute} of")))
    }

    fn failure(&self, doing: &str) -> impl FnOnce(io::Error) -> DriverError + use<> {
        DriverError::io(format!("{doing} {}", self.0.display()))
    }
}
