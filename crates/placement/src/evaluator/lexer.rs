//! Characters to tokens.

use super::parser::{SyntaxError, SyntaxFault};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'s> {
    Number(f64),
    /// A quoted text, without its quotes.
    Text(&'s str),
    /// Letters, `_` and dots.
    Word(&'s str),
    /// An operator or a bracket, in its one canonical spelling.
    Symbol(&'static str),
}

/// A token and the byte that it starts at.
pub(super) type Located<'s> = (usize, Token<'s>);

/// Symbols as written and as meant, longer ones first.
const SYMBOLS: [(&str, &str); 20] = [
    ("<=", "<="),
    (">=", ">="),
    ("==", "=="),
    ("!=", "!="),
    ("<>", "!="),
    ("&&", "and"),
    ("||", "or"),
    ("<", "<"),
    (">", ">"),
    ("!", "not"),
    ("+", "+"),
    ("-", "-"),
    ("*", "*"),
    ("/", "/"),
    ("^", "^"),
    ("?", "?"),
    (":", ":"),
    ("(", "("),
    (")", ")"),
    (",", ","),
];

const KEYWORDS: [(&str, &str); 6] =
    [("and", "and"), ("AND", "and"), ("or", "or"), ("OR", "or"), ("not", "not"), ("NOT", "not")];

pub(super) fn tokens(source: &str) -> Result<Vec<Located<'_>>, SyntaxError> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &source[at..];
        let blanks = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        at += blanks;
        let Some(first) = source[at..].chars().next() else { return Ok(tokens) };
        let (token, length) = token(&source[at..], first).map_err(|fault| SyntaxError { at, fault })?;
        tokens.push((at, token));
        at += length;
    }
}

/// The token at the start of `rest`, and how many bytes it takes.
fn token(rest: &str, first: char) -> Result<(Token<'_>, usize), SyntaxFault> {
    match first {
        '0'..='9' => number(rest),
        '"' | '\'' => quoted(rest, first),
        'a'..='z' | 'A'..='Z' | '_' | '.' => Ok(word(rest)),
        _ => SYMBOLS
            .iter()
            .find(|(written, _)| rest.starts_with(written))
            .map(|(written, meant)| (Token::Symbol(meant), written.len()))
            .ok_or(SyntaxFault::Character(first)),
    }
}

/// Digits, and after a point more digits.
fn number(rest: &str) -> Result<(Token<'_>, usize), SyntaxFault> {
    let whole = digits(rest);
    let decimals = rest[whole..].strip_prefix('.').map_or(0, digits);
    let length = if decimals > 0 { whole + 1 + decimals } else { whole };
    match rest[..length].parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Token::Number(number), length)),
        _ => Err(SyntaxFault::NumberTooLarge),
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// A text ends with the quote that it began with, on the same line.
fn quoted(rest: &str, quote: char) -> Result<(Token<'_>, usize), SyntaxFault> {
    let inside = &rest[1..];
    match inside.find([quote, '\n', '\r']) {
        Some(end) if inside[end..].starts_with(quote) => Ok((Token::Text(&inside[..end]), end + 2)),
        _ => Err(SyntaxFault::OpenQuote),
    }
}

fn word(rest: &str) -> (Token<'_>, usize) {
    let length =
        rest.bytes().take_while(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'.')).count();
    let word = &rest[..length];
    let keyword = KEYWORDS.iter().find(|(written, _)| *written == word);
    (keyword.map_or(Token::Word(word), |(_, meant)| Token::Symbol(meant)), length)
}
