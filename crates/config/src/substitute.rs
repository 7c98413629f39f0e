//! References between options: `$name`, `${name}`, `$group.name`, `${group.name}`.
//!
//! `$$` and `\$` are a dollar sign, and so is a `$` with no name behind it. A name is looked up in
//! the section that holds the text, then in `[DEFAULT]`, and its own references are filled in first.
//!
//! It differs from oslo.config where oslo.config would go wrong: a reference inside a backend sees what
//! the backend sees, `[backend_defaults]` and defaults included; `$DEFAULT.name` works; and a name that
//! no table has, but some file sets, can be referred to.

use crate::error::Why;
use crate::section::Section;
use crate::syntax::MAX_VALUE_BYTES;

/// How many options deep a reference may lead.
pub const MAX_DEPTH: usize = 16;
/// How many references may be followed for one value.
pub const MAX_REFERENCES: usize = 1_000;

/// A piece of a text with references.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Reference(&'a str),
}

/// Takes the text apart. `\$` must have become `$$` before.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, length) = first_piece(rest);
        rest = rest.get(length..).unwrap_or_default();
        Some(piece)
    })
}

/// The first piece of a text that is not empty, and how many bytes it takes.
fn first_piece(text: &str) -> (Piece<'_>, usize) {
    let Some(after) = text.strip_prefix('$') else {
        let end = text.find('$').unwrap_or(text.len());
        return (Piece::Text(&text[..end]), end);
    };
    if after.starts_with('$') {
        return (Piece::Text("$"), 2);
    }
    if let Some(name) = name_at(after) {
        return (Piece::Reference(name), 1 + name.len());
    }
    let braced = after.strip_prefix('{').and_then(|inner| {
        let name = name_at(inner)?;
        inner[name.len()..].starts_with('}').then_some(name)
    });
    braced.map_or((Piece::Text("$"), 1), |name| (Piece::Reference(name), name.len() + 3))
}

/// The name that the text begins with: a letter or underscore, then those, digits and dots.
fn name_at(text: &str) -> Option<&str> {
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(text.len());
    let name = &text[..end];
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_').then_some(name)
}

/// The filling in of one value: which options led here, and how much more may be done.
pub(crate) struct Expansion {
    path: Vec<(String, String)>,
    references_left: usize,
    /// Whether a secret is part of the result.
    pub(crate) holds_secret: bool,
}

impl Expansion {
    /// Begins with the text of an option.
    pub(crate) fn of(section: &Section<'_>, key: &str) -> Self {
        let path = vec![(section.normal_name().into_owned(), key.to_owned())];
        Self { path, references_left: MAX_REFERENCES, holds_secret: section.is_secret(key) }
    }

    /// The text with its references filled in, as seen from a section.
    pub(crate) fn fill(&mut self, text: &str, section: &Section<'_>) -> Result<String, Why> {
        if !text.contains('$') {
            return Ok(text.to_owned());
        }
        let text = text.replace(r"\$", "$$");
        let mut filled = String::new();
        for piece in pieces(&text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Reference(name) => filled.push_str(&self.follow(name, section)?),
            }
            if filled.len() > MAX_VALUE_BYTES {
                return Err(Why::TooLong);
            }
        }
        Ok(filled)
    }

    /// What a reference stands for.
    fn follow(&mut self, name: &str, from: &Section<'_>) -> Result<String, Why> {
        self.references_left = self.references_left.checked_sub(1).ok_or(Why::TooManyReferences)?;
        let (section, key) = from.referent(name).ok_or_else(|| Why::UnknownReference(name.to_owned()))?;
        let step = (section.normal_name().into_owned(), key.to_owned());
        if self.path.contains(&step) {
            return Err(Why::CircularReference(name.to_owned()));
        }
        if self.path.len() > MAX_DEPTH {
            return Err(Why::TooDeep);
        }
        self.holds_secret |= section.is_secret(&key);
        let Some((text, holder)) = section.raw(&key) else {
            return Ok(String::new());
        };
        self.path.push(step);
        let filled = self.fill(text, &holder);
        self.path.pop();
        filled
    }
}

#[cfg(test)]
mod tests;
