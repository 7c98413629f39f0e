//! The names of our files. They derive from identifiers, so nothing has to be remembered to find a file again.

use std::fmt;

use model::{SnapshotId, VolumeId};
use ports::volume::FoundKind;

/// What a file in a volume directory is called.
///
/// `volume-<id>` and `snapshot-<id>` are whole; `.unfinished-volume-<id>` and `.unfinished-snapshot-<id>` are still
/// being filled, and worthless after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileName {
    thing: Thing,
    finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Thing {
    Volume(VolumeId),
    Snapshot(SnapshotId),
}

const UNFINISHED: &str = ".unfinished-";
const VOLUME: &str = "volume-";
const SNAPSHOT: &str = "snapshot-";

impl FileName {
    pub(crate) const fn volume(id: VolumeId) -> Self {
        Self { thing: Thing::Volume(id), finished: true }
    }

    pub(crate) const fn snapshot(id: SnapshotId) -> Self {
        Self { thing: Thing::Snapshot(id), finished: true }
    }

    /// The name under which this file is filled.
    pub(crate) const fn unfinished(self) -> Self {
        Self { finished: false, ..self }
    }

    pub(crate) const fn kind(self) -> FoundKind {
        match self.thing {
            _ if !self.finished => FoundKind::Unfinished,
            Thing::Volume(id) => FoundKind::Volume(id),
            Thing::Snapshot(id) => FoundKind::Snapshot(id),
        }
    }

    /// Reads a name. Only the exact form that we write is ours: what differs in a letter is somebody else's.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (finished, whole) = match text.strip_prefix(UNFINISHED) {
            Some(rest) => (false, rest),
            None => (true, text),
        };
        let thing = if let Some(id) = whole.strip_prefix(VOLUME) {
            Thing::Volume(id.parse().ok()?)
        } else {
            Thing::Snapshot(whole.strip_prefix(SNAPSHOT)?.parse().ok()?)
        };
        let name = Self { thing, finished };
        (name.to_string() == text).then_some(name)
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let prefix = if self.finished { "" } else { UNFINISHED };
        match self.thing {
            Thing::Volume(id) => write!(f, "{prefix}{VOLUME}{id}"),
            Thing::Snapshot(id) => write!(f, "{prefix}{SNAPSHOT}{id}"),
        }
    }
}
