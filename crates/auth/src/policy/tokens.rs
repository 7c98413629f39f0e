//! Splits a check into words, as oslo.policy does: at white space, then parentheses off both ends.

/// A word of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Open,
    Close,
    And,
    Or,
    Not,
    /// Anything else: `@`, `!` or `kind:match`.
    Check(&'t str),
}

/// A word and the byte at which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed<'t> {
    pub(super) at: usize,
    pub(super) token: Token<'t>,
}

/// The words of `text`. A closing parenthesis ends a word only at its end: those of `%(path)s` are
/// followed by the `s`.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Placed<'_>> {
    let mut at = 0;
    text.split_inclusive(char::is_whitespace).flat_map(move |piece| {
        let start = at;
        at += piece.len();
        split_word(start, piece.trim_end())
    })
}

fn split_word(start: usize, word: &str) -> impl Iterator<Item = Placed<'_>> {
    let after_opening = word.trim_start_matches('(');
    let core = after_opening.trim_end_matches(')');
    let opening = word.len() - after_opening.len();
    let closing = after_opening.len() - core.len();
    let core_at = start + opening;
    let close_at = core_at + core.len();

    let opens = (0..opening).map(move |index| Placed { at: start + index, token: Token::Open });
    let inner = (!core.is_empty()).then(|| Placed { at: core_at, token: classify(core) });
    let closes = (0..closing).map(move |index| Placed { at: close_at + index, token: Token::Close });
    opens.chain(inner).chain(closes)
}

fn classify(word: &str) -> Token<'_> {
    let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
    match word {
        _ if is("and") => Token::And,
        _ if is("or") => Token::Or,
        _ if is("not") => Token::Not,
        _ => Token::Check(word),
    }
}
