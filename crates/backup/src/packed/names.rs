//! Names of objects.

use ports::DriverError;
use ports::backup::ObjectName;

use crate::Location;

/// What the names of all objects of this format begin with.
pub const PREFIX: &str = "besser_v1_";

const MANIFEST: &str = "_manifest";
const RUNNING: &str = "_running";

/// Whether the backup at `at` is of this format.
#[must_use]
pub fn is_packed(at: &Location) -> bool {
    at.prefix.starts_with(PREFIX)
}

pub(super) fn manifest(at: &Location) -> Result<ObjectName, DriverError> {
    at.object(MANIFEST)
}

pub(super) fn running(at: &Location) -> Result<ObjectName, DriverError> {
    at.object(RUNNING)
}

/// The name of the pack `number` of one run, which `run` tells from all others: a pack is never written twice.
pub(super) fn pack(at: &Location, run: u64, number: u32) -> String {
    format!("{}-{run:016x}-{number:06}", at.prefix)
}

/// What an object is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'n> {
    /// The manifest of the backup with this prefix.
    Manifest(&'n str),
    /// The mark of a run for the backup with this prefix.
    Running(&'n str),
    /// A pack that was made for the backup with this prefix.
    Pack(&'n str),
    /// None of this format's.
    Other,
}

impl<'n> Kind<'n> {
    pub(super) fn of(name: &'n str) -> Self {
        if !name.starts_with(PREFIX) {
            return Self::Other;
        }
        if let Some(prefix) = name.strip_suffix(MANIFEST) {
            return Self::Manifest(prefix);
        }
        if let Some(prefix) = name.strip_suffix(RUNNING) {
            return Self::Running(prefix);
        }
        Self::pack_prefix(name).map_or(Self::Other, Self::Pack)
    }

    fn pack_prefix(name: &str) -> Option<&str> {
        let (rest, number) = name.rsplit_once('-')?;
        let (prefix, run) = rest.rsplit_once('-')?;
        let is_pack = number.len() >= 6
            && number.bytes().all(|it| it.is_ascii_digit())
            && run.len() == 16
            && run.bytes().all(|it| it.is_ascii_hexdigit());
        is_pack.then_some(prefix)
    }
}
