//! The tokens of SQL text.

/// A piece of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'s> {
    /// A keyword, a name or a number.
    Word(&'s str),
    /// A text in single quotes, with them.
    Text(&'s str),
    /// A `?`.
    Place,
    /// Blanks, line ends and comments.
    Gap(&'s str),
    /// Any other character.
    Sign(&'s str),
}

impl<'s> Token<'s> {
    /// The token as it was written.
    pub(super) const fn text(self) -> &'s str {
        match self {
            Self::Word(text) | Self::Text(text) | Self::Gap(text) | Self::Sign(text) => text,
            Self::Place => "?",
        }
    }

    /// Whether it is this keyword or sign.
    pub(super) fn is(self, text: &str) -> bool {
        matches!(self, Self::Word(_) | Self::Sign(_)) && self.text() == text
    }
}

/// The tokens of `sql`; joined again they are `sql`.
pub(super) fn tokens(mut sql: &str) -> impl Iterator<Item = Token<'_>> {
    std::iter::from_fn(move || {
        let first = sql.chars().next()?;
        let length = length(sql, first);
        let (text, rest) = sql.split_at(length);
        sql = rest;
        Some(match first {
            '?' => Token::Place,
            '\'' => Token::Text(text),
            first if is_word(first) => Token::Word(text),
            first if first.is_whitespace() || text.starts_with("--") => Token::Gap(text),
            _ => Token::Sign(text),
        })
    })
}

fn length(sql: &str, first: char) -> usize {
    let until = |ends: &dyn Fn(char) -> bool| sql.find(ends).unwrap_or(sql.len());
    match first {
        '\'' => text_length(sql),
        '-' if sql.starts_with("--") => until(&|c| c == '\n'),
        first if is_word(first) => until(&|c| !is_word(c)),
        first if first.is_whitespace() => until(&|c| !c.is_whitespace()),
        first => first.len_utf8(),
    }
}

/// A text ends with a quote that is not doubled.
fn text_length(sql: &str) -> usize {
    let mut from = 1;
    while let Some(at) = sql.get(from..).and_then(|rest| rest.find('\'')) {
        from += at + 1;
        if !sql[from..].starts_with('\'') {
            return from;
        }
        from += 1;
    }
    sql.len()
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_again_they_are_the_text() {
        for sql in ["SELECT a, 'it''s ?' FROM b -- why?\nWHERE c<>? AND d||e = 'ü'", "'open", "", "''", "--"]
        {
            assert_eq!(tokens(sql).map(Token::text).collect::<String>(), sql);
        }
    }

    #[test]
    fn places_in_texts_and_comments_are_none() {
        let places = |sql| tokens(sql).filter(|token| *token == Token::Place).count();
        assert_eq!(places("SELECT '?', 'a''?' -- ?\n, ? FROM t WHERE x=?"), 2);
    }
}
