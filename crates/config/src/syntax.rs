//! The syntax of a configuration file, as oslo.config reads it.
//!
//! * A line ends with LF, CRLF or CR. White space at the end of a line does not count.
//! * `[name]` begins a section; the name is everything between the brackets, spaces included.
//! * `key = value` or `key: value`, whichever sign comes first. One pair of equal quotes around the
//!   value is taken off.
//! * A line that begins with a space or tab continues the value before it, after a line feed. An
//!   empty line, a comment or a section ends the value, so that nothing is left to continue.
//! * `#` and `;` begin a comment only as the first character of a line. Elsewhere they are text.
//!
//! One byte order mark at the beginning is skipped, which oslo.config would stumble over.
//! Errors name the line and never repeat its text, which may hold a secret.

use thiserror::Error;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: usize = 4 << 20;
/// Longest line, in bytes.
pub const MAX_LINE_BYTES: usize = 64 << 10;
/// Longest value, in bytes, with its continuation lines, and after substitution.
pub const MAX_VALUE_BYTES: usize = 64 << 10;
/// Most section headers in a file.
pub const MAX_SECTIONS: usize = 1_000;
/// Most `key = value` lines in a file.
pub const MAX_KEYS: usize = 10_000;

/// One parsed file: its sections in order, repeated ones not yet merged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document {
    /// The sections, each as often as its header appears.
    pub blocks: Vec<Block>,
}

/// A section header and what follows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// The name between the brackets, as written.
    pub name: String,
    /// Line of the header, from 1.
    pub line: u32,
    /// The assignments below it, in order.
    pub assignments: Vec<Assignment>,
}

/// One `key = value`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Assignment {
    /// The key, without white space around it.
    pub key: String,
    /// The value, quotes removed, continuation lines joined with line feeds, nothing substituted.
    pub value: String,
    /// Line of the key, from 1.
    pub line: u32,
}

/// Shows everything but the value, which may be a secret.
impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, line, .. } = self;
        f.debug_struct("Assignment").field("key", key).field("line", line).finish_non_exhaustive()
    }
}

/// A file that is not a configuration file, and the line that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("line {line}: {kind}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub kind: SyntaxErrorKind,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SyntaxErrorKind {
    /// Neither a section, an assignment, a comment nor a continuation.
    #[error("neither `key = value` nor `[section]`: there is no '=' or ':' in the line")]
    NoAssignment,
    /// `= value`.
    #[error("no key before the '=' or ':'")]
    NoKey,
    /// An assignment before the first section header.
    #[error("a `[section]` must begin before the first key")]
    NoSection,
    /// `[section` or `[section] # comment`.
    #[error("a section header must end with ']'")]
    SectionNotClosed,
    /// `[]`.
    #[error("a section must have a name")]
    SectionWithoutName,
    /// An indented line with nothing before it to continue.
    #[error("an indented line continues the value above it, and here is none")]
    NothingToContinue,
    /// Bytes that are no text.
    #[error("not UTF-8 text")]
    NotUtf8,
    /// See [`MAX_FILE_BYTES`].
    #[error("the file is longer than {MAX_FILE_BYTES} bytes")]
    FileTooLong,
    /// See [`MAX_LINE_BYTES`].
    #[error("the line is longer than {MAX_LINE_BYTES} bytes")]
    LineTooLong,
    /// See [`MAX_VALUE_BYTES`].
    #[error("the value is longer than {MAX_VALUE_BYTES} bytes")]
    ValueTooLong,
    /// See [`MAX_SECTIONS`].
    #[error("more than {MAX_SECTIONS} sections")]
    TooManySections,
    /// See [`MAX_KEYS`].
    #[error("more than {MAX_KEYS} keys")]
    TooManyKeys,
}

/// Parses a whole file.
///
/// # Errors
/// The first line that breaks a rule of the syntax or a limit.
pub fn parse(bytes: &[u8]) -> Result<Document, SyntaxError> {
    if bytes.len() > MAX_FILE_BYTES {
        return Err(SyntaxError { line: 1, kind: SyntaxErrorKind::FileTooLong });
    }
    let text = decode(bytes)?;
    let mut reader = Reader::default();
    for (line, number) in lines(text).zip(1..) {
        reader.line(number, line).map_err(|kind| SyntaxError { line: number, kind })?;
    }
    Ok(reader.document)
}

