//! Migrations in the words of MariaDB. Texts are compared byte by byte, as SQLite does, trailing blanks included.

use std::collections::{HashMap, HashSet};

use super::super::statement::Statement;
use super::parse::{Change, Column, Key, Kind};
use super::postgres::{name, names};
use super::{Dialect, Schema, Untranslatable};

/// Characters of a text in a key that says no other number.
const KEY_CHARS: u32 = 255;
/// Bytes of a key.
const MAX_KEY_BYTES: u32 = 3072;
/// Bytes of a character.
const CHAR_BYTES: u32 = 4;
/// Bytes of a number.
const NUMBER_BYTES: u32 = 8;
/// How a table is kept.
const TABLE: &str =
    "ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";

/// The columns that are part of a key or of an index, by table.
type Keyed<'s> = HashSet<(&'s str, &'s str)>;

impl Schema {
    /// The statements that make `changes`, which are one file; the text is for those of rows.
    pub(super) fn mariadb(
        &mut self,
        changes: &[(Change<'_>, String)],
    ) -> Result<Vec<String>, Untranslatable> {
        let keyed = keyed(changes);
        changes.iter().map(|(change, text)| self.mariadb_one(change, text, &keyed)).collect()
    }

    fn mariadb_one(
        &mut self,
        change: &Change<'_>,
        text: &str,
        keyed: &Keyed<'_>,
    ) -> Result<String, Untranslatable> {
        match change {
            Change::CreateTable { table, columns, keys } => {
                let mut sizes = HashMap::new();
                let mut parts = Vec::new();
                for column in columns {
                    let kind = size(column, keyed.contains(&(*table, column.name)));
                    sizes.insert(column.name.to_owned(), kind);
                    parts.push(definition(column, kind));
                }
                self.tables.insert((*table).to_owned(), sizes);
                for Key { is_primary, columns } in keys {
                    let kind = if *is_primary { "PRIMARY KEY" } else { "UNIQUE" };
                    parts.push(format!("{kind} ({})", self.key(table, columns)?));
                }
                parts.extend(columns.iter().filter_map(foreign_key));
                Ok(format!("CREATE TABLE {} ({}) {TABLE}", name(table), parts.join(", ")))
            }
            Change::AddColumn { table, column } => {
                let size = size(column, keyed.contains(&(*table, column.name)));
                let columns = self.columns(table)?;
                columns.insert(column.name.to_owned(), size);
                let mut parts = vec![format!("ADD COLUMN {}", definition(column, size))];
                parts.extend(foreign_key(column).map(|key| format!("ADD {key}")));
                Ok(format!("ALTER TABLE {} {}", name(table), parts.join(", ")))
            }
            Change::DropColumn { table, column } => {
                self.columns(table)?.remove(*column);
                Ok(format!("ALTER TABLE {} DROP COLUMN {}", name(table), name(column)))
            }
            Change::CreateIndex { is_unique, name: index, table, columns, .. } => {
                let unique = if *is_unique { "UNIQUE " } else { "" };
                let made = format!(
                    "CREATE {unique}INDEX {index} ON {} ({})",
                    name(table),
                    self.key(table, columns)?
                );
                self.indexes.insert((*index).to_owned(), (*table).to_owned());
                Ok(made)
            }
            Change::DropTable { table } => {
                self.tables.remove(*table);
                Ok(format!("DROP TABLE {}", name(table)))
            }
            Change::DropIndex { name: index } => {
                let table = self.indexes.remove(*index);
                let table = table.ok_or_else(|| Untranslatable::Nowhere((*index).to_owned()))?;
                Ok(format!("DROP INDEX {index} ON {}", name(&table)))
            }
            Change::Rows => Ok(Statement::of(text, Dialect::MariaDb).sql),
        }
    }

    fn columns(&mut self, table: &str) -> Result<&mut HashMap<String, Option<u32>>, Untranslatable> {
        self.tables.get_mut(table).ok_or_else(|| Untranslatable::Nowhere(table.to_owned()))
    }

    /// The columns of a key or an index; of a long text its beginning.
    fn key(&mut self, table: &str, columns: &[&str]) -> Result<String, Untranslatable> {
        let sizes = self.columns(table)?;
        let (mut parts, mut bytes) = (Vec::new(), 0);
        for column in columns {
            let size =
                sizes.get(*column).ok_or_else(|| Untranslatable::Nowhere(format!("{table}.{column}")))?;
            bytes += size.unwrap_or(KEY_CHARS) * CHAR_BYTES;
            parts.push(match size {
                Some(_) => name(column),
                None => format!("{} ({KEY_CHARS})", name(column)),
            });
        }
        if bytes > MAX_KEY_BYTES {
            return Err(Untranslatable::KeyTooLong(format!("{table} ({})", names(columns)), bytes));
        }
        Ok(parts.join(", "))
    }
}

/// The columns of which this file makes a key or an index.
fn keyed<'s>(changes: &'s [(Change<'s>, String)]) -> Keyed<'s> {
    let mut keyed = HashSet::new();
    for (change, _) in changes {
        match change {
            Change::CreateTable { table, columns, keys } => {
                let in_keys = keys.iter().flat_map(|key| &key.columns).copied();
                keyed.extend(
                    columns.iter().filter(|column| is_key(column)).map(|column| (*table, column.name)),
                );
                keyed.extend(in_keys.map(|column| (*table, column)));
            }
            Change::AddColumn { table, column } if is_key(column) => {
                keyed.insert((*table, column.name));
            }
            Change::CreateIndex { table, columns, .. } => {
                keyed.extend(columns.iter().map(|column| (*table, *column)));
            }
            _ => {}
        }
    }
    keyed
}

fn is_key(column: &Column<'_>) -> bool {
    column.is_primary || column.is_unique || column.references.is_some()
}

/// The characters of a short text, none for a long one; a number is as long as two characters.
fn size(column: &Column<'_>, is_keyed: bool) -> Option<u32> {
    match column.kind {
        Kind::Integer | Kind::Real => Some(NUMBER_BYTES / CHAR_BYTES),
        Kind::Varchar(chars) => Some(chars),
        Kind::Text => is_keyed.then_some(KEY_CHARS),
    }
}

fn definition(column: &Column<'_>, size: Option<u32>) -> String {
    let kind = match (column.kind, size) {
        (Kind::Integer, _) => "BIGINT".to_owned(),
        (Kind::Real, _) => "DOUBLE".to_owned(),
        (Kind::Text | Kind::Varchar(_), Some(chars)) => format!("VARCHAR({chars})"),
        (Kind::Text | Kind::Varchar(_), None) => "MEDIUMTEXT".to_owned(),
    };
    let mut out = format!("{} {kind}", name(column.name));
    if column.is_not_null {
        out.push_str(" NOT NULL");
    }
    if let Some(default) = column.default {
        out.push_str(" DEFAULT ");
        out.push_str(default);
    }
    if column.is_primary {
        let counted = if column.kind == Kind::Integer { " AUTO_INCREMENT" } else { "" };
        out.push_str(counted);
        out.push_str(" PRIMARY KEY");
    }
    if column.is_unique {
        out.push_str(" UNIQUE");
    }
    out
}

fn foreign_key(column: &Column<'_>) -> Option<String> {
    let to = column.references.as_ref()?;
    let (from, table) = (name(column.name), name(to.table));
    Some(format!("FOREIGN KEY ({from}) REFERENCES {table} ({}){}", name(to.column), to.on_delete))
}
