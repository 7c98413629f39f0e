//! A store, a volume, and a chain of backups.

use std::fs::File;
use std::path::PathBuf;

use backends::backup::posix::PosixStore;
use backup::chunked::{self, Backup, Layer, Options};
use backup::{Algorithm, BackupError, Budget, Facts, Location, Means, Written};
use ports::BackupStore;
use ports::Work;
use ports::volume::{Disk, FileDisk};
use tempfile::TempDir;

pub(crate) struct World {
    directory: TempDir,
    pub(crate) store: PosixStore,
    pub(crate) means: Means,
    pub(crate) options: Options,
}

impl World {
    pub(crate) fn new(options: Options, threads: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = PosixStore::new(directory.path().join("store"));
        store.check().unwrap();
        Self { directory, store, means: Means { threads, budget: Budget::new(1 << 20) }, options }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    pub(crate) fn layer(number: usize) -> Layer {
        let container = format!("{number:02}/backup");
        let at = Location { container, prefix: format!("volume_v_20261120183628_backup_{number}") };
        Layer { backup_id: number.to_string(), at }
    }

    /// Backup `number`, an increment of `parent`.
    pub(crate) fn back_up(
        &self,
        disk: &dyn Disk,
        number: usize,
        parent: Option<usize>,
    ) -> Result<Written, BackupError> {
        let parent = parent.map(|parent| (parent.to_string(), Self::layer(parent).at));
        self.back_up_on(disk, number, parent.as_ref().map(|(id, at)| (id.as_str(), at)))
    }

    /// The same on whatever lies at a place.
    pub(crate) fn back_up_on(
        &self,
        disk: &dyn Disk,
        number: usize,
        parent: Option<(&str, &Location)>,
    ) -> Result<Written, BackupError> {
        let facts = Facts {
            backup_id: number.to_string(),
            volume_id: "v".to_owned(),
            name: Some("näme".to_owned()),
            description: None,
            created_at: "2026-11-20 18:36:28+00:00".to_owned(),
            parent_id: parent.map(|(id, _)| id.to_owned()),
            volume_meta: Some("{\"version\": 2}".to_owned()),
        };
        let at = Self::layer(number).at;
        let backup = Backup {
            store: &self.store,
            disk,
            at: &at,
            facts: &facts,
            parent: parent.map(|(_, at)| at),
            options: self.options,
        };
        chunked::back_up(&backup, &self.means, &Work::new())
    }

    /// Restores the last of `chain` over `disk`.
    pub(crate) fn restore(&self, chain: &[usize], disk: &dyn Disk) -> Result<Option<String>, BackupError> {
        let layers: Vec<Layer> = chain.iter().map(|number| Self::layer(*number)).collect();
        chunked::restore(&self.store, &layers, disk, &self.means, &Work::new())
    }

    /// A volume with this content.
    pub(crate) fn disk(content: &[u8]) -> FileDisk {
        let disk = blank(content.len() as u64);
        disk.write_at(content, 0).unwrap();
        disk
    }
}

pub(crate) fn small() -> Options {
    Options { object_bytes: 64 << 10, block_bytes: 4096, algorithm: Algorithm::Zlib }
}

pub(crate) fn blank(size_bytes: u64) -> FileDisk {
    let file: File = tempfile::tempfile().unwrap();
    file.set_len(size_bytes).unwrap();
    FileDisk::new(file).unwrap()
}

pub(crate) fn content(disk: &dyn Disk) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(disk.size_bytes()).unwrap()];
    disk.read_at(&mut bytes, 0).unwrap();
    bytes
}
