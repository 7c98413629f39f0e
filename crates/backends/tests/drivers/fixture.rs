//! A driver over a temporary directory.

use std::path::Path;

use model::GIB;
use ports::VolumeDriver;
use ports::volume::conformance::Subject;
use tempfile::TempDir;

type Make = Box<dyn Fn(&Path) -> Box<dyn VolumeDriver>>;

/// A fresh backend that goes away with the value.
pub(crate) struct Fixture {
    directory: TempDir,
    make: Make,
    driver: Box<dyn VolumeDriver>,
    gib_bytes: u64,
}

impl Fixture {
    pub(crate) fn new(make: impl Fn(&Path) -> Box<dyn VolumeDriver> + 'static) -> Self {
        Self::within(&std::env::temp_dir(), make)
    }

    pub(crate) fn within(parent: &Path, make: impl Fn(&Path) -> Box<dyn VolumeDriver> + 'static) -> Self {
        let directory = tempfile::tempdir_in(parent).unwrap();
        let driver = make(directory.path());
        Self { directory, make: Box::new(make), driver, gib_bytes: GIB }
    }

    pub(crate) fn with_gib_bytes(self, gib_bytes: u64) -> Self {
        Self { gib_bytes, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }
}

impl Subject for Fixture {
    fn driver(&self) -> &dyn VolumeDriver {
        &*self.driver
    }

    fn driver_of_next_process(&self) -> Box<dyn VolumeDriver> {
        (self.make)(self.directory.path())
    }

    fn gib_bytes(&self) -> u64 {
        self.gib_bytes
    }

    fn directory(&self) -> Option<&Path> {
        Some(self.directory.path())
    }
}
