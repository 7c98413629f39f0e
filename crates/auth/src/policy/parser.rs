//! From text to tree, by recursive descent with a bounded depth.

use super::attribute::CredentialAttribute;
use super::expression::{Expression, Name};
use super::template::{Template, TemplateError};
use super::tokens::{Placed, Token, tokens};

/// Longest check, in bytes.
pub const MAX_CHECK_BYTES: usize = 16 * 1024;
/// Deepest nesting of parentheses and `not` in a check.
pub const MAX_CHECK_DEPTH: usize = 32;
/// Most characters of a check that an error message repeats.
const QUOTED_CHARS: usize = 60;

type Parsed = Expression<Name>;

/// A check that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {column}: {kind}")]
pub struct SyntaxError {
    /// Where in the check, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub kind: SyntaxErrorKind,
}

/// What is wrong with a check.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says it")]
pub enum SyntaxErrorKind {
    #[error("a check is longer than {MAX_CHECK_BYTES} bytes")]
    TooLong,
    #[error("parentheses and `not` are nested deeper than {MAX_CHECK_DEPTH}")]
    TooDeep,
    #[error("only white space; write \"\" to allow everyone or \"!\" to allow no one")]
    Blank,
    #[error("a check such as role:admin is expected here")]
    CheckExpected,
    #[error("`and` or `or` is missing here")]
    OperatorExpected,
    #[error("this parenthesis is never closed")]
    NeverClosed,
    #[error("this parenthesis closes nothing")]
    NeverOpened,
    #[error("`{0}` is not a check of the form kind:match")]
    NotACheck(String),
    #[error("`{0}`: parentheses need white space between them and the next word")]
    GluedParenthesis(String),
    #[error("a percent sign must start %(name)s or %%")]
    StrayPercent,
}

/// Parses the text form. The empty text allows.
pub(super) fn parse(text: &str) -> Result<Parsed, SyntaxError> {
    if text.is_empty() {
        return Ok(Expression::Allow);
    }
    if text.len() > MAX_CHECK_BYTES {
        return Err(SyntaxError { column: 1, kind: SyntaxErrorKind::TooLong });
    }
    let words: Vec<Placed<'_>> = tokens(text).collect();
    if words.is_empty() {
        return Err(SyntaxError { column: 1, kind: SyntaxErrorKind::Blank });
    }
    let mut parser = Parser { words: &words, end: text.len() };
    let parsed = parser.any_of(0).and_then(|tree| parser.expect_end().map(|()| tree));
    parsed.map_err(|(at, kind)| SyntaxError { column: column(text, at), kind })
}

/// Parses the older form: a list of lists of `kind:match`, *or* outside, *and* inside. Empty inner
/// lists count for nothing; the empty outer list allows.
pub(super) fn parse_lists(lists: &[Vec<String>]) -> Result<Parsed, SyntaxError> {
    if lists.is_empty() {
        return Ok(Expression::Allow);
    }
    let alternatives: Result<Vec<_>, _> =
        lists.iter().filter(|inner| !inner.is_empty()).map(|inner| parse_all(inner)).collect();
    Ok(joined(alternatives?, Expression::Any))
}

fn parse_all(checks: &[String]) -> Result<Parsed, SyntaxError> {
    let parts: Result<Vec<_>, _> = checks.iter().map(|check| parse_listed(check)).collect();
    Ok(joined(parts?, Expression::All))
}

fn parse_listed(check: &str) -> Result<Parsed, SyntaxError> {
    if check.len() > MAX_CHECK_BYTES {
        return Err(SyntaxError { column: 1, kind: SyntaxErrorKind::TooLong });
    }
    parse_check(0, check).map_err(|(at, kind)| SyntaxError { column: column(check, at), kind })
}

/// A failure at a byte of the text.
type Failure = (usize, SyntaxErrorKind);

struct Parser<'p, 't> {
    words: &'p [Placed<'t>],
    /// Where an error lies that is found after the last word.
    end: usize,
}

