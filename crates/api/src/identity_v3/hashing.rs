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
        Self::new(MAX_WAITING)
    }
}

impl Hashing {
    fn new(max_waiting: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(AT_ONCE + max_waiting)),
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

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

#[cfg(test)]
mod tests {
    use tokio::task::JoinSet;

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_sent_away() {
        let hashing = Hashing::new(2);
        let mut clients = JoinSet::new();
        for _ in 0..8 {
            let hashing = hashing.clone();
            clients.spawn(async move { hashing.hash(secret("x")).await });
        }
        let answers = clients.join_all().await;
        let served = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(served, 3, "one runs and two wait");
        assert!(answers.iter().filter_map(|answer| answer.as_ref().err()).all(|fault| fault.code == 503));
        assert!(hashing.hash(secret("x")).await.is_ok(), "places are given back");
    }

    #[tokio::test]
    async fn passwords_are_hashed_and_verified() {
        let hashing = Hashing::default();
        let stored = hashing.hash(secret("right")).await.unwrap();
        assert!(hashing.verify(secret("right"), Some(stored.clone())).await.unwrap());
        assert!(!hashing.verify(secret("wrong"), Some(stored)).await.unwrap());
        assert!(!hashing.verify(secret("right"), None).await.unwrap());
        assert_eq!(hashing.hash(secret("")).await.unwrap_err().code, 400);
    }
}
