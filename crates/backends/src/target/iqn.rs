//! iSCSI names (RFC 3720, section 3.2.6; RFC 3721).

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest iSCSI name, in bytes.
const MAX_BYTES: usize = 223;

/// The name of a target or of an initiator: `iqn.…`, `eui.…` or `naa.…`. It is safe as the name of a directory and as an
/// argument of a program.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Iqn(String);

/// Something that is no iSCSI name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not an iSCSI name: it begins with iqn., eui. or naa. and has at most {MAX_BYTES} letters, digits, dots, hyphens and \
     colons"
)]
pub struct BadIqn;

impl Iqn {
    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Iqn {
    type Err = BadIqn;

    fn from_str(text: &str) -> Result<Self, BadIqn> {
        let kind = ["iqn.", "eui.", "naa."].iter().any(|kind| text.starts_with(kind));
        // The underscore is not in the RFC, and in many names.
        let letters = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:_".contains(&byte));
        if kind && letters && text.len() <= MAX_BYTES { Ok(Self(text.to_owned())) } else { Err(BadIqn) }
    }
}

impl fmt::Display for Iqn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_names() {
        for name in
            ["iqn.2010-10.org.openstack:volume-1", "eui.02004567A425678D", "iqn.1994-05.com.redhat:a_b"]
        {
            assert_eq!(name.parse::<Iqn>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for text in [
            "",
            "iqn.",
            "..",
            "iqn.a/../../b",
            "iqn.a b",
            "iqn.ä",
            "-iqn.a",
            "iqn.a\n",
            &format!("iqn.{:0220}", 0),
        ] {
            assert_eq!(text.parse::<Iqn>().is_ok(), text == "iqn.", "{text:?}");
        }
    }
}
