//! Creating a volume: blank, from a snapshot, from another volume, from an image, or from a backup.
//!
//! ```text
//! accept ──▶ place (scheduler) ──▶ [key] ──▶ provision (backend; waits for the base of its image) ──▶ [fill (keeper of backups)] ──▶ available
//!              ▲   │ no pool             │ gives up
//!              │   ▼                     ▼
//!              │  error               clean up ──▶ error
//!              └──────────────────────────┘ another backend may take it
//! ```

mod accept;
mod cached;
mod choose;
mod clean_up;
mod fill;
pub(crate) mod image;
mod key;
mod locality;
mod origin;
mod place;
mod provision;
mod request;

pub use accept::accept;
pub(crate) use accept::{admit_copy, admit_restored, admit_volume};
pub(crate) use choose::{check_type_limits, is_known_zone};
pub(crate) use image::find as named_image;
pub use origin::Sources;
pub use request::Create;

use ledger::{Progress, Step};
use model::{BackupId, BaseId, SnapshotId, Timestamp, VolumeId, VolumeStatus};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use crate::failure::unknown_phase;
use crate::image::disk::ImageSource;
use crate::{Tools, backup};

pub(crate) const KIND: &str = "volume.create";

pub(crate) const PLACE: &str = "place";
/// Making the key of a volume that is encrypted.
pub(crate) const KEY: &str = "key";
pub(crate) const PROVISION: &str = "provision";
pub(crate) const FILL: &str = "fill";
pub(crate) const CLEAN_UP: &str = "clean-up";

/// What the phases know beyond the row of the volume.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Args {
    /// The zone that the request named; none lets the volume go to any.
    zone: Option<String>,
    /// Zones that the volume type names.
    type_zones: Vec<String>,
    /// Where the content comes from.
    source: Option<SourceId>,
    /// Whether it is made for the restore of a backup, and shows that while it is filled.
    #[serde(default)]
    restoring: bool,
    /// Whether it could not be filled for a reason that every other backend would have as well.
    #[serde(default)]
    gave_up_filling: bool,
    /// The image that the content comes from.
    #[serde(default)]
    image: Option<ImageSource>,
    /// The base that it is made from.
    #[serde(default)]
    base: Option<BaseId>,
    /// Whether it is made from a base on every backend that has such, kept images or not.
    #[serde(default)]
    on_base: bool,
    /// The backend where the generation of a template was saved that its image is, once another turned out to keep none.
    #[serde(default)]
    keeper: Option<String>,
    /// Whether it is made from the image itself.
    #[serde(default)]
    is_uncached: bool,
    /// Only this backend will do: the source is there.
    pinned_to: Option<String>,
    /// Scheduler hints.
    hints: Map<String, Value>,
    /// The host of the server that they name, once Nova has said so.
    #[serde(default)]
    instance_host: Option<String>,
    /// Backends that were tried, in vain.
    tried: Vec<String>,
    /// Why the last of them failed.
    failure: Option<String>,
    /// When no pool took it for the first time.
    refused_at: Option<Timestamp>,
}

/// A source by its identifier.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) enum SourceId {
    Snapshot(SnapshotId),
    Volume(VolumeId),
    Backup(BackupId),
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    let Ok(args) = serde_json::from_str::<Args>(&operation.args) else { return unknown_phase(operation) };
    match operation.phase.as_str() {
        PLACE => place::step(tools, operation, args).await,
        KEY => key::step(tools, operation, args).await,
        PROVISION => provision::step(tools, operation, args, progress).await,
        FILL => fill::step(tools, operation, args, progress).await,
        CLEAN_UP => clean_up::step(tools, operation, args, progress).await,
        _ => unknown_phase(operation),
    }
}

impl SourceId {
    fn backup(self) -> Option<BackupId> {
        match self {
            Self::Backup(id) => Some(id),
            Self::Snapshot(_) | Self::Volume(_) => None,
        }
    }
}

impl Args {
    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Says that a volume was not made, whatever status an administrator has given it meanwhile. One that is to be deleted
/// stays so.
fn set_failed(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let Some(volume) = store::volumes::get(conn, id)? else { return Ok(()) };
    if volume.status != VolumeStatus::Deleting {
        store::volumes::set_status(conn, id, VolumeStatus::Error)?;
    }
    volume.backup_id.map_or(Ok(()), |backup| backup::filling::end(conn, backup, id))
}
