//! The directories of a backend: that of its volumes, and that of its bases, which may be the same.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ports::DriverError;

use super::LocalOptions;
use crate::volume::files::{Directory, FileName};

/// Both, each held open from the first call on: a disk that is mounted over it later, or unmounted, is noticed instead
/// of written beside.
#[derive(Debug)]
pub(super) struct Directories {
    mount_point: PathBuf,
    /// Where bases are when they are not among the volumes: a directory of this backend alone, so that its sweeps touch
    /// nothing of another's.
    bases_path: Option<PathBuf>,
    volumes: OnceLock<Directory>,
    bases: OnceLock<Directory>,
}

impl Directories {
    pub(super) fn new(options: &LocalOptions) -> Self {
        let bases_path = options.image_base_path.as_ref().map(|path| path.join(&options.backend_name));
        Self {
            mount_point: options.mount_point.clone(),
            bases_path,
            volumes: OnceLock::new(),
            bases: OnceLock::new(),
        }
    }

    /// That of the volumes.
    pub(super) fn volumes(&self) -> Result<&Directory, DriverError> {
        held(&self.volumes, &self.mount_point)
    }

    /// That of the bases.
    pub(super) fn bases(&self) -> Result<&Directory, DriverError> {
        match &self.bases_path {
            Some(path) => held(&self.bases, path),
            None => self.volumes(),
        }
    }

    /// That of the bases, when it is another than that of the volumes.
    pub(super) fn bases_apart(&self) -> Result<Option<&Directory>, DriverError> {
        self.bases_path.as_ref().map(|_| self.bases()).transpose()
    }

    /// Where the file `name` belongs.
    pub(super) fn of(&self, name: FileName) -> Result<&Directory, DriverError> {
        if name.base_id().is_some() { self.bases() } else { self.volumes() }
    }

    /// How a file of this backend names the base `name` as what it stands on: with nothing before the name where both
    /// lie in one directory, so that this can be mounted elsewhere.
    pub(super) fn reference_to(&self, name: FileName) -> String {
        match &self.bases_path {
            Some(path) => path.join(name.to_string()).display().to_string(),
            None => name.to_string(),
        }
    }

    /// The base that is named so.
    pub(super) fn referred_to(&self, reference: &str) -> Option<FileName> {
        let name = FileName::parse(reference.rsplit('/').next()?)?;
        (name.is_whole_base() && self.reference_to(name) == reference).then_some(name)
    }
}

fn held<'d>(directory: &'d OnceLock<Directory>, path: &Path) -> Result<&'d Directory, DriverError> {
    if let Some(open) = directory.get() {
        return Ok(open);
    }
    let opened = Directory::open(path)?;
    Ok(directory.get_or_init(|| opened))
}
