//! `[database]`: where the database is, in the form that SQLAlchemy takes.
//!
//! `dialect+driver://user:password@host:port/name?option=value`, with percent-encoding in the user and the password. The
//! drivers' names are those of Python's and mean nothing here. Options of MySQL are those that SQLAlchemy hands to
//! PyMySQL, those of PostgreSQL are libpq's.

mod tls;

use std::fmt;
use std::path::PathBuf;

use model::secret::Secret;
use thiserror::Error;

use crate::config::Config;
use crate::error::OptionError;

pub use tls::{Tls, Verify};

/// What the service works with.
#[derive(Debug, Clone)]
pub struct Database {
    /// Where it is; none is a file of the data directory.
    pub place: Option<DatabaseUrl>,
    /// Most connections of a process.
    pub max_pool_size: u64,
    /// A connection that is older, in seconds, is made anew; none never is.
    pub connection_recycle_s: Option<u64>,
    /// How often a server that does not answer is asked again at the start; none is without end.
    pub max_retries: Option<u64>,
    /// Pause between two of those, in seconds.
    pub retry_interval_s: u64,
    /// How often a transaction is run again that the server ended.
    pub db_max_retries: u64,
}

impl Database {
    /// Reads the section.
    ///
    /// # Errors
    /// A value is none of its option. What is wrong with the URL is said without it.
    pub fn read(config: &Config) -> Result<Self, DatabaseError> {
        let section = config.section("database");
        let url = section.nonempty("connection")?;
        let number = |key: &str| -> Result<i64, OptionError> { section.int(key) };
        let up_from_zero = |value: i64| u64::try_from(value).ok();
        Ok(Self {
            place: url.map(|url| DatabaseUrl::parse(&url)).transpose()?,
            max_pool_size: up_from_zero(number("max_pool_size")?).filter(|size| *size > 0).unwrap_or(10),
            connection_recycle_s: up_from_zero(number("connection_recycle_time")?).filter(|age| *age > 0),
            max_retries: up_from_zero(number("max_retries")?),
            retry_interval_s: up_from_zero(number("retry_interval")?).unwrap_or(10),
            db_max_retries: up_from_zero(number("db_max_retries")?).unwrap_or(u64::from(u32::MAX)),
        })
    }
}

/// Why the section cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DatabaseError {
    /// A value is none of its option.
    #[error("{0}")]
    Option(OptionError),
    /// The URL.
    #[error("[database] connection: {0}")]
    Url(#[from] UrlError),
}

impl From<OptionError> for DatabaseError {
    fn from(error: OptionError) -> Self {
        Self::Option(error)
    }
}

/// What is wrong with a URL. None of these shows a part that may be the password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UrlError {
    /// It does not begin with a dialect.
    #[error("is no URL such as mysql+pymysql://user:password@host/name")]
    NoUrl,
    /// A dialect that nobody knows.
    #[error("names the engine {0:?}; there are mysql, mariadb, postgresql and sqlite")]
    UnknownEngine(String),
    /// There is no name of a database.
    #[error("names no database")]
    NoDatabase,
    /// What is behind the host is no port.
    #[error("has a port that is no number from 1 to 65535")]
    BadPort,
    /// A percent sign that does not stand for a character.
    #[error("has a percent sign in the user or the password that is not followed by two hexadecimal digits")]
    BadEscape,
    /// An option whose value it does not have.
    #[error("has an option {0} whose value is none of its")]
    BadOption(String),
    /// An option that matters and cannot be done.
    #[error("has the option {0}, which is not supported")]
    Unsupported(String),
    /// A database in memory.
    #[error("names no file: a database in memory would be lost at every end")]
    InMemory,
}

/// Where a database is.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file of SQLite.
    File(PathBuf),
    /// A server.
    Server(Box<DatabaseServer>),
}

/// The engines that are servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseEngine {
    /// MariaDB or MySQL.
    MariaDb,
    /// PostgreSQL.
    PostgreSql,
}

