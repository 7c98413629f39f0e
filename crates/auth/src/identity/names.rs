//! Which names the Identity API accepts.

/// What is to be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the nouns of the Identity API")]
pub enum NameKind {
    Domain,
    Project,
    User,
    Group,
    Role,
    Service,
    Region,
    ApplicationCredential,
}

impl NameKind {
    /// The longest name, in characters (Keystone's schemas and columns).
    #[must_use]
    pub const fn max_chars(self) -> usize {
        match self {
            Self::Domain | Self::Project | Self::Group => 64,
            Self::User | Self::Role | Self::Service | Self::Region | Self::ApplicationCredential => 255,
        }
    }
}

/// Why a name is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or nothing but white space.
    #[error("a name needs a visible character")]
    Blank,
    /// Longer than [`NameKind::max_chars`].
    #[error("a name has {chars} characters where {max_chars} are allowed")]
    TooLong {
        /// Its characters.
        chars: usize,
        /// The most that are allowed.
        max_chars: usize,
    },
    /// A character that no terminal shows, such as a line feed or NUL.
    #[error("a name cannot hold control characters")]
    ControlCharacter,
}

/// Whether `name` can name a thing of this kind.
pub fn validate_name(kind: NameKind, name: &str) -> Result<(), NameError> {
    if name.chars().all(char::is_whitespace) {
        return Err(NameError::Blank);
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter);
    }
    match (name.chars().count(), kind.max_chars()) {
        (chars, max_chars) if chars > max_chars => Err(NameError::TooLong { chars, max_chars }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_in_characters() {
        for (kind, most) in [
            (NameKind::Domain, 64),
            (NameKind::Project, 64),
            (NameKind::Group, 64),
            (NameKind::User, 255),
            (NameKind::Role, 255),
            (NameKind::Service, 255),
            (NameKind::Region, 255),
            (NameKind::ApplicationCredential, 255),
        ] {
            assert_eq!(validate_name(kind, &"ü".repeat(most)), Ok(()));
            let too_long = Err(NameError::TooLong { chars: most + 1, max_chars: most });
            assert_eq!(validate_name(kind, &"ü".repeat(most + 1)), too_long);
        }
    }

    #[test]
    fn names_need_something_to_see() {
        for blank in ["", " ", "\t\n", "\u{a0}\u{2003}"] {
            assert_eq!(validate_name(NameKind::User, blank), Err(NameError::Blank), "{blank:?}");
        }
        assert_eq!(validate_name(NameKind::User, " a "), Ok(()));
        for hidden in ["a\0", "a\nb", "\u{7f}x"] {
            assert_eq!(validate_name(NameKind::User, hidden), Err(NameError::ControlCharacter), "{hidden:?}");
        }
    }
}