impl<'t> Parser<'_, 't> {
    fn next(&mut self) -> Option<Placed<'t>> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(*first)
    }

    fn take(&mut self, token: Token<'_>) -> bool {
        let there = self.words.first().is_some_and(|word| word.token == token);
        if there {
            self.words = &self.words[1..];
        }
        there
    }

    fn any_of(&mut self, depth: usize) -> Result<Parsed, Failure> {
        let mut parts = vec![self.all_of(depth)?];
        while self.take(Token::Or) {
            parts.push(self.all_of(depth)?);
        }
        Ok(joined(parts, Expression::Any))
    }

    fn all_of(&mut self, depth: usize) -> Result<Parsed, Failure> {
        let mut parts = vec![self.single(depth)?];
        while self.take(Token::And) {
            parts.push(self.single(depth)?);
        }
        Ok(joined(parts, Expression::All))
    }

    fn single(&mut self, depth: usize) -> Result<Parsed, Failure> {
        let Some(Placed { at, token }) = self.next() else {
            return Err((self.end, SyntaxErrorKind::CheckExpected));
        };
        if depth == MAX_CHECK_DEPTH {
            return Err((at, SyntaxErrorKind::TooDeep));
        }
        match token {
            Token::Check(text) => parse_check(at, text),
            Token::Not => Ok(Expression::Not(Box::new(self.single(depth + 1)?))),
            Token::Open => {
                let inner = self.any_of(depth + 1)?;
                match self.next() {
                    Some(Placed { token: Token::Close, .. }) => Ok(inner),
                    Some(word) => Err((word.at, SyntaxErrorKind::OperatorExpected)),
                    None => Err((at, SyntaxErrorKind::NeverClosed)),
                }
            }
            Token::Close | Token::And | Token::Or => Err((at, SyntaxErrorKind::CheckExpected)),
        }
    }

    fn expect_end(&mut self) -> Result<(), Failure> {
        match self.next() {
            None => Ok(()),
            Some(Placed { at, token: Token::Close }) => Err((at, SyntaxErrorKind::NeverOpened)),
            Some(Placed { at, .. }) => Err((at, SyntaxErrorKind::OperatorExpected)),
        }
    }
}

/// One part stands for itself; others are joined.
fn joined(mut parts: Vec<Parsed>, join: fn(Box<[Parsed]>) -> Parsed) -> Parsed {
    if parts.len() == 1 { parts.swap_remove(0) } else { join(parts.into()) }
}

/// One `kind:match`, or `@` or `!`, that starts at byte `at` of the check.
fn parse_check(at: usize, text: &str) -> Result<Parsed, Failure> {
    match text {
        "@" => return Ok(Expression::Allow),
        "!" => return Ok(Expression::Deny),
        _ => {}
    }
    let not_a_check = || (at, SyntaxErrorKind::NotACheck(quote(text)));
    let (kind, pattern) = text.split_once(':').ok_or_else(not_a_check)?;
    if kind.is_empty() || pattern.is_empty() {
        return Err(not_a_check());
    }
    let pattern_at = at + kind.len() + 1;
    let template = Template::parse(pattern).map_err(|error| match error {
        TemplateError::StrayPercent(offset) => (pattern_at + offset, SyntaxErrorKind::StrayPercent),
        TemplateError::Parenthesis => (at, SyntaxErrorKind::GluedParenthesis(quote(text))),
    })?;
    if kind.contains(['(', ')']) {
        return Err((at, SyntaxErrorKind::GluedParenthesis(quote(text))));
    }
    match kind {
        "role" => Ok(Expression::Role(template)),
        "rule" => Ok(Expression::Named(Name::Rule(pattern.to_owned()))),
        _ => match (literal(kind), CredentialAttribute::from_name(kind)) {
            (Some(value), _) => Ok(Expression::Literal(value.into(), template)),
            (None, Some(attribute)) => Ok(Expression::Credential(attribute, template)),
            (None, None) if kind.starts_with(['\'', '"']) => Err(not_a_check()),
            (None, None) => Ok(Expression::Named(Name::UnknownKind(quote(kind)))),
        },
    }
}

/// The text that a Python literal compares as: quoted text, whole numbers, `True`, `False`, `None`.
fn literal(kind: &str) -> Option<&str> {
    let quoted = |mark: char| kind.strip_prefix(mark)?.strip_suffix(mark);
    match kind {
        "True" | "False" | "None" => Some(kind),
        _ if is_whole_number(kind) => Some(kind),
        _ => quoted('\'').or_else(|| quoted('"')),
    }
}

fn is_whole_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_leading_zero = digits.len() > 1 && digits.starts_with('0');
    !digits.is_empty() && !has_leading_zero && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn quote(text: &str) -> String {
    text.chars().take(QUOTED_CHARS).collect()
}

/// The character, from 1, that byte `at` is part of.
fn column(text: &str, at: usize) -> usize {
    text.char_indices().take_while(|(index, _)| *index < at).count() + 1
}
