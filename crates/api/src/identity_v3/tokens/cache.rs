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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth::credentials::{Credentials, Domain, Scope, User};
    use auth::scope::ScopeId;
    use auth::token::{Audit, Claims, Methods};
    use model::Timestamp;

    use super::*;

    fn bearer() -> Arc<Bearer> {
        let domain = Domain { id: "d".to_owned(), name: "d".to_owned() };
        let credentials = Credentials {
            user: User { id: "u".to_owned(), name: "u".to_owned(), domain },
            scope: Scope::Unscoped,
            roles: Vec::new(),
            is_admin: false,
            is_admin_project: true,
            service: None,
            application_credential_id: None,
            audit_ids: Vec::new(),
            expires_at: Timestamp(0),
        };
        let claims = Claims {
            user_id: "u".to_owned(),
            scope: ScopeId::Unscoped,
            methods: Methods::default(),
            issued_at: Timestamp(0),
            expires_at: Timestamp(0),
            audit: Audit::begin().unwrap(),
            application_credential_id: None,
            auth_generation: 0,
        };
        let credentials = Arc::new(credentials);
        Arc::new(Bearer { claims, credentials, roles: Vec::new(), application_credential: None })
    }

    fn key(number: u16) -> Key {
        let mut key = [0; 32];
        key[..2].copy_from_slice(&number.to_be_bytes());
        key
    }

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        let (mut cache, bearer, now) = (Cache::default(), bearer(), Instant::now());
        let later = now + Duration::from_secs(60);
        for number in 0..10_000 {
            cache.put(key(number), 1, Arc::clone(&bearer), later);
            assert!(cache.get(&key(0), 1, now).is_some(), "{number}");
            assert!(cache.young.len() <= MAX_HALF && cache.old.len() <= MAX_HALF);
        }
        assert!(cache.get(&key(1), 1, now).is_none());
        assert!(cache.get(&key(9_999), 1, now).is_some());
    }

    #[test]
    fn a_change_of_the_identity_ends_what_was_known_before() {
        let (mut cache, bearer, now) = (Cache::default(), bearer(), Instant::now());
        let later = now + Duration::from_secs(60);
        cache.put(key(1), 1, Arc::clone(&bearer), later);
        assert!(cache.get(&key(1), 2, now).is_none());
        cache.put(key(2), 2, Arc::clone(&bearer), later);
        cache.put(key(3), 1, bearer, later);
        let known = |cache: &mut Cache, number| cache.get(&key(number), 2, now).is_some();
        assert_eq!([1, 2, 3].map(|number| known(&mut cache, number)), [false, true, false]);
    }

    #[test]
    fn a_token_ends_when_its_time_is_over() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let end = now + Duration::from_secs(60);
        cache.put(key(1), 1, bearer(), end);
        assert!(cache.get(&key(1), 1, now).is_some());
        assert!(cache.get(&key(1), 1, end).is_none());
    }
}
