//! The names of our files. They derive from identifiers, so nothing has to be remembered to find a file again.

use std::fmt;

use model::{BaseId, SnapshotId, VolumeId};
use ports::volume::FoundKind;

/// What a file in a volume directory is called.
///
/// `volume-<id>` and `snapshot-<id>` are whole, as are the bases: `base-<id>` is a raw file that stands on nothing,
/// `layer-<id>` a qcow2 file that stands on another base. The same after `.unfinished-` are still being filled, and
/// worthless after a restart; so is `.unfinished-offered-<id>`, a raw copy of a volume for as long as another machine reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileName {
    thing: Thing,
    finished: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Thing {
    Volume(VolumeId),
    Snapshot(SnapshotId),
    Base(BaseId),
    Layer(BaseId),
    Offered(VolumeId),
}

const UNFINISHED: &str = ".unfinished-";
const VOLUME: &str = "volume-";
const SNAPSHOT: &str = "snapshot-";
const BASE: &str = "base-";
const LAYER: &str = "layer-";
const OFFERED: &str = "offered-";

impl FileName {
    pub(crate) const fn volume(id: VolumeId) -> Self {
        Self { thing: Thing::Volume(id), finished: true }
    }

    pub(crate) const fn snapshot(id: SnapshotId) -> Self {
        Self { thing: Thing::Snapshot(id), finished: true }
    }

    /// A base that stands on nothing.
    pub(crate) const fn base(id: BaseId) -> Self {
        Self { thing: Thing::Base(id), finished: true }
    }

    /// A base that stands on another.
    pub(crate) const fn layer(id: BaseId) -> Self {
        Self { thing: Thing::Layer(id), finished: true }
    }

    /// A raw copy of a volume that another machine is to read. It never is a finished file.
    pub(crate) const fn offered(id: VolumeId) -> Self {
        Self { thing: Thing::Offered(id), finished: false }
    }

    /// The base that it is, whole or not.
    pub(crate) const fn base_id(self) -> Option<BaseId> {
        match self.thing {
            Thing::Base(id) | Thing::Layer(id) => Some(id),
            Thing::Volume(_) | Thing::Snapshot(_) | Thing::Offered(_) => None,
        }
    }

    /// Whether it is a base, and whole.
    pub(crate) const fn is_whole_base(self) -> bool {
        self.finished && self.base_id().is_some()
    }

    /// Whether it is a base in the format of the volumes: one that stands on another, or that was a volume on nothing.
    pub(crate) const fn is_layer(self) -> bool {
        matches!(self.thing, Thing::Layer(_))
    }

    /// Whether it is a raw copy for another machine, whatever the format of the volumes is.
    pub(crate) const fn is_offered(self) -> bool {
        matches!(self.thing, Thing::Offered(_))
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
            Thing::Base(id) | Thing::Layer(id) => FoundKind::Base(id),
            Thing::Offered(_) => FoundKind::Unfinished,
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
        } else if let Some(id) = whole.strip_prefix(SNAPSHOT) {
            Thing::Snapshot(id.parse().ok()?)
        } else if let Some(id) = whole.strip_prefix(BASE) {
            Thing::Base(id.parse().ok()?)
        } else if let Some(id) = whole.strip_prefix(OFFERED).filter(|_| !finished) {
            Thing::Offered(id.parse().ok()?)
        } else {
            Thing::Layer(whole.strip_prefix(LAYER)?.parse().ok()?)
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
            Thing::Base(id) => write!(f, "{prefix}{BASE}{id}"),
            Thing::Layer(id) => write!(f, "{prefix}{LAYER}{id}"),
            Thing::Offered(id) => write!(f, "{prefix}{OFFERED}{id}"),
        }
    }
}
