//! A store, volumes, and their backups.

use std::path::PathBuf;

use backends::backup::posix::PosixStore;
use backup::packed::{self, Backup, StoreKey};
use backup::{BackupError, Budget, Depth, Facts, Location, Means, Written};
use model::secret::Secret;
use ports::BackupStore;
use ports::Work;
use ports::volume::{Changes, Disk, FileDisk};
use tempfile::TempDir;

/// What a volume is cut into.
pub(crate) const CHUNK: usize = packed::CHUNK_BYTES;

pub(crate) struct World {
    directory: TempDir,
    pub(crate) store: PosixStore,
    pub(crate) means: Means,
    pub(crate) key: Option<StoreKey>,
}

impl World {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = PosixStore::new(directory.path().join("store"));
        store.check().unwrap();
        let means = Means { threads: 3, budget: Budget::new(256 << 20) };
        Self { directory, store, means, key: None }
    }

    pub(crate) fn sealed() -> Self {
        Self { key: Some(key(7)), ..Self::new() }
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.directory.path().join("store/container")
    }

    /// Backup `number` of volume `volume`.
    pub(crate) fn at(volume: usize, number: usize) -> Location {
        Location {
            container: "container".to_owned(),
            prefix: format!("{}volume_{volume}_backup_{number}", packed::PREFIX),
        }
    }

    pub(crate) fn back_up(
        &self,
        disk: &dyn Disk,
        at: &Location,
        parent: Option<&Location>,
    ) -> Result<Written, BackupError> {
        self.back_up_to(&self.store, disk, at, parent)
    }

    pub(crate) fn back_up_to(
        &self,
        store: &dyn BackupStore,
        disk: &dyn Disk,
        at: &Location,
        parent: Option<&Location>,
    ) -> Result<Written, BackupError> {
        self.back_up_changes(store, disk, at, (parent, None))
    }

    /// An increment, with an account of what has changed since its parent.
    pub(crate) fn back_up_changes(
        &self,
        store: &dyn BackupStore,
        disk: &dyn Disk,
        at: &Location,
        (parent, changes): (Option<&Location>, Option<&Changes>),
    ) -> Result<Written, BackupError> {
        let facts = Facts {
            backup_id: at.prefix.clone(),
            volume_id: "v".to_owned(),
            name: Some("näme".to_owned()),
            description: None,
            created_at: "2026-11-20 18:36:28+00:00".to_owned(),
            parent_id: None,
            volume_meta: Some("{\"version\": 2}".to_owned()),
        };
        let backup = Backup { store, disk, at, facts: &facts, parent, changes, key: self.key.as_ref() };
        packed::back_up(&backup, &self.means, &Work::new())
    }

    pub(crate) fn restore(&self, at: &Location, disk: &dyn Disk) -> Result<Option<String>, BackupError> {
        packed::restore(&self.store, at, self.key.as_ref(), disk, &self.means, &Work::new())
    }

    /// What a backup of `content` is restored to, over a disk full of something else.
    pub(crate) fn assert_restores(&self, at: &Location, content: &[u8]) {
        let target = disk(&vec![0xEE; content.len() + 3 * CHUNK]);
        let data = self.restore(at, &target).unwrap();
        assert_eq!(data.as_deref(), Some("{\"version\": 2}"));
        let restored = content_of(&target);
        assert!(restored[..content.len()] == *content, "{} does not come back", at.prefix);
        assert!(restored[content.len()..].iter().all(|it| *it == 0xEE), "the rest of the disk is untouched");
    }

    pub(crate) fn verify(&self, at: &Location, depth: Depth) -> Result<u64, BackupError> {
        packed::verify(&self.store, at, self.key.as_ref(), depth, &self.means, &Work::new())
    }

    pub(crate) fn remove(&self, at: &Location) -> Result<(), BackupError> {
        packed::remove(&self.store, at, self.key.as_ref())
    }

    /// Names of all objects.
    pub(crate) fn objects(&self) -> Vec<String> {
        self.store.list("container", "").unwrap().into_iter().map(|object| object.name).collect()
    }

    pub(crate) fn packs(&self) -> Vec<String> {
        self.objects().into_iter().filter(|name| name.contains("-0")).collect()
    }

    /// Bytes in the store.
    pub(crate) fn stored_bytes(&self) -> u64 {
        self.store.list("container", "").unwrap().iter().filter_map(|object| object.size_bytes).sum()
    }
}

pub(crate) fn key(byte: u8) -> StoreKey {
    StoreKey::new(&Secret::new([byte; 32]))
}

/// A volume with this content.
pub(crate) fn disk(content: &[u8]) -> FileDisk {
    let file = tempfile::tempfile().unwrap();
    file.set_len(content.len() as u64).unwrap();
    let disk = FileDisk::new(file).unwrap();
    for (number, chunk) in content.chunks(CHUNK).enumerate() {
        if chunk.iter().any(|byte| *byte != 0) {
            disk.write_at(chunk, (number * CHUNK) as u64).unwrap();
        }
    }
    disk
}

pub(crate) fn content_of(disk: &dyn Disk) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(disk.size_bytes()).unwrap()];
    disk.read_at(&mut bytes, 0).unwrap();
    bytes
}

/// Bytes that do not shrink, others for each seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for word in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        word.copy_from_slice(&state.to_le_bytes()[..word.len()]);
    }
    bytes
}
