//! Passwords are hashed on blocking threads, one at a time.
//!
//! A hash needs [`auth::password::MEMORY_KIB`] for some tens of milliseconds. One after another keeps the process small
//! and leaves the other processors to those who are logged in already; who comes when many wait is told to come again.

use std::sync::Arc;

use auth::password::{self, PasswordError};
use auth::secret::Secret;
use tokio::sync::Semaphore;

use super::Fault;

/// Most hashes at the same time.
const AT_ONCE: usize = 1;
/// Most requests that wait for one.
const MAX_WAITING: usize = 256;

/// Where hashes are computed. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Hashing {
    places: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for Hashing {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + MAX_WAITING)),
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Hashing {
    /// The PHC string of a password.
    ///
    /// # Errors
    /// 400 when it is empty or too long; 503 when too many wait.
    pub(crate) async fn hash(&self, password: Secret<String>) -> Result<String, Fault> {
        self.run(move || password::hash(password.expose())).await?.map_err(|error| match error {
            PasswordError::Empty | PasswordError::TooLong => {
                Fault::bad_request(format!("Password validation error: {error}."))
            }
            PasswordError::NoSalt(_) | PasswordError::NotHashed => {
                tracing::error!(%error, "cannot hash a password");
                Fault::internal()
            }
        })
    }

    /// Whether this is the password behind `stored`. Without one the answer is no, after as much work.
    ///
    /// # Errors
    /// 503 when too many wait.
    pub(crate) async fn verify(
        &self,
        password: Secret<String>,
        stored: Option<String>,
    ) -> Result<bool, Fault> {
        self.run(move || password::verify(password.expose(), stored.as_deref())).await
    }

    async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        let Ok(_place) = self.places.try_acquire() else { return Err(Fault::busy()) };
        let Ok(turn) = Arc::clone(&self.running).acquire_owned().await else { return Err(Fault::busy()) };
        // The turn moves into the thread: a client that hangs up does not let another hash start beside this one.
        let ran = tokio::task::spawn_blocking(move || {
            let done = job();
            drop(turn);
            done
        });
        ran.await.map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Fault::internal()
        })
    }
}