/// A server, and who asks it for what.
#[derive(Clone)]
pub struct DatabaseServer {
    /// What it speaks.
    pub engine: DatabaseEngine,
    /// The host; none is this one.
    pub host: Option<String>,
    /// The port; none is the usual one.
    pub port: Option<u16>,
    /// A socket instead of a host; for PostgreSQL the directory that it is in.
    pub socket: Option<PathBuf>,
    /// Who asks.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Secret<String>>,
    /// The name of the database.
    pub database: String,
    /// How the connection is kept from others' eyes.
    pub tls: Tls,
    /// Options that have no effect here.
    pub ignored: Vec<String>,
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Where it is, without who asks.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Server(server) => {
                let engine = match server.engine {
                    DatabaseEngine::MariaDb => "mysql",
                    DatabaseEngine::PostgreSql => "postgresql",
                };
                let host = match (&server.socket, &server.host) {
                    (Some(socket), _) => socket.display().to_string(),
                    (None, host) => host.clone().unwrap_or_else(|| "localhost".to_owned()),
                };
                let port = server.port.map(|port| format!(":{port}")).unwrap_or_default();
                write!(f, "{engine}://{host}{port}/{}", server.database)
            }
        }
    }
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// It is none, or cannot be done.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let (dialect, rest) = url.trim().split_once("://").ok_or(UrlError::NoUrl)?;
        let engine = match dialect.split('+').next().unwrap_or_default() {
            "sqlite" => return file(rest),
            "mysql" | "mariadb" => DatabaseEngine::MariaDb,
            "postgresql" | "postgres" => DatabaseEngine::PostgreSql,
            other => return Err(UrlError::UnknownEngine(other.chars().take(40).collect())),
        };
        server(engine, rest).map(|server| Self::Server(Box::new(server)))
    }
}

/// `sqlite:////absolute/path` or `sqlite:///relative`.
fn file(rest: &str) -> Result<DatabaseUrl, UrlError> {
    let path = rest.split('?').next().unwrap_or_default().strip_prefix('/').unwrap_or_default();
    match path {
        "" | ":memory:" => Err(UrlError::InMemory),
        path => Ok(DatabaseUrl::File(PathBuf::from(path))),
    }
}

fn server(engine: DatabaseEngine, rest: &str) -> Result<DatabaseServer, UrlError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // A password may have a slash, and an at sign only as %40.
    let (who, rest) = match rest.split_once('@') {
        Some((who, rest)) => (Some(who), rest),
        None => (None, rest),
    };
    let (address, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = address_of(address)?;
    let (user, password) = match who.map(|who| who.split_once(':').unwrap_or((who, ""))) {
        None => (None, None),
        Some((user, password)) => (Some(decoded(user)?), Some(decoded(password)?)),
    };
    let mut server = DatabaseServer {
        engine,
        host,
        port,
        socket: None,
        user: user.filter(|user| !user.is_empty()),
        password: password.filter(|password| !password.is_empty()).map(Secret::new),
        database: database.to_owned(),
        tls: Tls::Off,
        ignored: Vec::new(),
    };
    let options = tls::options(query)?;
    server.tls = tls::read(engine, &options)?;
    for (key, value) in &options {
        match (engine, key.as_str()) {
            (DatabaseEngine::MariaDb, "unix_socket") => server.socket = Some(PathBuf::from(value)),
            (DatabaseEngine::PostgreSql, "host") if value.starts_with('/') => {
                server.socket = Some(PathBuf::from(value));
            }
            (DatabaseEngine::PostgreSql, "host") => server.host = Some(value.clone()),
            (DatabaseEngine::PostgreSql, "port") => {
                server.port = Some(value.parse().map_err(|_| UrlError::BadPort)?);
            }
            // It is always UTF-8.
            (DatabaseEngine::MariaDb, "charset") if value.starts_with("utf8") => {}
            (DatabaseEngine::PostgreSql, "client_encoding") if value.starts_with("utf") => {}
            (engine, key) if tls::is_option(engine, key) => {}
            (_, key) => server.ignored.push(key.chars().take(40).collect()),
        }
    }
    if server.database.is_empty() { Err(UrlError::NoDatabase) } else { Ok(server) }
}

/// `host:port`, `[address]:port` or nothing.
fn address_of(address: &str) -> Result<(Option<String>, Option<u16>), UrlError> {
    let (host, port) = match address.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or(UrlError::NoUrl)?;
            (host, port.strip_prefix(':'))
        }
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = port.filter(|port| !port.is_empty());
    let port = port.map(|port| port.parse::<u16>().ok().filter(|port| *port > 0).ok_or(UrlError::BadPort));
    Ok(((!host.is_empty()).then(|| host.to_owned()), port.transpose()?))
}

/// Text without its percent-encoding.
fn decoded(text: &str) -> Result<String, UrlError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.ok_or(UrlError::BadEscape)?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| UrlError::BadEscape)
}

#[cfg(test)]
mod tests;