/// The bytes as text, less a byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (good, _) = bytes.split_at(error.valid_up_to());
        let line_ends = lines(&String::from_utf8_lossy(good)).skip(1).count();
        let line = u32::try_from(line_ends).unwrap_or(u32::MAX).saturating_add(1);
        SyntaxError { line, kind: SyntaxErrorKind::NotUtf8 }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The text between line ends: LF, CRLF or CR. What follows the last line end is a line too.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some((line, tail)) = text.split_once(['\n', '\r']) else {
            return rest.take();
        };
        let ended_by_cr = text.as_bytes().get(line.len()) == Some(&b'\r');
        rest = Some(if ended_by_cr { tail.strip_prefix('\n').unwrap_or(tail) } else { tail });
        Some(line)
    })
}

/// What Python calls white space: Unicode's, and the four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

/// Builds a document line by line.
#[derive(Default)]
struct Reader {
    document: Document,
    key_count: usize,
    /// Whether an indented line now would continue the last assignment.
    value_open: bool,
}

impl Reader {
    fn line(&mut self, number: u32, line: &str) -> Result<(), SyntaxErrorKind> {
        if line.len() > MAX_LINE_BYTES {
            return Err(SyntaxErrorKind::LineTooLong);
        }
        let line = line.trim_end_matches(is_space);
        if !line.is_empty() && line.starts_with([' ', '\t']) {
            return self.continuation(line.trim_start_matches(is_space));
        }
        self.value_open = false;
        match line.chars().next() {
            None | Some('#' | ';') => Ok(()),
            Some('[') => self.section(number, line),
            Some(_) => self.assignment(number, line),
        }
    }

    fn section(&mut self, number: u32, line: &str) -> Result<(), SyntaxErrorKind> {
        let inner = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let name = inner.ok_or(SyntaxErrorKind::SectionNotClosed)?;
        if name.is_empty() {
            return Err(SyntaxErrorKind::SectionWithoutName);
        }
        if self.document.blocks.len() == MAX_SECTIONS {
            return Err(SyntaxErrorKind::TooManySections);
        }
        self.document.blocks.push(Block { name: name.to_owned(), line: number, assignments: Vec::new() });
        Ok(())
    }

    fn assignment(&mut self, number: u32, line: &str) -> Result<(), SyntaxErrorKind> {
        let (key, value) = line.split_once(['=', ':']).ok_or(SyntaxErrorKind::NoAssignment)?;
        let key = key.trim_matches(is_space);
        if key.is_empty() {
            return Err(SyntaxErrorKind::NoKey);
        }
        let block = self.document.blocks.last_mut().ok_or(SyntaxErrorKind::NoSection)?;
        if self.key_count == MAX_KEYS {
            return Err(SyntaxErrorKind::TooManyKeys);
        }
        let value = unquote(value.trim_matches(is_space));
        block.assignments.push(Assignment { key: key.to_owned(), value: value.to_owned(), line: number });
        self.key_count += 1;
        self.value_open = true;
        Ok(())
    }

    fn continuation(&mut self, text: &str) -> Result<(), SyntaxErrorKind> {
        let last = self.document.blocks.last_mut().and_then(|block| block.assignments.last_mut());
        let Some(assignment) = last.filter(|_| self.value_open) else {
            return Err(SyntaxErrorKind::NothingToContinue);
        };
        if assignment.value.len() + 1 + text.len() > MAX_VALUE_BYTES {
            return Err(SyntaxErrorKind::ValueTooLong);
        }
        assignment.value.push('\n');
        assignment.value.push_str(text);
        Ok(())
    }
}

/// Takes off one pair of equal quotes. A lone quote is both ends of the pair at once.
fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return if rest.is_empty() { rest } else { rest.strip_suffix(quote).unwrap_or(value) };
        }
    }
    value
}

#[cfg(test)]
mod tests;
