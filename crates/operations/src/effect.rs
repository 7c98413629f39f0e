//! Effects outside of the database: a driver's call on a blocking thread.
//!
//! A call cannot be cut off, only called off, and goes on for a while after nobody waits for it any longer: when the
//! claim on its operation was lost, or the operation was given up. The next call for the same thing therefore waits
//! until it has really ended. No driver ever sees two calls that change one thing at the same time.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledger::{Blocking, Progress};
use ports::keys::KeyError;
use ports::work::Unwanted;
use ports::{DriverError, KeyManager, VolumeDriver, Work};
use tokio::sync::{Notify, Semaphore};

use crate::Backend;

/// Most effects at the same time, whatever the number of backends: fewer than a runtime has blocking threads, so that
/// copies which take minutes leave some to those who hash a password or measure a pool.
const MAX_EFFECTS: usize = 48;

/// The effects of this process.
pub(crate) struct Effects {
    things: Arc<Things>,
    places: Arc<Semaphore>,
    blocking: Blocking,
}

/// The things that a call is changing.
#[derive(Default)]
struct Things {
    changing: Mutex<HashSet<String>>,
    one_less: Notify,
}

/// The right to change a thing, until it is dropped.
struct Turn {
    things: Arc<Things>,
    key: String,
}

/// Calls the work off when the future that waits for it is dropped.
struct CallOff(Work);

impl Effects {
    /// None yet; what is to come runs where `blocking` says.
    pub(crate) fn new(blocking: Blocking) -> Self {
        Self { things: Arc::default(), places: Arc::new(Semaphore::new(MAX_EFFECTS)), blocking }
    }

    /// Runs `call`, which changes the thing `key` (as the ledger calls it), with the driver of `backend` on a blocking
    /// thread, and lets `progress` watch it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        key: &str,
        backend: &Backend,
        progress: &Progress,
        call: impl FnOnce(&dyn VolumeDriver, &Work) -> Result<T, DriverError> + Send + 'static,
    ) -> Result<T, DriverError> {
        let driver = Arc::clone(&backend.driver);
        self.work(key, progress, move |work| call(&*driver, work)).await
    }

    /// Runs `call`, which changes the thing `key` with whatever it brings along, in the same way.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        key: &str,
        progress: &Progress,
        call: impl FnOnce(&Work) -> Result<T, DriverError> + Send + 'static,
    ) -> Result<T, DriverError> {
        let turn = self.turn(key).await;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let work = Work::new();
        let (meter, mine) = (work.clone(), work.clone());
        progress.watch(move || meter.percent());
        let _call_off = CallOff(work);
        let called = self.blocking.start(move || {
            let _until_it_has_ended = (turn, place);
            call(&mine)
        });
        match called.await {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => {
                Err(DriverError::Refused(format!("the driver failed badly: {error}")))
            }
            // It never ran: the process is about to end.
            Err(_) => Err(Unwanted.into()),
        }
    }

    /// Runs `call`, which asks for keys of the thing `key` (as the ledger calls it), on a blocking thread.
    pub(crate) async fn ask_for_keys<T: Send + 'static>(
        &self,
        key: &str,
        keys: &Arc<dyn KeyManager>,
        call: impl FnOnce(&dyn KeyManager) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let turn = self.turn(key).await;
        let place = Arc::clone(&self.places).acquire_owned().await;
        let keys = Arc::clone(keys);
        let called = self.blocking.start(move || {
            let _until_it_has_ended = (turn, place);
            call(&*keys)
        });
        let unanswered = |error: tokio::task::JoinError| match error.is_panic() {
            true => KeyError::Refused(format!("it failed badly: {error}")),
            false => KeyError::Unavailable("the process is about to end".to_owned()),
        };
        called.await.map_err(unanswered)?
    }

    /// Waits until no call changes the thing.
    async fn turn(&self, key: &str) -> Turn {
        loop {
            let one_less = self.things.one_less.notified();
            if self.things.changing().insert(key.to_owned()) {
                return Turn { things: Arc::clone(&self.things), key: key.to_owned() };
            }
            one_less.await;
        }
    }
}

impl Things {
    fn changing(&self) -> MutexGuard<'_, HashSet<String>> {
        self.changing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.things.changing().remove(&self.key);
        self.things.one_less.notify_waiters();
    }
}

impl Drop for CallOff {
    fn drop(&mut self) {
        self.0.call_off();
    }
}
