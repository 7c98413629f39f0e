//! Migration files, in the words of an engine.
//!
//! One set of files serves all engines. They are written in the part of SQLite's SQL that is parsed here; whatever is
//! not understood is refused, and a test translates every file, so that none lands that one engine would not take.
//!
//! MariaDB cannot index long texts, so there a `TEXT` column that is part of a key or of an index is a
//! `VARCHAR(255)` if its own file says so, and a `MEDIUMTEXT` otherwise; an index that a later file makes on one of those
//! covers its first 255 characters.

mod mariadb;
mod parse;
mod postgres;

use std::collections::HashMap;

use thiserror::Error;

use super::Dialect;
use super::statement::Statement;
use super::tokens::{Token, tokens};
use parse::{Change, parse};

/// Why a migration file cannot be said to an engine.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum Untranslatable {
    /// It holds what is not in the vocabulary of migrations.
    #[error("not in the vocabulary of migrations, from here: {0}")]
    Unknown(String),
    /// A unique index over some of the rows, which MariaDB does not have.
    #[error("the unique index {0} has a condition")]
    PartialUnique(String),
    /// A key that is longer than MariaDB takes.
    #[error("the key over {0} has {1} bytes in MariaDB, more than 3072: declare its columns as VARCHAR(n)")]
    KeyTooLong(String, u32),
    /// It names a table, a column or an index that no file has made.
    #[error("nothing made {0}")]
    Nowhere(String),
}

/// The schema that the files so far have made, as far as it matters to the files that follow.
pub(crate) struct Schema {
    dialect: Dialect,
    /// The columns of each table: the characters of a short text, none for a long one, and what is no text as 2.
    tables: HashMap<String, HashMap<String, Option<u32>>>,
    /// The table of each index.
    indexes: HashMap<String, String>,
}

impl Schema {
    /// No file yet.
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, tables: HashMap::new(), indexes: HashMap::new() }
    }

    /// The statements of the next file.
    pub(crate) fn translate(&mut self, file: &str) -> Result<Vec<String>, Untranslatable> {
        let all: Vec<Token<'_>> = tokens(file).filter(|token| !is_comment(*token)).collect();
        let statements: Vec<&[Token<'_>]> = all.split(|token| token.is(";")).collect();
        let mut changes = Vec::new();
        for statement in statements {
            let dense: Vec<Token<'_>> =
                statement.iter().copied().filter(|token| !matches!(token, Token::Gap(_))).collect();
            if !dense.is_empty() {
                let text = statement.iter().map(|token| token.text()).collect::<String>();
                changes.push((parse(&dense)?, text.trim().to_owned()));
            }
        }
        if self.dialect == Dialect::MariaDb {
            return self.mariadb(&changes);
        }
        Ok(changes
            .iter()
            .map(|(change, text)| match change {
                Change::Rows => Statement::of(text, Dialect::PostgreSql).sql,
                change => postgres::said(change),
            })
            .collect())
    }
}

fn is_comment(token: Token<'_>) -> bool {
    matches!(token, Token::Gap(text) if text.starts_with("--"))
}

#[cfg(test)]
mod tests;
