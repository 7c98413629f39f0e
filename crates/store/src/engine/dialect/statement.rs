//! Statements.

use super::Dialect;
use super::tokens::{Token, tokens};

/// Names of ours that the engines take for keywords.
const KEYWORDS: [&str; 12] = [
    "binary",
    "condition",
    "end",
    "groups",
    "interval",
    "key",
    "keys",
    "limit",
    "option",
    "order",
    "rank",
    "user",
];

/// A statement in the words of an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Its text.
    pub(crate) sql: String,
    /// An insertion that does nothing where its key exists: then it changes no row, and that is the sign. Other engines
    /// say so by an error; PostgreSQL's would end the transaction, in which its caller may want to look who has the key.
    pub(crate) duplicate_is_silent: bool,
}

impl Statement {
    /// Translates `sql`.
    pub(crate) fn of(sql: &str, dialect: Dialect) -> Self {
        match dialect {
            Dialect::MariaDb => Self { sql: mariadb(sql), duplicate_is_silent: false },
            Dialect::PostgreSql => postgres(sql),
        }
    }
}

/// A name that has to be in quotes.
pub(super) fn quoted(name: &str) -> Option<String> {
    KEYWORDS.contains(&name).then(|| format!("\"{name}\""))
}

/// The time at which a row of a migration is made, in the words of SQLite.
const MIGRATION_TIME: &str = "CAST(strftime('%s', 'now') AS INTEGER) * 1000000";

fn postgres(sql: &str) -> Statement {
    // A cast alone rounds, up to half a second into the future.
    let sql =
        sql.replace(MIGRATION_TIME, "CAST(FLOOR(EXTRACT(EPOCH FROM CURRENT_TIMESTAMP)) AS BIGINT) * 1000000");
    let mut out = String::with_capacity(sql.len() + 32);
    let (mut places, mut inserts_values, mut settles_conflicts) = (0, false, false);
    let is_insertion = words(&sql).next() == Some("INSERT");
    for token in tokens(&sql) {
        match token {
            Token::Place => {
                places += 1;
                out.push_str(&format!("${places}"));
            }
            Token::Word("LIKE") => out.push_str("ILIKE"),
            Token::Word(word) => {
                inserts_values |= word == "VALUES";
                settles_conflicts |= word == "CONFLICT";
                push_word(&mut out, word);
            }
            other => out.push_str(other.text()),
        }
    }
    let duplicate_is_silent = is_insertion && inserts_values && !settles_conflicts;
    if duplicate_is_silent {
        out.push_str(" ON CONFLICT DO NOTHING");
    }
    Statement { sql: out, duplicate_is_silent }
}

fn mariadb(sql: &str) -> String {
    let sql = sql.replace(MIGRATION_TIME, "UNIX_TIMESTAMP() * 1000000");
    let all: Vec<Token<'_>> = tokens(&sql).collect();
    let mut out = String::with_capacity(sql.len() + 32);
    let mut rest = all.as_slice();
    while let [token, after @ ..] = rest {
        rest = after;
        match token {
            Token::Word("LIKE") => out.push_str("COLLATE utf8mb4_general_ci LIKE"),
            Token::Word("LENGTH") => out.push_str("CHAR_LENGTH"),
            Token::Word("ON") => match conflict(after) {
                Some((update, behind)) => {
                    out.push_str(&update);
                    rest = behind;
                }
                None => out.push_str("ON"),
            },
            // `excluded.name` is what was to be inserted.
            Token::Word("excluded") => {
                if let [Token::Sign("."), name, behind @ ..] = after {
                    let name = name.text();
                    out.push_str(&format!("VALUES({})", quoted(name).as_deref().unwrap_or(name)));
                    rest = behind;
                }
            }
            Token::Word(word) => push_word(&mut out, word),
            other => out.push_str(other.text()),
        }
    }
    out
}

