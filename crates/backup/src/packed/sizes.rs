//! How long the packs of a container are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ports::DriverError;
use ports::backup::{BackupStore, ObjectName};

use super::names;
use crate::BackupError;

/// The packs that a list showed, and their lengths in bytes as far as they are known.
pub(super) struct Sizes<'a> {
    store: &'a dyn BackupStore,
    container: &'a str,
    listed: Mutex<HashMap<String, Option<u64>>>,
}

impl<'a> Sizes<'a> {
    pub(super) fn list(store: &'a dyn BackupStore, container: &'a str) -> Result<Self, BackupError> {
        let found = store.list(container, names::PREFIX)?;
        let listed = found.into_iter().map(|object| (object.name, object.size_bytes)).collect();
        Ok(Self { store, container, listed: Mutex::new(listed) })
    }

    /// Whether the first `end_bytes` of a pack are there, as far as the list says: where it says no lengths, a store keeps
    /// objects whole.
    pub(super) fn may_reach(&self, pack: &str, end_bytes: u64) -> bool {
        self.listed(pack).is_some_and(|size| size.is_none_or(|size| size >= end_bytes))
    }

    /// How long a pack is, which the store is asked for when its list did not say; none when it is not there.
    pub(super) fn of(&self, pack: &str) -> Result<Option<u64>, BackupError> {
        let Some(listed) = self.listed(pack) else { return Ok(None) };
        if listed.is_some() {
            return Ok(listed);
        }
        let asked = match self.store.object_bytes(&ObjectName::new(self.container, pack)?) {
            Ok(size) => size,
            Err(DriverError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(pack.to_owned(), Some(asked));
        Ok(Some(asked))
    }

    /// How long a pack is, where the list said so.
    pub(super) fn listed_bytes(&self, pack: &str) -> Option<u64> {
        self.listed(pack).flatten()
    }

    fn listed(&self, pack: &str) -> Option<Option<u64>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).get(pack).copied()
    }
}
