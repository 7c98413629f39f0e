//! Tokens of an identity service beside us: asked about once, then remembered for a while.
//!
//! A token that it vouched for counts until it ends or `token_cache_time` is over, so a revocation is seen after that
//! time at the latest. Requests that come with the same token while it is asked about share one answer. That the
//! service cannot be asked is an answer about no token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth::Credentials;
use auth::authority::{Authority, AuthorityError, Vouched};
use sha2::{Digest, Sha256};
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout};

use super::{Cache, Exists, Key, MarkAdmin, TokenRefused, Tokens, Validated};

/// Longest token, in bytes: those of Keystone have 180 to 800.
pub const MAX_TOKEN_BYTES: usize = 4096;
/// How long a token that is not valid is remembered as such, at most.
const INVALID_TIME: Duration = Duration::from_secs(5);
/// Most questions at the same time: each keeps a blocking thread.
const MAX_QUESTIONS: usize = 12;
/// How long a question may wait for its place.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the service is left alone after it did not answer.
const REST: Duration = Duration::from_secs(1);

type Answer = Result<Arc<Credentials>, TokenRefused>;

/// The tokens of an identity service beside us.
pub struct AskedTokens {
    authority: Arc<dyn Authority>,
    mark_admin: MarkAdmin,
    keep: Duration,
    places: Semaphore,
    known: Mutex<Known>,
    asking: Mutex<HashMap<Key, Arc<OnceCell<Answer>>>>,
}

/// What was answered lately.
#[derive(Default)]
struct Known {
    /// Raised whenever earlier answers are not to be believed any more.
    generation: i64,
    holders: Cache<Arc<Credentials>>,
    invalid: Cache<()>,
    /// When the service did not answer for the last time, and why.
    away: Option<(Instant, String)>,
}

/// A question that is being asked, and forgotten when nobody waits for its answer any more.
struct Question<'t> {
    tokens: &'t AskedTokens,
    key: Key,
    cell: Arc<OnceCell<Answer>>,
}

impl AskedTokens {
    /// The tokens that `authority` vouches for, each remembered for `keep` at most.
    #[must_use]
    pub fn new(authority: Arc<dyn Authority>, mark_admin: MarkAdmin, keep: Duration) -> Arc<Self> {
        Arc::new(Self {
            authority,
            mark_admin,
            keep,
            places: Semaphore::new(MAX_QUESTIONS),
            known: Mutex::default(),
            asking: Mutex::default(),
        })
    }

    /// Forgets who holds which token, for when [`MarkAdmin`] would answer otherwise than before.
    pub fn forget(&self) {
        let mut known = self.known();
        known.generation += 1;
        known.holders.clear();
    }

    async fn holder(&self, token: &str, even_expired: bool) -> Answer {
        let may_be_one = (1..=MAX_TOKEN_BYTES).contains(&token.len());
        if !may_be_one || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenRefused::Invalid);
        }
        let mut key = key_of(token, false);
        match self.remembered(&key) {
            Some(Ok(holder)) => return Ok(holder),
            Some(refused) if !even_expired => return refused,
            _ => {}
        }
        if even_expired {
            key = key_of(token, true);
            if let Some(answer) = self.remembered(&key) {
                return answer;
            }
        }
        let question = self.question(key);
        question.cell.get_or_init(|| self.ask(key, token, even_expired)).await.clone()
    }

    fn remembered(&self, key: &Key) -> Option<Answer> {
        let mut known = self.known();
        let (generation, now) = (known.generation, Instant::now());
        if let Some(holder) = known.holders.get(key, generation, now) {
            return Some(Ok(holder));
        }
        known.invalid.get(key, generation, now).map(|()| Err(TokenRefused::Invalid))
    }

    fn question(&self, key: Key) -> Question<'_> {
        let mut asking = self.asking();
        let cell = Arc::clone(asking.entry(key).or_default());
        Question { tokens: self, key, cell }
    }

    async fn ask(&self, key: Key, token: &str, even_expired: bool) -> Answer {
        let (token, generation) = (token.to_owned(), self.known().generation);
        let answer = self.call(move |authority| authority.validate(&token, even_expired)).await;
        let Vouched { credentials, left } = match answer {
            Ok(vouched) => vouched,
            Err(refused) => {
                if matches!(refused, TokenRefused::Invalid) {
                    let until = Instant::now() + self.keep.min(INVALID_TIME);
                    self.known().invalid.put(key, generation, (), until);
                }
                return Err(refused);
            }
        };
        let holder = Arc::new((self.mark_admin)(credentials));
        let keep = if even_expired { self.keep } else { self.keep.min(left) };
        let mut known = self.known();
        if generation == known.generation {
            known.holders.put(key, generation, Arc::clone(&holder), Instant::now() + keep);
        }
        Ok(holder)
    }

    /// Asks on a blocking thread, unless there was no answer a moment ago.
    async fn call<T: Send + 'static>(
        &self,
        question: impl FnOnce(&dyn Authority) -> Result<T, AuthorityError> + Send + 'static,
    ) -> Result<T, TokenRefused> {
        let place = timeout(PATIENCE, self.places.acquire()).await;
        let Ok(Ok(_place)) = place else {
            return Err(TokenRefused::Unavailable("it is asked too much at the same time".to_owned()));
        };
        if let Some((at, why)) = self.known().away.as_ref().filter(|(at, _)| at.elapsed() < REST) {
            let ago_ms = at.elapsed().as_millis();
            return Err(TokenRefused::Unavailable(format!("{why} ({ago_ms} ms ago)")));
        }
        let authority = Arc::clone(&self.authority);
        let asked = tokio::task::spawn_blocking(move || question(&*authority)).await;
        match asked.unwrap_or_else(|error| Err(AuthorityError::Unavailable(error.to_string()))) {
            Ok(answer) => Ok(answer),
            Err(AuthorityError::Invalid) => Err(TokenRefused::Invalid),
            Err(AuthorityError::Unavailable(why)) => {
                self.known().away = Some((Instant::now(), why.clone()));
                Err(TokenRefused::Unavailable(why))
            }
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asking(&self) -> MutexGuard<'_, HashMap<Key, Arc<OnceCell<Answer>>>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        let mut asking = self.tokens.asking();
        // This one and the map's own: nobody else waits. An answer is for those who asked while it was looked for.
        let is_last = Arc::strong_count(&self.cell) <= 2;
        if (is_last || self.cell.initialized())
            && asking.get(&self.key).is_some_and(|cell| Arc::ptr_eq(cell, &self.cell))
        {
            asking.remove(&self.key);
        }
    }
}

/// What is remembered cannot be used as a token.
fn key_of(token: &str, even_expired: bool) -> Key {
    Sha256::new().chain_update([u8::from(even_expired)]).chain_update(token).finalize().into()
}

impl Tokens for AskedTokens {
    fn validate<'a>(&'a self, token: &'a str) -> Validated<'a> {
        Box::pin(self.holder(token, false))
    }

    fn validate_even_expired<'a>(&'a self, token: &'a str) -> Validated<'a> {
        Box::pin(self.holder(token, true))
    }

    fn has_project<'a>(&'a self, id: &'a str) -> Exists<'a> {
        let id = id.to_owned();
        Box::pin(self.call(move |authority| authority.has_project(&id)))
    }
}
