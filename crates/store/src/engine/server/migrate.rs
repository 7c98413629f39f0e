//! The schema of an engine that is reached over a network.
//!
//! The table `schema_version` has one row: how many files were applied, which statement of the next one was begun, and
//! how many files a binary has to know to work with this schema. PostgreSQL applies a file in one transaction. MariaDB
//! commits with every statement that changes the schema, so there each is noted before it is run, and one that was
//! noted and not followed by another may have been made or not.

use super::link::connect;
use super::{Fault, Purpose, Server, Session};
use crate::StoreError;
use crate::engine::dialect::{Dialect, Schema};
use crate::engine::sqlite::migrate::{can_grow, files, newest};
use crate::params;

/// The line by which a file says which version a binary has to know from then on: `-- needs-version: 130`. Without it,
/// a file only adds, and binaries that do not know it go on.
const NEEDS: &str = "-- needs-version: ";
/// No statement of the next file was begun.
const NOTHING_BEGUN: i64 = -1;

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_version (only_row BIGINT NOT NULL PRIMARY KEY, \
     version BIGINT NOT NULL, begun BIGINT NOT NULL, needs BIGINT NOT NULL)";

/// The version of a database and of this binary: numbers of files applied and known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Versions {
    /// The database's; 0 is an empty one.
    pub database: i64,
    /// This binary's.
    pub binary: i64,
    /// The least that a binary has to know to work with the database.
    pub needed: i64,
}

impl Versions {
    /// Whether this binary works with this database.
    ///
    /// # Errors
    /// It is of an older version, or of a newer one that asks for more than this binary knows.
    pub fn check(self) -> Result<(), StoreError> {
        if self.needed > self.binary {
            return Err(StoreError::TooNew { found: self.database, known: self.binary });
        }
        can_grow(self.database)?;
        if self.database < self.binary {
            return Err(StoreError::TooOld { found: self.database, known: self.binary });
        }
        Ok(())
    }
}

/// The version of the database.
pub(crate) fn versions(server: &Server) -> Result<Versions, StoreError> {
    connected(server, |session| State::read(session, server.dialect).map(State::versions))
}

/// Whether this binary works with the database.
pub(crate) fn check(server: &Server) -> Result<(), StoreError> {
    versions(server)?.check()
}

/// Brings the database to the newest version; says which it was before. Processes that do it together do it once.
pub(crate) fn sync(server: &Server) -> Result<Versions, StoreError> {
    connected(server, |session| {
        lock(session, server.dialect)?;
        let before = State::read(session, server.dialect)?;
        if before.needs > newest() {
            return Err(StoreError::TooNew { found: before.version, known: newest() });
        }
        can_grow(before.version)?;
        if before.version < newest() {
            prepare(session, before)?;
            apply(session, server.dialect, before)?;
        }
        Ok(before.versions())
    })
}

/// Runs `work` with a connection, on a thread of its own: the callers may be on one of a runtime, where PostgreSQL's
/// client cannot work.
fn connected<T: Send>(
    server: &Server,
    work: impl FnOnce(&Session) -> Result<T, StoreError> + Send,
) -> Result<T, StoreError> {
    let connected = || {
        let session = connect(server, Purpose::Migrating);
        work(&session.map_err(|fault| match fault {
            Fault::Lost(source) => StoreError::Unreachable { source },
            fault => fault.of("connecting to the database"),
        })?)
    };
    std::thread::scope(|scope| scope.spawn(connected).join().unwrap_or(Err(StoreError::Closed)))
}

