//! One engine for all formats: where a backup lies says in which it is.

use std::sync::Arc;

use ports::Work;
use ports::backup::BackupStore;
use ports::volume::{Changes, Disk};

use crate::chunked::{self, Layer};
use crate::imaged;
use crate::packed::{self, StoreKey};
use crate::{BackupError, Depth, Facts, Location, Lost, Means, Written};

/// The shape of a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Our own: [`packed`].
    Packed,
    /// Cinder's: [`chunked`].
    Chunked,
    /// That of Cinder's Ceph driver: [`imaged`].
    Imaged,
}

impl Format {
    /// The format of the backup at `at`.
    #[must_use]
    pub fn of(at: &Location) -> Self {
        match at {
            at if packed::is_packed(at) => Self::Packed,
            at if imaged::is_imaged(at) => Self::Imaged,
            _ => Self::Chunked,
        }
    }

    /// Reads `backup_format`, for backups in `store`.
    #[must_use]
    pub fn parse(word: &str, store: &dyn BackupStore) -> Option<Self> {
        match word {
            "besser" => Some(Self::Packed),
            "cinder" if store.images().is_some() => Some(Self::Imaged),
            "cinder" => Some(Self::Chunked),
            _ => None,
        }
    }
}

/// A store, and how backups are made in it.
#[derive(Clone)]
pub struct Engine {
    /// The store.
    pub store: Arc<dyn BackupStore>,
    /// The format of new full backups; an increment has that of what it builds on.
    pub format: Format,
    /// How backups in Cinder's format are written.
    pub options: chunked::Options,
    /// The key of backups in our own format, if there is one.
    pub key: Option<StoreKey>,
    /// What the work may use.
    pub means: Means,
}

impl Engine {
    /// Makes the backup at `at`, as an increment of the one at `parent` if there is one. It is whole and durable when
    /// this returns.
    ///
    /// # Errors
    /// It was not made; [`Self::remove`] takes away what was.
    pub fn back_up(
        &self,
        disk: &dyn Disk,
        at: &Location,
        facts: &Facts,
        parent: Option<&Location>,
        work: &Work,
    ) -> Result<Written, BackupError> {
        self.back_up_changes(disk, at, facts, (parent, None), work)
    }

    /// The same where the storage says where the disk may hold something else than the parent. Only our own format makes
    /// use of that; in the others everything is compared.
    ///
    /// # Errors
    /// As [`Self::back_up`].
    pub fn back_up_changes(
        &self,
        disk: &dyn Disk,
        at: &Location,
        facts: &Facts,
        (parent, changes): (Option<&Location>, Option<&Changes>),
        work: &Work,
    ) -> Result<Written, BackupError> {
        let store = &*self.store;
        match Format::of(at) {
            Format::Packed => {
                let key = self.key.as_ref();
                let wanted = packed::Backup { store, disk, at, facts, parent, changes, key };
                packed::back_up(&wanted, &self.means, work)
            }
            Format::Chunked => {
                let wanted = chunked::Backup { store, disk, at, facts, parent, options: self.options };
                chunked::back_up(&wanted, &self.means, work)
            }
            Format::Imaged => imaged::back_up(&imaged::Backup { store, disk, at, facts }, &self.means, work),
        }
    }

    /// Restores the last of `layers`, which are its chain from the full backup on, to `disk`. Returns the volume's own
    /// data, as JSON text. What was restored is durable and equals what was backed up when this returns.
    ///
    /// # Errors
    /// The disk holds something between what it had and what it should have.
    pub fn restore(
        &self,
        layers: &[Layer],
        disk: &dyn Disk,
        work: &Work,
    ) -> Result<Option<String>, BackupError> {
        match layers.last() {
            // Each is whole by itself.
            Some(last) if packed::is_packed(&last.at) => {
                packed::restore(&*self.store, &last.at, self.key.as_ref(), disk, &self.means, work)
            }
            Some(last) if imaged::is_imaged(&last.at) => {
                imaged::restore(&*self.store, last, disk, &self.means, work)
            }
            _ => chunked::restore(&*self.store, layers, disk, &self.means, work),
        }
    }

    /// Restores what it can of the last of `layers` to `disk`, which is all zeros, and returns what it cannot.
    ///
    /// # Errors
    /// What names the objects is damaged itself, or the store or the disk failed.
    pub fn salvage(&self, layers: &[Layer], disk: &dyn Disk, work: &Work) -> Result<Vec<Lost>, BackupError> {
        match layers.last() {
            Some(last) if packed::is_packed(&last.at) => {
                packed::salvage(&*self.store, &last.at, self.key.as_ref(), disk, &self.means, work)
            }
            Some(last) if imaged::is_imaged(&last.at) => {
                imaged::salvage(&*self.store, last, disk, &self.means, work)
            }
            _ => chunked::salvage(&*self.store, layers, disk, &self.means, work),
        }
    }

    /// The data of the volume that the last of `layers` is of, beside its content, as JSON text.
    ///
    /// # Errors
    /// What says so cannot be read.
    pub fn volume_data(&self, layers: &[Layer]) -> Result<Option<String>, BackupError> {
        match layers.last() {
            Some(last) if packed::is_packed(&last.at) => {
                packed::volume_data(&*self.store, &last.at, self.key.as_ref())
            }
            Some(last) if imaged::is_imaged(&last.at) => imaged::volume_data(&*self.store, last),
            Some(last) => chunked::volume_data(&*self.store, &last.at),
            None => Ok(None),
        }
    }

    /// How long the volume was that the last of `layers` is of, in bytes.
    ///
    /// # Errors
    /// What says so cannot be read.
    pub fn size_bytes(&self, layers: &[Layer]) -> Result<u64, BackupError> {
        match layers.last() {
            Some(last) if packed::is_packed(&last.at) => {
                packed::size_bytes(&*self.store, &last.at, self.key.as_ref())
            }
            Some(last) if imaged::is_imaged(&last.at) => imaged::size_bytes(&*self.store, last),
            _ => chunked::size_bytes(&*self.store, layers),
        }
    }

    /// Looks whether one backup is whole. Returns how many objects with content it has.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn verify(&self, layer: &Layer, depth: Depth, work: &Work) -> Result<u64, BackupError> {
        match Format::of(&layer.at) {
            Format::Packed => {
                packed::verify(&*self.store, &layer.at, self.key.as_ref(), depth, &self.means, work)
            }
            Format::Chunked => chunked::verify(&*self.store, layer, depth, &self.means, work),
            Format::Imaged => imaged::verify(&*self.store, layer, depth, &self.means, work),
        }
    }

    /// Looks whether a disk holds what was backed up, where the format keeps hashes by which that can be told without
    /// reading the backup; whether it was looked.
    ///
    /// # Errors
    /// [`BackupError::Differs`], or nobody can tell.
    pub fn compare(&self, layer: &Layer, disk: &dyn Disk, work: &Work) -> Result<bool, BackupError> {
        match Format::of(&layer.at) {
            Format::Packed => {
                packed::compare(&*self.store, &layer.at, self.key.as_ref(), disk, &self.means, work)?;
                Ok(true)
            }
            Format::Chunked | Format::Imaged => Ok(false),
        }
    }

    /// Takes a backup away. What is gone already is no error.
    ///
    /// # Errors
    /// The store failed; some may be gone.
    pub fn remove(&self, at: &Location) -> Result<(), BackupError> {
        match Format::of(at) {
            Format::Packed => packed::remove(&*self.store, at, self.key.as_ref()),
            Format::Chunked => chunked::remove(&*self.store, at),
            Format::Imaged => imaged::remove(&*self.store, at),
        }
    }
}
