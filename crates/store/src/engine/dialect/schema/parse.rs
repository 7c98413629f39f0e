//! The statements that migrations are made of.

use super::super::tokens::Token;
use super::Untranslatable;

/// What a statement changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change<'s> {
    /// `CREATE TABLE table (column…, key…)`.
    CreateTable { table: &'s str, columns: Vec<Column<'s>>, keys: Vec<Key<'s>> },
    /// `ALTER TABLE table ADD COLUMN column`.
    AddColumn { table: &'s str, column: Column<'s> },
    /// `ALTER TABLE table DROP COLUMN column`.
    DropColumn { table: &'s str, column: &'s str },
    /// `CREATE INDEX name ON table (column…) WHERE condition`.
    CreateIndex { is_unique: bool, name: &'s str, table: &'s str, columns: Vec<&'s str>, condition: String },
    /// `DROP TABLE table`.
    DropTable { table: &'s str },
    /// `DROP INDEX name`.
    DropIndex { name: &'s str },
    /// A change of rows, which is a statement as any other.
    Rows,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column<'s> {
    pub(super) name: &'s str,
    pub(super) kind: Kind,
    pub(super) is_primary: bool,
    pub(super) is_unique: bool,
    pub(super) is_not_null: bool,
    /// A literal.
    pub(super) default: Option<&'s str>,
    pub(super) references: Option<Reference<'s>>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Integer,
    Real,
    Text,
    /// A text of so many characters at most.
    Varchar(u32),
}

/// The row of another table that a column names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference<'s> {
    pub(super) table: &'s str,
    pub(super) column: &'s str,
    /// `ON DELETE …`, or nothing.
    pub(super) on_delete: &'static str,
}

/// A key over columns of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key<'s> {
    pub(super) is_primary: bool,
    pub(super) columns: Vec<&'s str>,
}

/// Reads a statement without its blanks.
pub(super) fn parse<'s>(tokens: &[Token<'s>]) -> Result<Change<'s>, Untranslatable> {
    let mut rest = Cursor { tokens };
    let change = if rest.eat(&["CREATE", "TABLE"]) {
        let table = rest.name()?;
        let (columns, keys) = rest.definitions()?;
        Change::CreateTable { table, columns, keys }
    } else if rest.eat(&["CREATE", "INDEX"]) {
        rest.index(false)?
    } else if rest.eat(&["CREATE", "UNIQUE", "INDEX"]) {
        rest.index(true)?
    } else if rest.eat(&["ALTER", "TABLE"]) {
        let table = rest.name()?;
        if rest.eat(&["ADD", "COLUMN"]) {
            Change::AddColumn { table, column: rest.column()? }
        } else {
            rest.expect(&["DROP", "COLUMN"])?;
            Change::DropColumn { table, column: rest.name()? }
        }
    } else if rest.eat(&["DROP", "TABLE"]) {
        Change::DropTable { table: rest.name()? }
    } else if rest.eat(&["DROP", "INDEX"]) {
        Change::DropIndex { name: rest.name()? }
    } else if ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| rest.eat(&[verb])) {
        return Ok(Change::Rows);
    } else {
        return Err(rest.unknown());
    };
    if rest.tokens.is_empty() { Ok(change) } else { Err(rest.unknown()) }
}

struct Cursor<'t, 's> {
    tokens: &'t [Token<'s>],
}