/// Makes the table of the version and its row.
fn prepare(session: &Session, before: State) -> Result<(), StoreError> {
    plain(session, TABLE, "making the table of the schema's version")?;
    if before == State::EMPTY {
        let row = "INSERT INTO schema_version (only_row, version, begun, needs) VALUES (1, 0, ?, 0)";
        match session.run(row, params![NOTHING_BEGUN]) {
            // An earlier try came as far as this.
            Ok(_) | Err(StoreError::Duplicate(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What the table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    version: i64,
    begun: i64,
    needs: i64,
}

impl State {
    const EMPTY: Self = Self { version: 0, begun: NOTHING_BEGUN, needs: 0 };

    fn read(session: &Session, dialect: Dialect) -> Result<Self, StoreError> {
        let schema = match dialect {
            Dialect::MariaDb => "DATABASE()",
            Dialect::PostgreSql => "CURRENT_SCHEMA()",
        };
        let mut has_table = false;
        let table = format!(
            "SELECT 1 FROM information_schema.tables WHERE table_schema = {schema} AND table_name = 'schema_version'"
        );
        session.each(&table, &[], &mut |_| {
            has_table = true;
            Ok(())
        })?;
        let mut state = Self::EMPTY;
        if has_table {
            session.each("SELECT version, begun, needs FROM schema_version", &[], &mut |columns| {
                state = Self { version: columns.take()?, begun: columns.take()?, needs: columns.take()? };
                Ok(())
            })?;
        }
        Ok(state)
    }

    fn versions(self) -> Versions {
        Versions { database: self.version, binary: newest(), needed: self.needs }
    }
}

/// Waits until nobody else migrates this database. The end of the connection unlocks it.
fn lock(session: &Session, dialect: Dialect) -> Result<(), StoreError> {
    let mut locked = true;
    match dialect {
        Dialect::MariaDb => {
            let sql = "SELECT GET_LOCK(CONCAT('besser.', MD5(DATABASE())), 3600)";
            session.each(sql, &[], &mut |columns| {
                locked = columns.take::<Option<i64>>()? == Some(1);
                Ok(())
            })?;
        }
        Dialect::PostgreSql => {
            plain(session, "SET lock_timeout = 0", "waiting for others that migrate")?;
            // Any number that nobody else takes: "besser" in ASCII.
            session.each("SELECT pg_advisory_lock(108229286553970)", &[], &mut |_| Ok(()))?;
        }
    }
    if locked { Ok(()) } else { Err(Fault::Refused("somebody migrates for an hour".into()).of("migrating")) }
}

fn apply(session: &Session, dialect: Dialect, before: State) -> Result<(), StoreError> {
    let mut schema = Schema::new(dialect);
    // The first file that is missing may have been begun on.
    let mut goes_on = true;
    // What one file asks of a binary, those after it ask as well.
    let mut needed = before.needs;
    for (version, file) in files() {
        let context = format!("bringing the schema to version {version}");
        let statements = schema
            .translate(file)
            .map_err(|error| StoreError::Engine { context: context.clone(), source: error.into() })?;
        if version <= before.version {
            continue;
        }
        let begun = if goes_on { before.begun } else { NOTHING_BEGUN };
        goes_on = false;
        match dialect {
            Dialect::MariaDb => one_by_one(session, &statements, begun, &context)?,
            Dialect::PostgreSql => {
                plain(session, "BEGIN", &context)?;
                statements.iter().try_for_each(|statement| plain(session, statement, &context))?;
            }
        }
        needed = needed.max(needs(file));
        let done = "UPDATE schema_version SET version = ?, begun = ?, needs = ?";
        if session.run(done, params![version, NOTHING_BEGUN, needed])? != 1 {
            return Err(Fault::Refused("the row of the schema's version is gone".into()).of(&context));
        }
        if dialect == Dialect::PostgreSql {
            plain(session, "COMMIT", &context)?;
        }
    }
    Ok(())
}

/// Runs the statements of a file from the one that was `begun` on.
fn one_by_one(session: &Session, statements: &[String], begun: i64, context: &str) -> Result<(), StoreError> {
    for (number, statement) in (0..).zip(statements).skip(usize::try_from(begun).unwrap_or(0)) {
        let note = format!("UPDATE schema_version SET begun = {number}");
        let changes_rows = ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| statement.starts_with(verb));
        if changes_rows {
            // Noted as begun is what comes after, together with the change.
            let note = format!("UPDATE schema_version SET begun = {}", number + 1);
            for sql in ["START TRANSACTION", statement, &note, "COMMIT"] {
                plain(session, sql, context)?;
            }
            continue;
        }
        plain(session, &note, context)?;
        match session.plain(statement) {
            Err(Fault::Refused(error)) if number == begun && is_made_already(&error.to_string()) => {}
            ran => ran.map_err(|fault| fault.of(&format!("{context}: {statement}")))?,
        }
    }
    Ok(())
}

/// Whether MariaDB says that a table, column, key or index is there already, or gone already.
fn is_made_already(error: &str) -> bool {
    [" 1050 ", " 1060 ", " 1061 ", " 1051 ", " 1091 ", " 1826 "].iter().any(|code| error.contains(code))
}

fn plain(session: &Session, sql: &str, context: &str) -> Result<(), StoreError> {
    session.plain(sql).map_err(|fault| fault.of(&format!("{context}: {sql}")))
}

fn needs(file: &str) -> i64 {
    let said = file.lines().find_map(|line| line.strip_prefix(NEEDS));
    said.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_understood_by_every_engine() {
        for dialect in [Dialect::MariaDb, Dialect::PostgreSql] {
            let mut schema = Schema::new(dialect);
            for (version, file) in files() {
                if let Err(error) = schema.translate(file) {
                    panic!("version {version}, {dialect:?}: {error}\n{file}");
                }
            }
        }
    }

    #[test]
    fn a_file_says_what_it_asks_of_a_binary() {
        assert_eq!(needs("-- Something.\n-- needs-version: 17\nDROP TABLE t;"), 17);
        assert_eq!(needs("-- Something.\nDROP TABLE t;"), 0);
    }

    #[test]
    fn a_binary_works_with_what_it_knows_and_with_what_only_adds() {
        let check = |database, needed| Versions { database, binary: 105, needed }.check();
        assert!(check(105, 105).is_ok() && check(109, 105).is_ok());
        assert!(matches!(check(109, 106), Err(StoreError::TooNew { found: 109, known: 105 })));
        assert!(matches!(check(104, 0), Err(StoreError::TooOld { found: 104, known: 105 })));
        assert!(matches!(check(0, 0), Err(StoreError::TooOld { found: 0, known: 105 })));
        assert!(matches!(check(26, 0), Err(StoreError::Unreleased { found: 26 })));
    }
}
