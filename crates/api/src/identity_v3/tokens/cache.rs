//! Tokens that were validated already.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::Bearer;

/// Most tokens in each half. A bearer is about a kilobyte.
const MAX_HALF: usize = 1024;

/// The SHA-256 of a token: what is remembered cannot be used as one.
pub(super) type Key = [u8; 32];

struct Entry {
    bearer: Arc<Bearer>,
    ends_at: Instant,
}

/// Bearers by token, all of one generation of the identity.
///
/// It forgets in halves: when the young half is full it becomes the old one, and what was not asked for since goes.
#[derive(Default)]
pub(super) struct Cache {
    generation: i64,
    young: HashMap<Key, Entry>,
    old: HashMap<Key, Entry>,
}

impl Cache {
    /// The bearer of this token, if it was remembered in this generation and its time is not over.
    pub(super) fn get(&mut self, key: &Key, generation: i64, now: Instant) -> Option<Arc<Bearer>> {
        if generation != self.generation {
            return None;
        }
        if let Some(entry) = self.old.remove(key) {
            self.insert(*key, entry);
        }
        let entry = self.young.get(key).filter(|entry| now < entry.ends_at)?;
        Some(Arc::clone(&entry.bearer))
    }

    /// Remembers a bearer as it was in this generation.
    pub(super) fn put(&mut self, key: Key, generation: i64, bearer: Arc<Bearer>, ends_at: Instant) {
        if generation < self.generation {
            return;
        }
        if generation > self.generation {
            self.clear();
            self.generation = generation;
        }
        self.insert(key, Entry { bearer, ends_at });
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    fn insert(&mut self, key: Key, entry: Entry) {
        if self.young.len() >= MAX_HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }
}
