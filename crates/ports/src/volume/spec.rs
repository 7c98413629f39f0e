//! What a driver is told about volumes and snapshots, and what it answers.

use model::{BaseId, SnapshotId, VolumeId};

use super::ProviderAuth;

/// A volume, as much of it as a driver needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeRef {
    /// Identifier; the name on the backend derives from it.
    pub id: VolumeId,
    /// Size that it has, or is to get, in GiB.
    pub size_gib: u64,
    /// The pool within the backend.
    pub pool: Option<String>,
    /// What the driver answered when it made or exported it.
    pub provider_location: Option<String>,
    /// What the driver answered when it exported it.
    pub provider_auth: Option<ProviderAuth>,
}

impl VolumeRef {
    /// A volume of which nothing is known but its identifier and its size.
    #[must_use]
    pub const fn new(id: VolumeId, size_gib: u64) -> Self {
        Self { id, size_gib, pool: None, provider_location: None, provider_auth: None }
    }
}

/// A snapshot, as much of it as a driver needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotRef {
    /// Identifier; the name on the backend derives from it.
    pub id: SnapshotId,
    /// The volume that it is of.
    pub volume: VolumeRef,
    /// What the driver answered when it made it.
    pub provider_location: Option<String>,
}

/// Where the content of a new volume comes from, on the same backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A snapshot; its `volume.size_gib` is the size of the snapshot.
    Snapshot(SnapshotRef),
    /// Another volume.
    Volume(VolumeRef),
    /// A base, of a driver that has them ([`super::Bases`]).
    Base(BaseRef),
}

/// A base, as much of it as a driver needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRef {
    /// Identifier; the name on the backend derives from it.
    pub id: BaseId,
    /// Size in GiB.
    pub size_gib: u64,
    /// The pool within the backend.
    pub pool: Option<String>,
    /// The base that it differs from, and stands on where bases are stood on.
    pub parent: Option<BaseId>,
}

/// What was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provisioned {
    /// To be kept and handed in again as `provider_location`.
    pub provider_location: Option<String>,
    /// What the backend calls it.
    pub provider_id: Option<String>,
}

/// Something on the backend with one of our names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: FoundKind,
    /// Its name or path on the backend.
    pub name: String,
    /// Bytes that it takes on the backend.
    pub used_bytes: u64,
}

/// What a found thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundKind {
    /// A volume.
    Volume(VolumeId),
    /// A snapshot.
    Snapshot(SnapshotId),
    /// A base.
    Base(BaseId),
    /// Half-made, by a call that never returned.
    Unfinished,
}
