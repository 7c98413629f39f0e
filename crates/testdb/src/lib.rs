//! A database for a test, of the engine that the run is for.
//!
//! Without more it is a file of SQLite. `BESSER_TEST_DATABASE` names a server that is there for nothing else,
//! `mariadb:/path/of/socket` or `postgresql:/directory/of/socket`; `cargo xtask databases COMMAND…` starts both and runs
//! a command once for each. Every test then has a database of its own there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use mysql::prelude::Queryable;
use store::engine::{Dialect, Server, Tls};
use store::{Database, Options};
use tempfile::TempDir;

/// Names the server; without it a test has a file.
pub const VARIABLE: &str = "BESSER_TEST_DATABASE";
/// Names its port on the loopback interface, for who comes with TLS, and the directory of its certificates: `port:/directory`.
pub const TLS_VARIABLE: &str = "BESSER_TEST_DATABASE_TLS";
/// Whom the servers of tests know.
pub const USER: &str = "besser";

/// A database that is gone with this.
pub struct TestDatabase {
    database: Database,
    /// Where the file is, if it has a directory of its own.
    directory: Option<TempDir>,
}

impl TestDatabase {
    /// An empty database.
    #[must_use]
    pub fn new() -> Self {
        let directory = TempDir::new().unwrap();
        let mut made = Self::file_or_server(directory.path().join("besser.db"));
        made.directory = Some(directory);
        made
    }

    /// A database without any rows; where it is a file, it is one of this directory and has its tables.
    #[must_use]
    pub fn within(directory: &Path) -> Self {
        let file = directory.join("besser.db");
        if asked().is_none() {
            std::fs::write(&file, tables()).unwrap();
        }
        Self::file_or_server(file)
    }

    /// The file, or an empty database of the server that the run is for.
    fn file_or_server(file: PathBuf) -> Self {
        let database = match asked() {
            None => Database::File(file),
            Some((dialect, socket)) => {
                let server = server(dialect, socket);
                administer(&server, &format!("CREATE DATABASE {}", server.database));
                Database::Server(Box::new(server))
            }
        };
        Self { database, directory: None }
    }

    /// The database in a file that is there, and stays.
    #[must_use]
    pub const fn in_file(file: PathBuf) -> Self {
        Self { database: Database::File(file), directory: None }
    }

    /// The file that it is, if it is not on a server.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.database {
            Database::File(file) => Some(file),
            Database::Server(_) => None,
        }
    }

    /// How a store is opened on it.
    #[must_use]
    pub fn options(&self) -> Options {
        Options::of(self.database.clone())
    }

    /// Cuts every connection to it, as a server that is restarted does. A file has none.
    pub fn cut_connections(&self) {
        let Some(server) = self.server() else { return };
        let name = &server.database;
        std::thread::scope(|scope| scope.spawn(|| cut(server, name)).join().unwrap());
    }

    /// The server by its port instead of its socket, and the directory of its certificates: `ca.pem` has signed that of
    /// `localhost`, `other-ca.pem` has not. None for a file, and where nobody has made any.
    #[must_use]
    pub fn by_port(&self) -> Option<(Server, PathBuf)> {
        let told = std::env::var(TLS_VARIABLE).ok()?;
        let (port, directory) = told.split_once(':')?;
        let port = Some(port.parse().expect("BESSER_TEST_DATABASE_TLS is port:directory"));
        let server = self.server()?.clone();
        Some((Server { port, socket: None, host: Some("localhost".to_owned()), ..server }, directory.into()))
    }

    /// The server it is on, if it is not a file.
    #[must_use]
    pub fn server(&self) -> Option<&Server> {
        match &self.database {
            Database::File(_) => None,
            Database::Server(server) => Some(server),
        }
    }
}

impl Default for TestDatabase {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some(server) = self.server() else { return };
        let force = if server.dialect == Dialect::PostgreSql { " WITH (FORCE)" } else { "" };
        administer(server, &format!("DROP DATABASE {}{force}", server.database));
    }
}

/// A file with every table and nothing in them. It is made once: a test of crashes needs hundreds.
fn tables() -> &'static [u8] {
    static TABLES: OnceLock<Vec<u8>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("besser.db");
        store::schema::sync(&Options::of(Database::File(file.clone()))).unwrap();
        std::fs::read(file).unwrap()
    })
}

/// The server that the run is for.
fn asked() -> Option<(Dialect, PathBuf)> {
    let asked = std::env::var(VARIABLE).ok().filter(|asked| !asked.is_empty())?;
    let (kind, socket) = asked.split_once(':').expect("BESSER_TEST_DATABASE is engine:socket");
    let dialect = match kind {
        "mariadb" => Dialect::MariaDb,
        "postgresql" => Dialect::PostgreSql,
        other => panic!("BESSER_TEST_DATABASE names the engine {other:?}; there are mariadb and postgresql"),
    };
    Some((dialect, PathBuf::from(socket)))
}

fn server(dialect: Dialect, socket: PathBuf) -> Server {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed);
    Server {
        dialect,
        host: None,
        port: None,
        socket: Some(socket),
        user: Some(USER.to_owned()),
        password: None,
        database: format!("test_{}_{number}", std::process::id()),
        tls: Tls::Off,
        connections: 6,
        recycle_after: None,
        max_retries: 20,
    }
}

/// Runs a statement outside of any database of a test, and of a runtime that the test may be in.
fn administer(server: &Server, sql: &str) {
    std::thread::scope(|scope| scope.spawn(|| run(server, sql)).join().unwrap());
}

fn run(server: &Server, sql: &str) {
    let socket: &Path = server.socket.as_deref().unwrap();
    match server.dialect {
        Dialect::MariaDb => {
            let options = mysql::OptsBuilder::new().socket(socket.to_str()).user(Some(USER));
            mysql::Conn::new(options).unwrap().query_drop(sql).unwrap();
        }
        Dialect::PostgreSql => {
            let mut config = postgres::Config::new();
            config.host_path(socket).user(USER).dbname("postgres");
            config.connect(postgres::NoTls).unwrap().batch_execute(sql).unwrap();
        }
    }
}

fn cut(server: &Server, name: &str) {
    let socket: &Path = server.socket.as_deref().unwrap();
    match server.dialect {
        Dialect::MariaDb => {
            let options = mysql::OptsBuilder::new().socket(socket.to_str()).user(Some(USER));
            let mut conn = mysql::Conn::new(options).unwrap();
            let threads = format!("SELECT id FROM information_schema.processlist WHERE db = '{name}'");
            for thread in conn.query::<u64, _>(threads).unwrap() {
                // It may have ended by itself.
                let _ = conn.query_drop(format!("KILL {thread}"));
            }
        }
        Dialect::PostgreSql => {
            let cut =
                format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            run(server, &cut);
        }
    }
}
