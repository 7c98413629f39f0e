//! Tokens of the embedded identity: issued, validated, revoked.
//!
//! A token is a signed statement; who holds it and with which roles is looked up in one snapshot of the database and
//! then remembered until the identity's generation changes. Writes through this process change it at once; those of
//! other processes on the same database are seen after [`REFRESH`] at the latest.

mod bearer;
mod known;
mod rotation;

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use auth::token::{Claims, RevocationSet};
use model::Timestamp;
use sha2::{Digest, Sha256};
use store::identity::{generation, revocations};
use store::{Conn, Store, StoreError};
use tokio::time::Instant;

use self::known::{Known, News};
use super::Fault;
pub use crate::tokens::MarkAdmin;
use crate::tokens::{Cache, Exists, TokenRefused, Tokens, Validated};

pub use self::bearer::{Bearer, CredentialName, RoleName, held_roles, scope_key};

/// How long a token counts, in milliseconds (Keystone's `[token] expiration`: an hour).
pub const TOKEN_LIFE_MS: i64 = 3_600_000;
/// How long after its end a service may still ask about a token with `allow_expired`, in milliseconds (Keystone's
/// `[token] allow_expired_window`: two days).
pub const EXPIRED_WINDOW_MS: i64 = 172_800_000;
/// After what time the database is asked again whether another process changed the identity.
pub const REFRESH: Duration = Duration::from_secs(2);

/// The tokens of the embedded identity.
pub struct EmbeddedTokens {
    store: Store,
    mark_admin: MarkAdmin,
    state: RwLock<State>,
    /// At least as new as `state`.
    revocations: RwLock<RevocationSet>,
    /// Held by the one who asks the database, while others that find the answer too old wait for it.
    asking: tokio::sync::Mutex<()>,
    cache: Mutex<Cache<Arc<Bearer>>>,
}

#[derive(Clone)]
struct State {
    known: Arc<Known>,
    /// When the database was last asked; none when the answer must not be believed.
    asked_at: Option<Instant>,
}

/// What was found behind a token.
struct Found {
    bearer: Arc<Bearer>,
    /// When it was found, by the database's clock.
    now: Timestamp,
    /// The generation in which all of it held, if nothing changed meanwhile.
    generation: Option<i64>,
}

impl EmbeddedTokens {
    /// The tokens of the identity in `store`, which gets its first signing key if it has none.
    ///
    /// # Errors
    /// The store fails, or no random bytes can be had.
    pub async fn open(store: Store, mark_admin: MarkAdmin) -> Result<Arc<Self>, Fault> {
        if store.read(rotation::lacks_key).await? {
            store.write(|conn| commit(conn, rotation::rotate)).await?;
        }
        let asked_at = Some(Instant::now());
        let all = store.read(|conn| News::since(conn, 0)).await?;
        let mut revocations = RevocationSet::default();
        all.revocations.into_iter().for_each(|revocation| revocations.insert(revocation));
        Ok(Arc::new(Self {
            store,
            mark_admin,
            state: RwLock::new(State { known: Arc::new(all.known), asked_at }),
            revocations: RwLock::new(revocations),
            asking: tokio::sync::Mutex::default(),
            cache: Mutex::default(),
        }))
    }

    /// Where the identity is kept.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The holder of a token that counts.
    ///
    /// # Errors
    /// It does not count, or the store fails.
    pub async fn bearer(&self, token: &str) -> Result<Arc<Bearer>, TokenRefused> {
        let known = self.known().await.map_err(unavailable)?;
        let key = Sha256::digest(token).into();
        if let Some(bearer) = self.cache().get(&key, known.generation, Instant::now()) {
            return Ok(bearer);
        }
        // What is not signed by us costs neither a thread nor a query.
        let claims = known.ring.open(token).map_err(|_| TokenRefused::Invalid)?;
        let found = self.look_up(known, claims).await?;
        let left = u64::try_from(found.bearer.claims.expires_at.since(found.now)).unwrap_or(0);
        if left == 0 {
            return Err(TokenRefused::Invalid);
        }
        let ends_at = Instant::now() + Duration::from_micros(left);
        if let Some(generation) = found.generation {
            self.cache().put(key, generation, Arc::clone(&found.bearer), ends_at);
        }
        Ok(found.bearer)
    }

    /// The holder of a token that counts, or would if it had not expired less than [`EXPIRED_WINDOW_MS`] ago.
    ///
    /// # Errors
    /// It does not count, or the store fails.
    pub async fn bearer_even_expired(&self, token: &str) -> Result<Arc<Bearer>, TokenRefused> {
        let known = self.known().await.map_err(unavailable)?;
        let claims = known.ring.open(token).map_err(|_| TokenRefused::Invalid)?;
        let found = self.look_up(known, claims).await?;
        let last = found.bearer.claims.expires_at.plus_millis(EXPIRED_WINDOW_MS);
        if found.now < last { Ok(found.bearer) } else { Err(TokenRefused::Invalid) }
    }

    /// A token with these claims, and its holder; none when such a token would not count.
    ///
    /// # Errors
    /// The store fails.
    pub async fn issue(&self, claims: Claims) -> Result<Option<(String, Bearer)>, Fault> {
        let known = self.known().await?;
        let mark_admin = Arc::clone(&self.mark_admin);
        let resolved = self.store.read(move |conn| bearer::resolve(conn, claims, &mark_admin)).await?;
        let Some(bearer) = resolved else { return Ok(None) };
        match known.ring.issue(&bearer.claims) {
            Ok(token) => Ok(Some((token, bearer))),
            Err(error) => {
                tracing::error!(%error, "cannot sign a token");
                Err(Fault::internal())
            }
        }
    }

