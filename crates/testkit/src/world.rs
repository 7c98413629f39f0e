//! What survives a process.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use operations::keys::MasterKey;
use ports::chaos::Faults;
use store::StoreError;
use tempfile::TempDir;
use testdb::TestDatabase;

use crate::compute::Ear;
use crate::keys::Readers;
use crate::{BackendOptions, Options, Process};

/// Memory is as good as a disk to a process that is only killed, and a hundred times faster.
const IN_MEMORY: &str = "/dev/shm";

/// A database file, the directories of some backends, and the process over them, if one lives.
pub struct World {
    process: Option<Process>,
    pub(crate) site: Site,
}

/// The part that processes share.
pub(crate) struct Site {
    pub(crate) directory: TempDir,
    pub(crate) database: TestDatabase,
    pub(crate) options: Options,
    pub(crate) master_key: MasterKey,
    incarnations: AtomicU64,
    pub(crate) ear: Ear,
    pub(crate) readers: Readers,
}

impl Site {
    pub(crate) fn backend(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn next_incarnation(&self) -> u64 {
        self.incarnations.fetch_add(1, Ordering::Relaxed)
    }
}

impl World {
    /// A fresh world with a living process.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let directory = tempfile::tempdir_in(IN_MEMORY).or_else(|_| tempfile::tempdir()).unwrap();
        let master_key = MasterKey::draw().expect("random numbers");
        let (incarnations, ear) = (AtomicU64::new(1), Ear::default());
        let database = TestDatabase::within(directory.path());
        let readers = Readers::default();
        let site = Site { directory, database, options, master_key, incarnations, ear, readers };
        let mut world = Self { process: None, site };
        world.restart();
        world
    }

    /// The living process.
    ///
    /// # Panics
    /// There is none.
    #[must_use]
    pub fn process(&self) -> &Process {
        self.process.as_ref().expect("a living process")
    }

    /// Ends the process as `kill -9` does: whatever it is doing, it commits nothing and calls nothing any more.
    pub fn crash(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
    }

    /// Ends the process, if one lives, and starts the next.
    pub fn restart(&mut self) {
        self.restart_with(Faults::new()).expect("a process without faults starts");
    }

    /// Ends the process, if one lives, and starts the next with `faults`.
    ///
    /// # Errors
    /// It died, or could not use the database, before it was up.
    pub fn restart_with(&mut self, faults: Faults) -> Result<(), StoreError> {
        self.crash();
        self.process = Some(Process::start(&self.site, faults, true)?);
        Ok(())
    }

    /// Has the processes to come look after these backends.
    pub fn set_backends(&mut self, backends: impl Into<Vec<BackendOptions>>) {
        self.site.options.backends = backends.into();
    }

    /// Starts a further process over the same files, as on a host of the same name that believes to be alone. It
    /// takes nothing back from the other one at start.
    #[must_use]
    pub fn rival(&self) -> Process {
        Process::start(&self.site, Faults::new(), false).expect("a process without faults starts")
    }
}
