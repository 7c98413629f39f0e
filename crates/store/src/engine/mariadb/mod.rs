//! MariaDB and MySQL.

mod value;

use std::collections::HashMap;
use std::time::Duration;

use model::Timestamp;
use mysql::consts::CapabilityFlags;
use mysql::prelude::Queryable;
use mysql::{ClientIdentity, OptsBuilder, SslOpts};

use super::Param;
use super::dialect::{Dialect, Statement};
use super::server::{Driver, Fault, OUT_OF_REACH, Purpose, Rows, Server, Tls, Verify};
pub(super) use value::value;

/// Statements kept prepared on each connection, and translations kept of statements.
const PREPARED_STATEMENTS: usize = 256;
/// How long an answer may take before the server counts as gone. Longer than a lock is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What makes a session understand SQL as the others do, and refuse what it would otherwise cut or round.
const SESSION: &str = "SET SESSION sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,STRICT_ALL_TABLES,\
     NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 10";

/// Makes a connection.
pub(super) fn connect(server: &Server, purpose: Purpose) -> Result<MariaDb, Fault> {
    files_are_there(&server.tls)?;
    let isolation = match purpose {
        Purpose::Reading | Purpose::Migrating => "REPEATABLE READ",
        Purpose::Writing => "SERIALIZABLE",
    };
    let patience = (purpose != Purpose::Migrating).then_some(PATIENCE);
    let isolation = format!("SET SESSION TRANSACTION ISOLATION LEVEL {isolation}");
    let socket = server.socket.as_ref().map(|path| path.to_string_lossy().into_owned());
    let options = OptsBuilder::new()
        .ip_or_hostname(Some(server.host.as_deref().unwrap_or("localhost")))
        .tcp_port(server.port.unwrap_or(3306))
        // A server that is asked for by its port is not asked through a socket that it names.
        .prefer_socket(false)
        .socket(socket)
        .user(server.user.as_deref())
        .pass(server.password.as_ref().map(|password| password.expose().as_str()))
        .db_name(Some(server.database.as_str()))
        .ssl_opts(tls(&server.tls))
        .init(vec![SESSION.to_owned(), isolation])
        .stmt_cache_size(PREPARED_STATEMENTS)
        .tcp_connect_timeout(Some(CONNECT_TIMEOUT))
        .read_timeout(patience)
        .write_timeout(patience)
        .tcp_keepalive_time_ms(u32::try_from((OUT_OF_REACH / 2).as_millis()).ok())
        // An update answers how many rows it met, as everywhere else.
        .additional_capabilities(CapabilityFlags::CLIENT_FOUND_ROWS);
    #[cfg(target_os = "linux")]
    let options = options.tcp_user_timeout_ms(u32::try_from(OUT_OF_REACH.as_millis()).ok());
    let conn = mysql::Conn::new(options).map_err(fault)?;
    Ok(MariaDb { conn, translations: HashMap::new() })
}

/// What the configuration names has to be there: the client would only say that something is not, and a server that cannot
/// be reached is asked again.
fn files_are_there(tls: &Tls) -> Result<(), Fault> {
    let Tls::On { authorities, identity, .. } = tls else { return Ok(()) };
    let of_identity = identity.iter().flat_map(|(chain, key)| [chain, key]);
    for path in authorities.iter().chain(of_identity) {
        std::fs::metadata(path)
            .map_err(|error| Fault::Refused(format!("{}: {error}", path.display()).into()))?;
    }
    Ok(())
}

fn tls(tls: &Tls) -> Option<SslOpts> {
    let Tls::On { authorities, identity, verify } = tls else { return None };
    let identity = identity.clone().map(|(chain, key)| ClientIdentity::new(chain, key));
    Some(
        SslOpts::default()
            .with_root_cert_path(authorities.clone())
            .with_client_identity(identity)
            .with_danger_accept_invalid_certs(*verify == Verify::Nothing)
            .with_danger_skip_domain_validation(*verify != Verify::Name),
    )
}

/// A connection.
pub(super) struct MariaDb {
    conn: mysql::Conn,
    /// The texts of the house in the engine's words.
    translations: HashMap<String, mysql::Statement>,
}

impl MariaDb {
    fn prepared(&mut self, sql: &str) -> Result<mysql::Statement, Fault> {
        if let Some(prepared) = self.translations.get(sql) {
            return Ok(prepared.clone());
        }
        let translated = Statement::of(sql, Dialect::MariaDb).sql;
        if self.translations.len() >= PREPARED_STATEMENTS {
            for (_, old) in self.translations.drain() {
                self.conn.close(old).map_err(fault)?;
            }
        }
        let prepared = self.conn.prep(translated).map_err(fault)?;
        self.translations.insert(sql.to_owned(), prepared.clone());
        Ok(prepared)
    }
}

impl Driver for MariaDb {
    fn run(&mut self, sql: &str, params: &[Param<'_>]) -> Result<usize, Fault> {
        let prepared = self.prepared(sql)?;
        let ran = self.conn.exec_iter(prepared, value::params(params)).map_err(fault)?;
        Ok(usize::try_from(ran.affected_rows()).unwrap_or(usize::MAX))
    }

    fn query(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Rows, Fault> {
        let prepared = self.prepared(sql)?;
        self.conn.exec(prepared, value::params(params)).map(Rows::MariaDb).map_err(fault)
    }

    fn plain(&mut self, sql: &str) -> Result<(), Fault> {
        self.conn.query_drop(sql).map_err(fault)
    }

    fn begin(&mut self, purpose: Purpose) -> Result<(), Fault> {
        self.plain(match purpose {
            Purpose::Reading => "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
            Purpose::Writing | Purpose::Migrating => "START TRANSACTION",
        })
    }

    fn now(&mut self) -> Result<Timestamp, Fault> {
        let now = "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";
        let said: Option<i64> = self.conn.query_first(now).map_err(fault)?;
        said.map(Timestamp).ok_or_else(|| Fault::Refused("the server does not say what time it is".into()))
    }

    fn outlives_errors(&self) -> bool {
        true
    }
}

/// What an error means for the transaction. The numbers are those of MariaDB's list of error codes.
fn fault(error: mysql::Error) -> Fault {
    match &error {
        mysql::Error::MySqlError(said) => match said.code {
            // ER_DUP_ENTRY, ER_DUP_ENTRY_WITH_KEY_NAME
            1062 | 1586 => Fault::Duplicate(said.message.clone()),
            // ER_CHECKREAD, ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_TABLE_DEF_CHANGED, ER_NEED_REPREPARE, and what
            // Galera says while a node catches up (ER_UNKNOWN_COM_ERROR)
            1020 | 1205 | 1213 | 1412 | 1615 | 1047 => Fault::Conflict(error.into()),
            // ER_CON_COUNT_ERROR, ER_SERVER_SHUTDOWN, ER_ABORTING_CONNECTION, ER_NEW_ABORTING_CONNECTION,
            // ER_CONNECTION_KILLED, ER_OPTION_PREVENTS_STATEMENT (a server that has become read-only)
            1040 | 1053 | 1152 | 1184 | 1927 | 1290 => Fault::Lost(error.into()),
            _ => Fault::Refused(error.into()),
        },
        mysql::Error::DriverError(mysql::DriverError::MismatchedStmtParams(..)) => {
            Fault::Refused(error.into())
        }
        error if error.is_connectivity_error() => Fault::Lost(error.to_string().into()),
        _ => Fault::Refused(error.into()),
    }
}
