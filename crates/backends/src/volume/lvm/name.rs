//! The names of our logical volumes, which are Cinder's (`volume_name_template`, and a leading `_` before what LVM
//! reserves).

use std::fmt;

use model::{BaseId, SnapshotId, VolumeId};
use ports::DriverError;
use ports::volume::{FoundKind, Reference};

/// What a logical volume of ours is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LvName {
    role: Role,
    thing: Thing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The thing itself.
    Itself,
    /// A snapshot of another volume, which the thing is being copied from.
    CopiedFrom,
    /// What the thing is about to become.
    Next,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    Volume(VolumeId),
    Snapshot(SnapshotId),
    Base(BaseId),
}

/// Longest name, in bytes.
const MAX_NAME_BYTES: usize = 127;
const VOLUME: &str = "volume-";
const SNAPSHOT: &str = "_snapshot-";
const BASE: &str = "besser-base-";
const COPIED_FROM: &str = "besser-source-of-";
const NEXT: &str = "besser-next-";

impl LvName {
    pub(super) const fn volume(id: VolumeId) -> Self {
        Self { role: Role::Itself, thing: Thing::Volume(id) }
    }

    pub(super) const fn snapshot(id: SnapshotId) -> Self {
        Self { role: Role::Itself, thing: Thing::Snapshot(id) }
    }

    pub(super) const fn base(id: BaseId) -> Self {
        Self { role: Role::Itself, thing: Thing::Base(id) }
    }

    /// The snapshot that this one is filled from, when its source is a volume that may be written meanwhile.
    pub(super) const fn copied_from(self) -> Self {
        Self { role: Role::CopiedFrom, ..self }
    }

    /// What is to take the place of this one.
    pub(super) const fn next(self) -> Self {
        Self { role: Role::Next, ..self }
    }

    pub(super) const fn kind(self) -> FoundKind {
        match (self.role, self.thing) {
            (Role::CopiedFrom | Role::Next, _) => FoundKind::Unfinished,
            (Role::Itself, Thing::Volume(id)) => FoundKind::Volume(id),
            (Role::Itself, Thing::Snapshot(id)) => FoundKind::Snapshot(id),
            (Role::Itself, Thing::Base(id)) => FoundKind::Base(id),
        }
    }

    /// Reads a name. Only the exact form that we write is ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (role, whole) = if let Some(rest) = text.strip_prefix(COPIED_FROM) {
            (Role::CopiedFrom, rest)
        } else if let Some(rest) = text.strip_prefix(NEXT) {
            (Role::Next, rest)
        } else {
            (Role::Itself, text)
        };
        let thing = if let Some(id) = whole.strip_prefix(VOLUME) {
            Thing::Volume(id.parse().ok()?)
        } else if let Some(id) = whole.strip_prefix(BASE) {
            Thing::Base(id.parse().ok()?)
        } else {
            Thing::Snapshot(whole.strip_prefix(SNAPSHOT)?.parse().ok()?)
        };
        let name = Self { role, thing };
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for LvName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.role {
            Role::Itself => "",
            Role::CopiedFrom => COPIED_FROM,
            Role::Next => NEXT,
        })?;
        match self.thing {
            Thing::Volume(id) => write!(f, "{VOLUME}{id}"),
            Thing::Snapshot(id) => write!(f, "{SNAPSHOT}{id}"),
            Thing::Base(id) => write!(f, "{BASE}{id}"),
        }
    }
}

/// The name of any logical volume, as lvm(8) allows it: never a path, and never an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlainName(String);

impl PlainName {
    /// The name in a reference.
    pub(super) fn of(reference: &Reference) -> Result<Self, DriverError> {
        let name = reference.required_name()?;
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+_.-".contains(&byte));
        if letters && !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.starts_with(['.', '-']) {
            return Ok(Self(name.to_owned()));
        }
        let shown: String = name.chars().take(MAX_NAME_BYTES).collect();
        Err(DriverError::Refused(format!("{shown:?} is not the name of a logical volume")))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let (volume, snapshot) = (VolumeId::random(), SnapshotId::random());
        for name in [
            LvName::volume(volume),
            LvName::snapshot(snapshot),
            LvName::volume(volume).copied_from(),
            LvName::volume(volume).next(),
        ] {
            assert_eq!(LvName::parse(&name.to_string()), Some(name));
        }
    }

    #[test]
    fn what_differs_in_a_letter_is_somebody_elses() {
        let id = VolumeId::random();
        let foreign = [
            format!("volume-{id}.bak"),
            format!("volume-{id}").to_uppercase(),
            format!("snapshot-{id}"),
            format!("volume-{{{id}}}"),
            "volume-1".to_owned(),
            "root".to_owned(),
        ];
        for name in foreign {
            assert_eq!(LvName::parse(&name), None, "{name}");
        }
    }
}
