//! PostgreSQL.

mod tls;
mod value;

use std::collections::HashMap;
use std::time::Duration;

use model::Timestamp;
use postgres::config::SslMode;
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, Config, NoTls};

use super::Param;
use super::dialect::{Dialect, Statement};
use super::server::{Driver, Fault, OUT_OF_REACH, Purpose, Rows, Server, Tls, Verify};
pub(super) use value::value;

/// Statements kept prepared on each connection.
const PREPARED_STATEMENTS: usize = 256;
/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A lock that is waited for longer is a conflict.
const SESSION: &str = "SET lock_timeout = '10s'; SET client_min_messages = warning";

/// Makes a connection.
pub(super) fn connect(server: &Server) -> Result<PostgreSql, Fault> {
    let mut config = Config::new();
    config
        .dbname(&server.database)
        .application_name("besser")
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_user_timeout(OUT_OF_REACH)
        .keepalives_idle(OUT_OF_REACH / 2)
        .keepalives_interval(OUT_OF_REACH / 5)
        .keepalives_retries(6)
        .port(server.port.unwrap_or(5432));
    match &server.socket {
        Some(directory) => config.host_path(directory),
        None => config.host(server.host.as_deref().unwrap_or("localhost")),
    };
    if let Some(user) = &server.user {
        config.user(user);
    }
    if let Some(password) = &server.password {
        config.password(password.expose());
    }
    // As libpq: nobody listens on a socket, and it has no name that a certificate could be for.
    let tls = if server.socket.is_some() { &Tls::Off } else { &server.tls };
    let connected = match tls {
        Tls::Off => config.ssl_mode(SslMode::Disable).connect(NoTls),
        Tls::IfOffered => {
            let tls = tls::Connector::new(None, None, Verify::Nothing).map_err(Fault::Refused)?;
            config.ssl_mode(SslMode::Prefer).connect(tls)
        }
        Tls::On { authorities, identity, verify } => {
            let tls = tls::Connector::new(authorities.as_deref(), identity.as_ref(), *verify);
            config.ssl_mode(SslMode::Require).connect(tls.map_err(Fault::Refused)?)
        }
    };
    let mut client = connected.map_err(connect_fault)?;
    client.batch_execute(SESSION).map_err(fault)?;
    Ok(PostgreSql { client, prepared: HashMap::new() })
}

/// A connection.
pub(super) struct PostgreSql {
    client: Client,
    /// The texts of the house, prepared in the engine's words.
    prepared: HashMap<String, Prepared>,
}

#[derive(Clone)]
struct Prepared {
    statement: postgres::Statement,
    duplicate_is_silent: bool,
}

impl PostgreSql {
    fn prepared(&mut self, sql: &str) -> Result<Prepared, Fault> {
        if let Some(prepared) = self.prepared.get(sql) {
            return Ok(prepared.clone());
        }
        if self.prepared.len() >= PREPARED_STATEMENTS {
            self.prepared.clear();
        }
        let said = Statement::of(sql, Dialect::PostgreSql);
        let statement = self.client.prepare(&said.sql).map_err(fault)?;
        let prepared = Prepared { statement, duplicate_is_silent: said.duplicate_is_silent };
        self.prepared.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

impl Driver for PostgreSql {
    fn run(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Fault> {
        let prepared = self.prepared(sql)?;
        let met = self.client.execute(&prepared.statement, &refs(params)).map_err(fault)?;
        if met == 0 && prepared.duplicate_is_silent {
            return Err(Fault::Taken(sql.split_whitespace().take(3).collect::<Vec<_>>().join(" ")));
        }
        Ok(usize::try_from(met).unwrap_or(usize::MAX))
    }

    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, Fault> {
        let prepared = self.prepared(sql)?;
        self.client.query(&prepared.statement, &refs(params)).map(Rows::PostgreSql).map_err(fault)
    }

    fn plain(&mut self, sql: &str) -> Result<(), Fault> {
        self.client.batch_execute(sql).map_err(fault)
    }

    fn begin(&mut self, purpose: Purpose) -> Result<(), Fault> {
        self.plain(match purpose {
            Purpose::Reading => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Purpose::Writing | Purpose::Migrating => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        })
    }

    fn now(&mut self) -> Result<Timestamp, Fault> {
        let now = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)";
        let row = self.client.query_one(now, &[]).map_err(fault)?;
        row.try_get(0).map(Timestamp).map_err(fault)
    }

    fn outlives_errors(&self) -> bool {
        false
    }
}

fn refs<'p>(params: &'p [Param<'p>]) -> Vec<&'p (dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

/// What an error means for the transaction.
fn fault(error: postgres::Error) -> Fault {
    let Some(state) = error.code() else {
        return if error.is_closed() { Fault::Lost(chain(&error)) } else { unnamed(&error) };
    };
    let serialization =
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];
    // A plan that was made before a migration: a new connection makes a new one.
    let is_stale_plan =
        *state == SqlState::FEATURE_NOT_SUPPORTED && chain(&error).to_string().contains("cached plan");
    if serialization.contains(state) {
        Fault::Conflict(chain(&error))
    } else if *state == SqlState::UNIQUE_VIOLATION {
        Fault::Duplicate(chain(&error).to_string())
    } else if is_stale_plan
        || ["08", "57P", "53300", "25006"].iter().any(|class| state.code().starts_with(class))
    {
        // Connection exceptions, operator intervention, too many connections, a server that has become read-only.
        Fault::Lost(chain(&error))
    } else {
        Fault::Refused(chain(&error))
    }
}

/// An error without a code is the connection's, unless it is about a value.
fn unnamed(error: &postgres::Error) -> Fault {
    match std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>()) {
        true => Fault::Lost(chain(error)),
        false => Fault::Refused(chain(error)),
    }
}

/// Whoever does not answer may be starting; who refuses us does so for good.
fn connect_fault(error: postgres::Error) -> Fault {
    if error.code().is_none() { Fault::Lost(chain(&error)) } else { fault(error) }
}

/// The error with its sources: its own text leaves out what the server said.
fn chain(error: &postgres::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        text.push_str(": ");
        text.push_str(&source.to_string());
        next = source.source();
    }
    text.into()
}
