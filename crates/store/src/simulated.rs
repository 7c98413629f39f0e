//! A database for simulations: SQLite in memory, on the thread that asks, so that what happens is the same every time.
//! Its clock, and the network between it and each process, are those of whoever simulates.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::Timestamp;
use rusqlite::Connection;

use crate::engine::sqlite::{migrate, open};
use crate::{Conn, Store, StoreError};

/// How long a message is on its way, or why it does not arrive.
pub type Passage<'a> = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>;

/// What lies between a process and its database.
pub trait Link: Send + Sync {
    /// The time that the process takes for the database's.
    fn now(&self) -> Timestamp;

    /// Carries a question there. When it does not arrive, nothing happens.
    fn there(&self) -> Passage<'_>;

    /// Carries the answer back. When it does not arrive, what was asked has happened all the same.
    fn back(&self) -> Passage<'_>;
}

/// A database that several processes of a simulation share. Cheap to clone.
#[derive(Clone)]
pub struct Memory {
    conn: Arc<Mutex<Connection>>,
}

impl Memory {
    /// An empty database of the newest schema.
    ///
    /// # Errors
    /// The engine refuses.
    pub fn new() -> Result<Self, StoreError> {
        let refused = |error| StoreError::of_statement("opening a database in memory", error);
        let conn = Connection::open_in_memory().map_err(|error: rusqlite::Error| refused(error))?;
        open::set(&conn, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")?;
        migrate::apply(&conn)?;
        Ok(Self { conn: Arc::new(Mutex::new(conn)) })
    }

    /// The database as a process has it that reaches it by `link`.
    #[must_use]
    pub fn behind(&self, link: Arc<dyn Link>) -> Store {
        Store::simulated(Linked { memory: self.clone(), link })
    }

    /// Runs `job` in a transaction, at once.
    ///
    /// # Errors
    /// What `job` returns, or the engine's own failure.
    pub fn at<T, E: From<StoreError>>(
        &self,
        now: Timestamp,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let conn = self.conn();
        open::set(&conn, "BEGIN IMMEDIATE")?;
        let done = job(&Conn::sqlite_at(&conn, now));
        open::set(&conn, if done.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
        done
    }

    fn conn(&self) -> MutexGuard<'_, Connection> {
        self.conn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The database at the other end of a link.
pub(crate) struct Linked {
    memory: Memory,
    link: Arc<dyn Link>,
}

impl Linked {
    /// Runs `job` in a transaction, if the way there and back lets it.
    pub(crate) async fn run<T, E: From<StoreError>>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.link.there().await?;
        let done = self.memory.at(self.link.now(), job);
        self.link.back().await?;
        done
    }
}