/// What follows the `ON` of `ON CONFLICT (…) DO …`: how MariaDB says it, and the tokens behind.
fn conflict<'t, 's>(after: &'t [Token<'s>]) -> Option<(String, &'t [Token<'s>])> {
    let word = |rest: &'t [Token<'s>], expected: &str| match rest {
        [Token::Gap(_), word, behind @ ..] if word.is(expected) => Some(behind),
        _ => None,
    };
    let keys = word(after, "CONFLICT")?;
    let end = keys.iter().position(|token| token.is(")"))?;
    let behind = word(keys.get(end + 1..)?, "DO")?;
    if let Some(behind) = word(behind, "UPDATE").and_then(|behind| word(behind, "SET")) {
        return Some(("ON DUPLICATE KEY UPDATE".to_owned(), behind));
    }
    // Doing nothing is setting a column of the key to what it is.
    let behind = word(behind, "NOTHING")?;
    let key = keys.iter().find_map(|token| if let Token::Word(key) = token { Some(*key) } else { None })?;
    let key = quoted(key).unwrap_or_else(|| key.to_owned());
    Some((format!("ON DUPLICATE KEY UPDATE {key} = {key}"), behind))
}

fn push_word(out: &mut String, word: &str) {
    match quoted(word) {
        Some(name) => out.push_str(&name),
        None => out.push_str(word),
    }
}

fn words(sql: &str) -> impl Iterator<Item = &str> {
    tokens(sql).filter_map(|token| if let Token::Word(word) = token { Some(word) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(sql: &str) -> [String; 2] {
        [Dialect::MariaDb, Dialect::PostgreSql].map(|dialect| Statement::of(sql, dialect).sql)
    }

    #[test]
    fn places_are_numbered_where_they_have_to_be() {
        let sql = "SELECT a FROM t WHERE b = ? AND c = '?' AND d = ?";
        assert_eq!(said(sql), [sql, "SELECT a FROM t WHERE b = $1 AND c = '?' AND d = $2"]);
    }

    #[test]
    fn an_upsert_is_what_the_engine_calls_it() {
        let sql = "INSERT INTO t (a, binary) VALUES (?, ?) ON CONFLICT (a, binary) DO UPDATE SET n = t.n + excluded.n, \
                   b = excluded.binary";
        assert_eq!(
            said(sql),
            [
                "INSERT INTO t (a, \"binary\") VALUES (?, ?) ON DUPLICATE KEY UPDATE n = t.n + VALUES(n), \
                 b = VALUES(\"binary\")",
                "INSERT INTO t (a, \"binary\") VALUES ($1, $2) ON CONFLICT (a, \"binary\") DO UPDATE SET \
                 n = t.n + excluded.n, b = excluded.\"binary\""
            ]
        );
        let sql = "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a, b) DO NOTHING";
        assert_eq!(said(sql)[0], "INSERT INTO t (a, b) VALUES (?, ?) ON DUPLICATE KEY UPDATE a = a");
        assert_eq!(said("SELECT 1 FROM a JOIN b ON a.x = b.x")[0], "SELECT 1 FROM a JOIN b ON a.x = b.x");
    }

    #[test]
    fn a_plain_insertion_is_silent_about_a_duplicate_in_postgresql() {
        let plain = Statement::of("INSERT INTO t (a) VALUES (?)", Dialect::PostgreSql);
        assert_eq!(plain.sql, "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING");
        assert!(plain.duplicate_is_silent);
        for other in ["INSERT INTO t (a) SELECT a FROM u", "UPDATE t SET a = ?", "SELECT a FROM t"] {
            assert!(!Statement::of(other, Dialect::PostgreSql).duplicate_is_silent, "{other}");
        }
    }

    #[test]
    fn texts_are_found_without_their_case() {
        let sql = "SELECT a FROM t WHERE n LIKE ? ESCAPE '!'";
        assert_eq!(
            said(sql),
            [
                "SELECT a FROM t WHERE n COLLATE utf8mb4_general_ci LIKE ? ESCAPE '!'",
                "SELECT a FROM t WHERE n ILIKE $1 ESCAPE '!'"
            ]
        );
    }
}
