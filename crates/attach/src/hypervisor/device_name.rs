//! Names of disks as a guest's Linux gives them: `/dev/vda`, …, `/dev/vdz`, `/dev/vdaa`, …

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

const DIRECTORY: &str = "/dev/";
const PREFIX: &str = "vd";
const LETTERS: u16 = 26;
/// Most disks that are named: up to `vdzz`. No machine has as many slots.
const MAX_DISKS: u16 = LETTERS + LETTERS * LETTERS;

/// The name of a virtio disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(u16);

/// A text that names no virtio disk.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0:?} is no name of a virtio disk, such as /dev/vdb")]
pub struct BadDeviceName(String);

impl DeviceName {
    /// The first name that is not among `taken`, after the first `skipped`; none when a guest has all that there are.
    #[must_use]
    pub fn next_free(taken: &[Self], skipped: usize) -> Option<Self> {
        (0..MAX_DISKS).skip(skipped).map(Self).find(|name| !taken.contains(name))
    }

    /// The name without its directory: `vdb`.
    #[must_use]
    pub fn short(self) -> String {
        let letter = |index: u16| char::from(b'a' + u8::try_from(index % LETTERS).unwrap_or_default());
        let last = letter(self.0);
        match self.0.checked_sub(LETTERS) {
            None => format!("{PREFIX}{last}"),
            Some(beyond) => format!("{PREFIX}{}{last}", letter(beyond / LETTERS)),
        }
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{DIRECTORY}{}", self.short())
    }
}

impl FromStr for DeviceName {
    type Err = BadDeviceName;

    /// With or without the directory.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let index = |letter: u8| letter.is_ascii_lowercase().then(|| u16::from(letter - b'a'));
        let letters = text.strip_prefix(DIRECTORY).unwrap_or(text).strip_prefix(PREFIX);
        let number = match letters.map(str::as_bytes) {
            Some(&[only]) => index(only),
            Some(&[first, last]) => {
                index(first).zip(index(last)).map(|(first, last)| (first + 1) * LETTERS + last)
            }
            _ => None,
        };
        number.map(Self).ok_or_else(|| BadDeviceName(text.chars().take(32).collect()))
    }
}

impl TryFrom<String> for DeviceName {
    type Error = BadDeviceName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_on_after_z() {
        let mut taken = Vec::new();
        while let Some(name) = DeviceName::next_free(&taken, 0) {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(name.short().parse(), Ok(name));
            taken.push(name);
        }
        let shown: Vec<String> = taken.iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 702);
        let some = [0, 1, 25, 26, 51, 52, 701].map(|index: usize| shown[index].as_str());
        assert_eq!(
            some,
            ["/dev/vda", "/dev/vdb", "/dev/vdz", "/dev/vdaa", "/dev/vdaz", "/dev/vdba", "/dev/vdzz"]
        );
    }

    #[test]
    fn the_first_gap_is_taken() {
        let name = |text: &str| text.parse::<DeviceName>().unwrap();
        assert_eq!(DeviceName::next_free(&[name("vdb"), name("vdd")], 1), Some(name("vdc")));
        assert_eq!(DeviceName::next_free(&[name("vdb")], 0), Some(name("vda")));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "vd",
            "sda",
            "/dev/",
            "/dev/vd",
            "/dev/vd1",
            "vdA",
            "/dev/../vdb",
            "vdaaa",
            "vdb1",
            "/dev/vdé",
        ] {
            assert!(text.parse::<DeviceName>().is_err(), "{text}");
        }
    }
}
