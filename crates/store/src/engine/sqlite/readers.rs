//! A few read-only connections, handed out one per read.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::open;
use crate::{Conn, StoreError};

/// The readers. They are opened when first needed, and kept.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    places: Semaphore,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, most: usize) -> Arc<Self> {
        Arc::new(Self { path, idle: Mutex::new(Vec::new()), places: Semaphore::new(most) })
    }

    /// Runs `job` on a blocking thread with a connection to itself, in one snapshot of the database.
    pub(crate) async fn run<T, E>(
        self: &Arc<Self>,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let Ok(_place) = self.places.acquire().await else { return Err(StoreError::Closed.into()) };
        let readers = Arc::clone(self);
        let ran = tokio::task::spawn_blocking(move || {
            let conn = readers.take()?;
            open::set(&conn, "BEGIN")?;
            let answer = job(&Conn::sqlite(&conn));
            // A connection that cannot end its read is not handed out again.
            if open::set(&conn, "COMMIT").is_ok() {
                readers.give_back(conn);
            }
            answer
        });
        ran.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.map_or_else(|| open::reader(&self.path), Ok)
    }

    fn give_back(&self, conn: Connection) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
    }
}
