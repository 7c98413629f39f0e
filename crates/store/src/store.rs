//! The store: where closures run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::sqlite::{migrate, open, readers::Readers, writer::Writer};
use crate::{Conn, StoreError};

/// Called with `store.commit.before` and `store.commit.after` around every commit; an error loses the commit, or the
/// answer to it. The crash harness counts and kills here.
pub type CommitHook = Arc<dyn Fn(&'static str) -> Result<(), StoreError> + Send + Sync>;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// The database file.
    pub path: PathBuf,
    /// Threads that read.
    pub readers: usize,
    /// For tests.
    pub commit_hook: Option<CommitHook>,
}

impl Options {
    /// The usual settings for the database file `path`.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self { path: path.as_ref().to_owned(), readers: 4, commit_hook: None }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: Arc<Readers>,
    writer: Arc<Writer>,
}

impl Store {
    /// Opens the database, makes it when there is none, and brings it to the newest schema.
    ///
    /// # Errors
    /// The file cannot be opened or is of a newer version.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        let conn = open::writer(&options.path)?;
        migrate::apply(&conn)?;
        Self::start(conn, options)
    }

    /// Opens the database of a service beside it, as the command line does: nothing is made, nothing brought up to date.
    ///
    /// # Errors
    /// The file cannot be opened or is of another version.
    pub fn open_beside(options: Options) -> Result<Self, StoreError> {
        let conn = open::writer(&options.path)?;
        migrate::check(&conn)?;
        Self::start(conn, options)
    }

    fn start(conn: rusqlite::Connection, options: Options) -> Result<Self, StoreError> {
        let writer = Arc::new(Writer::start(conn, options.commit_hook)?);
        let readers = Arc::new(Readers::start(&options.path, options.readers)?);
        Ok(Self { readers, writer })
    }

    /// Runs `job` in one snapshot of the database.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub async fn read<T, E>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.readers.run(job).await
    }

    /// Runs `job` in a transaction and returns when it is durable. An error from `job` rolls all of it back.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub async fn write<T, E>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.writer.run(job).await
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|conn| conn.int("SELECT 1", &[]).map(|_| ())).await
    }
}
