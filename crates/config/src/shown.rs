//! How text that came from a file is shown: on one line, and never longer than a line should be.

use std::fmt;

/// Characters of a value or name that are shown before it is cut.
const MAX_SHOWN_CHARS: usize = 80;

/// Displays foreign text with control characters escaped, cut at [`MAX_SHOWN_CHARS`].
///
/// A file can name a section after a terminal escape sequence; a report must not obey it.
pub(crate) struct Plain<'a>(pub(crate) &'a str);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut chars = self.0.chars();
        for c in chars.by_ref().take(MAX_SHOWN_CHARS) {
            if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        if chars.next().is_some() { f.write_str("…") } else { Ok(()) }
    }
}

/// Displays a list of names as `a, b, c`.
pub(crate) struct Names<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for Names<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{name}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_stay_on_one_line() {
        assert_eq!(Plain("a\nb\u{1b}[2J").to_string(), "a\\u{a}b\\u{1b}[2J");
        assert_eq!(Plain("存储 ok").to_string(), "存储 ok");
    }

    #[test]
    fn long_text_is_cut() {
        let shown = Plain(&"x".repeat(MAX_SHOWN_CHARS + 1)).to_string();
        assert_eq!(shown.chars().count(), MAX_SHOWN_CHARS + 1);
        assert!(shown.ends_with('…'));
        assert!(!Plain(&"x".repeat(MAX_SHOWN_CHARS)).to_string().ends_with('…'));
    }
}
