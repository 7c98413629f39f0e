//! Tokens that were validated already.

use std::collections::HashMap;

use tokio::time::Instant;

/// Most tokens in each half. What is remembered of one is about a kilobyte.
const MAX_HALF: usize = 1024;

/// The SHA-256 of a token: what is remembered cannot be used as one.
pub(crate) type Key = [u8; 32];

struct Entry<V> {
    value: V,
    ends_at: Instant,
}

/// What is known of tokens, all of one generation.
///
/// It forgets in halves: when the young half is full it becomes the old one, and what was not asked for since goes.
pub(crate) struct Cache<V> {
    generation: i64,
    young: HashMap<Key, Entry<V>>,
    old: HashMap<Key, Entry<V>>,
}

impl<V> Default for Cache<V> {
    fn default() -> Self {
        Self { generation: 0, young: HashMap::new(), old: HashMap::new() }
    }
}

impl<V: Clone> Cache<V> {
    /// What is known of this token, if it was remembered in this generation and its time is not over.
    pub(crate) fn get(&mut self, key: &Key, generation: i64, now: Instant) -> Option<V> {
        if generation != self.generation {
            return None;
        }
        if let Some(entry) = self.old.remove(key) {
            self.insert(*key, entry);
        }
        let entry = self.young.get(key).filter(|entry| now < entry.ends_at)?;
        Some(entry.value.clone())
    }

    /// Remembers what is known of a token in this generation.
    pub(crate) fn put(&mut self, key: Key, generation: i64, value: V, ends_at: Instant) {
        if generation < self.generation {
            return;
        }
        if generation > self.generation {
            self.clear();
            self.generation = generation;
        }
        self.insert(key, Entry { value, ends_at });
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    fn insert(&mut self, key: Key, entry: Entry<V>) {
        if self.young.len() >= MAX_HALF {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn key(number: u16) -> Key {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let later = now + Duration::from_secs(60);
        for number in 0..10_000 {
            cache.put(key(number), 1, number, later);
            assert_eq!(cache.get(&key(0), 1, now), Some(0), "{number}");
            assert!(cache.young.len() <= MAX_HALF && cache.old.len() <= MAX_HALF);
        }
        assert_eq!(cache.get(&key(1), 1, now), None);
        assert_eq!(cache.get(&key(9_999), 1, now), Some(9_999));
    }

    #[test]
    fn a_new_generation_ends_what_was_known_before() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let later = now + Duration::from_secs(60);
        cache.put(key(1), 1, (), later);
        assert!(cache.get(&key(1), 2, now).is_none());
        cache.put(key(2), 2, (), later);
        cache.put(key(3), 1, (), later);
        let known = |cache: &mut Cache<()>, number| cache.get(&key(number), 2, now).is_some();
        assert_eq!([1, 2, 3].map(|number| known(&mut cache, number)), [false, true, false]);
    }

    #[test]
    fn a_token_ends_when_its_time_is_over() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let end = now + Duration::from_secs(60);
        cache.put(key(1), 1, (), end);
        assert!(cache.get(&key(1), 1, now).is_some());
        assert!(cache.get(&key(1), 1, end).is_none());
    }
}