impl<'s> Cursor<'_, 's> {
    fn unknown(&self) -> Untranslatable {
        Untranslatable::Unknown(joined(&self.tokens[..self.tokens.len().min(8)]))
    }

    /// Takes these words if they come next.
    fn eat(&mut self, words: &[&str]) -> bool {
        let come = self.tokens.len() >= words.len()
            && words.iter().zip(self.tokens).all(|(word, token)| token.is(word));
        if come {
            self.tokens = &self.tokens[words.len()..];
        }
        come
    }

    fn expect(&mut self, words: &[&str]) -> Result<(), Untranslatable> {
        if self.eat(words) { Ok(()) } else { Err(self.unknown()) }
    }

    fn next(&mut self) -> Result<Token<'s>, Untranslatable> {
        let (first, rest) = self.tokens.split_first().ok_or_else(|| self.unknown())?;
        self.tokens = rest;
        Ok(*first)
    }

    /// A name of ours: in lower case.
    fn name(&mut self) -> Result<&'s str, Untranslatable> {
        match self.tokens.first() {
            Some(Token::Word(name)) if !name.chars().any(char::is_uppercase) => {
                self.tokens = &self.tokens[1..];
                Ok(name)
            }
            _ => Err(self.unknown()),
        }
    }

    /// `(a, b)`
    fn names(&mut self) -> Result<Vec<&'s str>, Untranslatable> {
        self.expect(&["("])?;
        let mut names = vec![self.name()?];
        while self.eat(&[","]) {
            names.push(self.name()?);
        }
        self.expect(&[")"])?;
        Ok(names)
    }

    fn definitions(&mut self) -> Result<(Vec<Column<'s>>, Vec<Key<'s>>), Untranslatable> {
        let (mut columns, mut keys) = (Vec::new(), Vec::new());
        self.expect(&["("])?;
        loop {
            if self.eat(&["PRIMARY", "KEY"]) {
                keys.push(Key { is_primary: true, columns: self.names()? });
            } else if self.eat(&["UNIQUE"]) {
                keys.push(Key { is_primary: false, columns: self.names()? });
            } else {
                columns.push(self.column()?);
            }
            if !self.eat(&[","]) {
                break;
            }
        }
        self.expect(&[")"])?;
        Ok((columns, keys))
    }

    fn column(&mut self) -> Result<Column<'s>, Untranslatable> {
        let (name, kind) = (self.name()?, self.kind()?);
        let mut column = Column {
            name,
            kind,
            is_primary: false,
            is_unique: false,
            is_not_null: false,
            default: None,
            references: None,
        };
        loop {
            if self.eat(&["PRIMARY", "KEY"]) {
                column.is_primary = true;
            } else if self.eat(&["NOT", "NULL"]) {
                column.is_not_null = true;
            } else if self.eat(&["UNIQUE"]) {
                column.is_unique = true;
            } else if self.eat(&["DEFAULT"]) {
                column.default = Some(self.next()?.text());
            } else if self.eat(&["REFERENCES"]) {
                column.references = Some(self.reference()?);
            } else {
                return Ok(column);
            }
        }
    }

    fn kind(&mut self) -> Result<Kind, Untranslatable> {
        if self.eat(&["INTEGER"]) {
            Ok(Kind::Integer)
        } else if self.eat(&["REAL"]) {
            Ok(Kind::Real)
        } else if self.eat(&["TEXT"]) {
            Ok(Kind::Text)
        } else {
            self.expect(&["VARCHAR", "("])?;
            let length = self.tokens.first().and_then(|token| token.text().parse().ok());
            let length = length.ok_or_else(|| self.unknown())?;
            self.next()?;
            self.expect(&[")"])?;
            Ok(Kind::Varchar(length))
        }
    }

    fn reference(&mut self) -> Result<Reference<'s>, Untranslatable> {
        let table = self.name()?;
        self.expect(&["("])?;
        let column = self.name()?;
        self.expect(&[")"])?;
        let ways = [" ON DELETE CASCADE", " ON DELETE RESTRICT", " ON DELETE SET NULL"];
        let way = |way: &&&'static str| self.eat(&way.split_whitespace().collect::<Vec<_>>());
        let on_delete = ways.iter().find(way).copied().unwrap_or("");
        Ok(Reference { table, column, on_delete })
    }

    fn index(&mut self, is_unique: bool) -> Result<Change<'s>, Untranslatable> {
        let name = self.name()?;
        self.expect(&["ON"])?;
        let (table, columns) = (self.name()?, self.names()?);
        let condition = if self.eat(&["WHERE"]) { joined(self.tokens) } else { String::new() };
        if !condition.is_empty() {
            self.tokens = &[];
            if is_unique {
                return Err(Untranslatable::PartialUnique(name.to_owned()));
            }
        }
        Ok(Change::CreateIndex { is_unique, name, table, columns, condition })
    }
}

/// The text of tokens whose blanks are gone: signs that belong together stay together.
fn joined(tokens: &[Token<'_>]) -> String {
    let mut out = String::new();
    let mut after_sign = true;
    for token in tokens {
        let is_sign = matches!(token, Token::Sign(_));
        if !(out.is_empty() || after_sign && is_sign) {
            out.push(' ');
        }
        out.push_str(token.text());
        after_sign = is_sign;
    }
    out
}
