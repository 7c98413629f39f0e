//! A key manager that notes with whom its keys are shared, as one does that is not part of the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use model::{KeyId, UserId};
use operations::keys::SealedKeys;
use ports::KeyManager;
use ports::keys::{Key, KeyError, KeySpec};

/// Who may have which keys. It outlives processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Readers(Arc<Mutex<BTreeMap<KeyId, BTreeSet<String>>>>);

impl Readers {
    pub(crate) fn of(&self, key: KeyId) -> Vec<String> {
        let readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.get(&key).into_iter().flatten().cloned().collect()
    }

    /// Those of today, with a future of their own.
    pub(crate) fn copy(&self) -> Self {
        let readers = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self(Arc::new(Mutex::new(readers)))
    }

    fn share(&self, key: KeyId, users: &[UserId], keeps: bool) {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let users = users.iter().map(ToString::to_string);
        let there = readers.entry(key).or_default();
        if !keeps {
            there.clear();
        }
        there.extend(users);
    }
}

/// The keys in the database, and their readers.
pub(crate) struct NotedKeys {
    pub(crate) keys: SealedKeys,
    pub(crate) readers: Readers,
}

impl KeyManager for NotedKeys {
    fn ensure(&self, name: &str, spec: &KeySpec) -> Result<KeyId, KeyError> {
        self.keys.ensure(name, spec)
    }

    fn ensure_copy(&self, name: &str, of: KeyId) -> Result<KeyId, KeyError> {
        self.keys.ensure_copy(name, of)
    }

    fn get(&self, id: KeyId) -> Result<Key, KeyError> {
        self.keys.get(id)
    }

    fn share(&self, id: KeyId, users: &[UserId], keeps: bool) -> Result<(), KeyError> {
        self.keys.get(id)?;
        self.readers.share(id, users, keeps);
        Ok(())
    }

    fn remove_named(&self, name: &str) -> Result<(), KeyError> {
        self.keys.remove_named(name)
    }

    fn remove(&self, id: KeyId) -> Result<(), KeyError> {
        self.keys.remove(id)
    }
}