    /// Changes the identity in one transaction, after which nothing that is remembered of it is believed.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, Fault> + Clone + Send + 'static,
    ) -> Result<T, Fault> {
        let answer = self.store.write(|conn| commit(conn, job)).await?;
        if let Err(error) = self.ask().await {
            // The change stands. Nobody is believed until the database answers again.
            tracing::error!(error = error.chain(), "cannot read the identity after a change");
            self.state_mut().asked_at = None;
        }
        Ok(answer)
    }

    /// Rotates the signing keys when it is time and forgets old revocations. To be called about every hour.
    ///
    /// # Errors
    /// The store fails, or no random bytes can be had.
    pub async fn maintain(&self) -> Result<(), Fault> {
        let now = self
            .write(|conn| {
                revocations::prune(conn)?;
                rotation::rotate(conn)?;
                Ok(conn.now())
            })
            .await?;
        self.revocations.write().unwrap_or_else(PoisonError::into_inner).prune(now);
        Ok(())
    }

    /// Forgets who holds which token, for when [`MarkAdmin`] would answer otherwise than before.
    pub fn forget(&self) {
        self.cache().clear();
    }

    async fn look_up(&self, known: Arc<Known>, claims: Claims) -> Result<Found, TokenRefused> {
        if self.is_revoked(&claims) {
            return Err(TokenRefused::Invalid);
        }
        let mark_admin = Arc::clone(&self.mark_admin);
        let looked_up = self.store.read(move |conn| {
            let bearer = bearer::resolve(conn, claims, &mark_admin)?;
            Ok::<_, StoreError>((bearer, generation::current(conn)?, conn.now()))
        });
        let (bearer, generation, now) = looked_up.await.map_err(unavailable)?;
        let bearer = Arc::new(bearer.ok_or(TokenRefused::Invalid)?);
        if generation == known.generation {
            return Ok(Found { bearer, now, generation: Some(generation) });
        }
        // Somebody changed the identity since it was read: perhaps this very token was revoked.
        let known = self.ask().await.map_err(unavailable)?;
        if self.is_revoked(&bearer.claims) {
            return Err(TokenRefused::Invalid);
        }
        let generation = (generation == known.generation).then_some(generation);
        Ok(Found { bearer, now, generation })
    }

    /// What is known, not older than [`REFRESH`].
    async fn known(&self) -> Result<Arc<Known>, StoreError> {
        if let Some(known) = self.known_recently() {
            return Ok(known);
        }
        let _asking = self.asking.lock().await;
        match self.known_recently() {
            Some(known) => Ok(known),
            None => self.ask().await,
        }
    }

    fn known_recently(&self) -> Option<Arc<Known>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let is_recent = state.asked_at.is_some_and(|at| at.elapsed() < REFRESH);
        is_recent.then(|| Arc::clone(&state.known))
    }

    /// Asks the database, and reads what changed if anything did.
    async fn ask(&self) -> Result<Arc<Known>, StoreError> {
        let asked_at = Some(Instant::now());
        let seen = self.state.read().unwrap_or_else(PoisonError::into_inner).known.generation;
        let news = self.store.read(move |conn| {
            let changed = generation::current(conn)? != seen;
            changed.then(|| News::since(conn, seen)).transpose()
        });
        let news = news.await?;
        let mut state = self.state_mut();
        state.asked_at = state.asked_at.max(asked_at);
        if let Some(News { known, revocations }) =
            news.filter(|it| it.known.generation > state.known.generation)
        {
            // Before the generation is: who believes it must find them.
            let mut revoked = self.revocations.write().unwrap_or_else(PoisonError::into_inner);
            revocations.into_iter().for_each(|revocation| revoked.insert(revocation));
            state.known = Arc::new(known);
        }
        Ok(Arc::clone(&state.known))
    }

    fn is_revoked(&self, claims: &Claims) -> bool {
        self.revocations.read().unwrap_or_else(PoisonError::into_inner).is_revoked(claims)
    }

    fn state_mut(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn cache(&self) -> std::sync::MutexGuard<'_, Cache<Arc<Bearer>>> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tokens for EmbeddedTokens {
    fn validate<'a>(&'a self, token: &'a str) -> Validated<'a> {
        Box::pin(async move { Ok(Arc::clone(&self.bearer(token).await?.credentials)) })
    }

    fn validate_even_expired<'a>(&'a self, token: &'a str) -> Validated<'a> {
        Box::pin(async move { Ok(Arc::clone(&self.bearer_even_expired(token).await?.credentials)) })
    }

    fn has_project<'a>(&'a self, id: &'a str) -> Exists<'a> {
        let id = id.to_owned();
        Box::pin(async move {
            let found = self.store.read(move |conn| store::identity::projects::get(conn, &id)).await;
            found.map(|found| found.is_some()).map_err(unavailable)
        })
    }
}

/// Counts a change and runs it.
fn commit<T>(conn: &Conn<'_>, job: impl FnOnce(&Conn<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    generation::advance(conn)?;
    job(conn)
}

fn unavailable(error: StoreError) -> TokenRefused {
    TokenRefused::Unavailable(error.chain())
}
