//! Values that clients send as Python literals: `{'key': 'value'}`, `['available', 'error']`, `None`, `"quoted"`.

use std::iter::Peekable;
use std::str::Chars;

use super::Pairs;

/// Deepest nesting; a filter needs two levels.
const MAX_DEPTH: usize = 4;

/// A literal. Numbers and truth values keep the text that they were written as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Literal {
    /// `None`.
    None,
    /// A string, or the text of a number or truth value.
    Text(String),
    /// A list, tuple or set.
    Many(Vec<Literal>),
    /// A dictionary.
    Pairs(Vec<(Literal, Literal)>),
}

impl Literal {
    /// Reads all of `text`; none when it is not a literal.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader(text.chars().peekable());
        let literal = reader.literal(MAX_DEPTH)?;
        reader.skip_blanks();
        reader.0.next().is_none().then_some(literal)
    }

    /// The value of a filter: the literal, or the text itself when it is not one.
    #[must_use]
    pub(crate) fn or_text(text: &str) -> Self {
        Self::parse(text).unwrap_or_else(|| Self::Text(text.to_owned()))
    }

    /// The pairs of a dictionary of texts.
    #[must_use]
    pub(crate) fn into_pairs(self) -> Option<Pairs> {
        let Self::Pairs(pairs) = self else { return None };
        pairs.into_iter().map(|(key, value)| Some((key.into_text()?, value.into_text()?))).collect()
    }

    /// The texts that a field may have, none standing for null; nothing when the literal is no such set.
    #[must_use]
    pub(crate) fn into_values(self) -> Option<Vec<Option<String>>> {
        match self {
            Self::None => Some(vec![None]),
            Self::Text(text) => Some(vec![Some(text)]),
            Self::Many(items) => items.into_iter().map(Self::into_value).collect(),
            Self::Pairs(_) => None,
        }
    }

    fn into_value(self) -> Option<Option<String>> {
        match self {
            Self::None => Some(None),
            other => other.into_text().map(Some),
        }
    }

    fn into_text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

struct Reader<'a>(Peekable<Chars<'a>>);

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        while self.0.next_if(char::is_ascii_whitespace).is_some() {}
    }

    /// The next character that is no blank.
    fn peek(&mut self) -> Option<char> {
        self.skip_blanks();
        self.0.peek().copied()
    }

    fn eat(&mut self, expected: char) -> bool {
        self.peek() == Some(expected) && self.0.next().is_some()
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        let depth = depth.checked_sub(1)?;
        match self.peek()? {
            quote @ ('\'' | '"') => self.string(quote).map(Literal::Text),
            '[' => self.items(depth, ']').map(Literal::Many),
            '(' => self.items(depth, ')').map(Literal::Many),
            '{' => self.braces(depth),
            _ => self.word(),
        }
    }

    /// What stands between an opening bracket and `close`, separated by commas, of which one may trail.
    fn items(&mut self, depth: usize, close: char) -> Option<Vec<Literal>> {
        self.0.next();
        let mut items = Vec::new();
        while !self.eat(close) {
            items.push(self.literal(depth)?);
            if !self.eat(',') {
                return self.eat(close).then_some(items);
            }
        }
        Some(items)
    }

    /// A dictionary, or a set when the first item has no colon behind it.
    fn braces(&mut self, depth: usize) -> Option<Literal> {
        self.0.next();
        let (mut pairs, mut items) = (Vec::new(), Vec::new());
        while !self.eat('}') {
            let item = self.literal(depth)?;
            if self.eat(':') {
                pairs.push((item, self.literal(depth)?));
            } else {
                items.push(item);
            }
            if !self.eat(',') {
                if self.eat('}') {
                    break;
                }
                return None;
            }
        }
        match (pairs.is_empty(), items.is_empty()) {
            (_, true) => Some(Literal::Pairs(pairs)),
            (true, false) => Some(Literal::Many(items)),
            (false, false) => None,
        }
    }

    fn string(&mut self, quote: char) -> Option<String> {
        self.0.next();
        let mut text = String::new();
        loop {
            match self.0.next()? {
                '\\' => self.escape(&mut text)?,
                '\n' => return None,
                end if end == quote => return Some(text),
                other => text.push(other),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        match self.0.next()? {
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'x' => text.push(self.code_point(2)?),
            'u' => text.push(self.code_point(4)?),
            'U' => text.push(self.code_point(8)?),
            plain @ ('\\' | '\'' | '"') => text.push(plain),
            unknown => text.extend(['\\', unknown]),
        }
        Some(())
    }

    fn code_point(&mut self, digits: u32) -> Option<char> {
        let code = (0..digits).try_fold(0_u32, |code, _| Some(code << 4 | self.0.next()?.to_digit(16)?));
        char::from_u32(code?)
    }

    /// `None`, `True`, `False` or a decimal number.
    fn word(&mut self) -> Option<Literal> {
        let mut word = String::new();
        while let Some(character) = self.0.next_if(|c| c.is_ascii_alphanumeric() || "+-._".contains(*c)) {
            word.push(character);
        }
        match word.as_str() {
            "None" => Some(Literal::None),
            "True" | "False" => Some(Literal::Text(word)),
            number => is_number(number).then_some(Literal::Text(word)),
        }
    }
}

/// A decimal number as Python writes one: no leading zeros before other digits.
fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    let begins = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let padded = digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit());
    begins && !padded && digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests;
