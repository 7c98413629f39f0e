//! The store: where closures run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::server::{self, Pool, Server};
use crate::engine::sqlite::{migrate, open, readers::Readers, writer::Writer};
use crate::simulated::Linked;
use crate::{Conn, StoreError};

/// Called with `store.commit.before` and `store.commit.after` around every commit; an error loses the commit, or the
/// answer to it. The crash harness counts and kills here.
pub type CommitHook = Arc<dyn Fn(&'static str) -> Result<(), StoreError> + Send + Sync>;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of this process: SQLite.
    File(PathBuf),
    /// An engine that is reached over a network.
    Server(Box<Server>),
}

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Where it is.
    pub database: Database,
    /// Threads that read a file. An engine over a network has its own number of connections.
    pub readers: usize,
    /// For tests.
    pub commit_hook: Option<CommitHook>,
}

impl Options {
    /// The usual settings for the database file `path`.
    #[must_use]
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::of(Database::File(path.as_ref().to_owned()))
    }

    /// The usual settings for a database.
    #[must_use]
    pub fn of(database: Database) -> Self {
        Self { database, readers: 4, commit_hook: None }
    }
}

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    File { readers: Arc<Readers>, writer: Arc<Writer> },
    Server(Arc<Pool>),
    Simulated(Arc<Linked>),
}

impl Store {
    /// Opens the database, makes what there is not, and brings it to the newest schema.
    ///
    /// # Errors
    /// It cannot be opened or is of a newer version.
    pub fn open(options: Options) -> Result<Self, StoreError> {
        match &options.database {
            Database::File(path) => {
                let conn = open::writer(path)?;
                migrate::apply(&conn)?;
                Self::start_file(conn, path, &options)
            }
            Database::Server(server) => {
                server::sync(server)?;
                Self::start_server(server, &options)
            }
        }
    }

    /// Opens a database that others look after: nothing is made, nothing brought up to date.
    ///
    /// # Errors
    /// It cannot be opened or is of another version.
    pub fn open_beside(options: Options) -> Result<Self, StoreError> {
        match &options.database {
            Database::File(path) => {
                let conn = open::writer(path)?;
                migrate::check(&conn)?;
                Self::start_file(conn, path, &options)
            }
            Database::Server(server) => {
                server::check(server)?;
                Self::start_server(server, &options)
            }
        }
    }

    /// A store of a simulation.
    pub(crate) fn simulated(linked: Linked) -> Self {
        Self { engine: Engine::Simulated(Arc::new(linked)) }
    }

    fn start_file(conn: rusqlite::Connection, path: &Path, options: &Options) -> Result<Self, StoreError> {
        let writer = Arc::new(Writer::start(conn, options.commit_hook.clone())?);
        let readers = Arc::new(Readers::start(path, options.readers)?);
        Ok(Self { engine: Engine::File { readers, writer } })
    }

    fn start_server(server: &Server, options: &Options) -> Result<Self, StoreError> {
        let pool = Pool::start(server, options.commit_hook.as_ref())?;
        Ok(Self { engine: Engine::Server(Arc::new(pool)) })
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
        match &self.engine {
            Engine::File { readers, .. } => readers.run(job).await,
            Engine::Server(pool) => pool.read(job).await,
            Engine::Simulated(linked) => linked.run(job).await,
        }
    }

    /// Runs `job` in a transaction and returns when it is durable. An error from `job` rolls all of it back. It may be run
    /// several times, each time from a clone of it as it was given and with what it did before undone: what it does
    /// beside the database it must not do here.
    ///
    /// # Errors
    /// What `job` returns, or the store's own failure.
    pub async fn write<T, E>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, E> + Clone + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &self.engine {
            Engine::File { writer, .. } => writer.run(job).await,
            Engine::Server(pool) => pool.write(job).await,
            Engine::Simulated(linked) => linked.run(job).await,
        }
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|conn| conn.int("SELECT 1", &[]).map(|_| ())).await
    }
}
