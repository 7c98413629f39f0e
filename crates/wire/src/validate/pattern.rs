//! The regular expressions of the schemas: each is one class of characters and how many of them.

use super::python::is_printable;

/// `^[class]{min,max}$`.
#[derive(Clone, Copy)]
pub(crate) struct Pattern {
    /// The expression as messages show it.
    pub(crate) source: &'static str,
    allows: fn(char) -> bool,
    min: usize,
    max: usize,
}

impl Pattern {
    /// Whether all of `text` is of the class, and as long as it must be.
    pub(crate) fn matches(&self, text: &str) -> bool {
        text.chars().all(self.allows) && (self.min..=self.max).contains(&text.chars().count())
    }

    /// Digits, at least one.
    pub(crate) const DIGITS: Self =
        Self { source: "^[0-9]+$", allows: |c| c.is_ascii_digit(), min: 1, max: usize::MAX };

    /// Digits or nothing.
    pub(crate) const OPTIONAL_DIGITS: Self = Self { source: "^[0-9]*$", min: 0, ..Self::DIGITS };

    /// Keys of volume metadata, image metadata and extra specs in the body of a type.
    pub(crate) const METADATA_KEY: Self = Self {
        source: "^[a-zA-Z0-9-_:. /]{1,255}$",
        allows: |c| c.is_ascii_alphanumeric() || "-_:. /".contains(c),
        min: 1,
        max: 255,
    };

    /// Keys of snapshot metadata.
    pub(crate) const SNAPSHOT_METADATA_KEY: Self = Self {
        source: "^[a-zA-Z0-9-_:. ]{1,255}$",
        allows: |c| c.is_ascii_alphanumeric() || "-_:. ".contains(c),
        min: 1,
        max: 255,
    };

    /// Keys of extra specs.
    pub(crate) const EXTRA_SPEC_KEY: Self = Self {
        source: "^[a-zA-Z0-9-_:.]{1,255}$",
        allows: |c| c.is_ascii_alphanumeric() || "-_:.".contains(c),
        min: 1,
        max: 255,
    };

    /// Names of quotas: a resource and perhaps a volume type.
    pub(crate) const QUOTA_NAME: Self =
        Self { source: "^[a-zA-Z0-9-_:. ]{1,300}$", max: 300, ..Self::SNAPSHOT_METADATA_KEY };

    /// `host@backend#pool`, where the pool may hold an IPv6 address.
    pub(crate) const HOST: Self = Self {
        source: r"^[a-zA-Z0-9-._#@:/+\[\]]*$",
        allows: |c| c.is_ascii_alphanumeric() || "-._#@:/+[]".contains(c),
        min: 0,
        max: usize::MAX,
    };

    /// A host or a cluster that is to be cleaned up after.
    pub(crate) const CLEANUP_HOST: Self = Self {
        source: r"^[a-zA-Z0-9-._#@:/+]*$",
        allows: |c| c.is_ascii_alphanumeric() || "-._#@:/+".contains(c),
        min: 0,
        max: usize::MAX,
    };

    /// Text of one line in the basic multilingual plane.
    pub(crate) const PRINTABLE: Self = Self {
        source: "^[printable characters]*$",
        allows: |c| c < '\u{ffff}' && (is_printable(c) || is_wide_space(c)),
        min: 0,
        max: usize::MAX,
    };
}

/// Space separators other than the blank itself, which Python does not count as printable.
fn is_wide_space(character: char) -> bool {
    character.is_whitespace() && !character.is_control() && !matches!(character, '\u{2028}' | '\u{2029}')
}
