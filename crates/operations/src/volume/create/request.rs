//! What is asked for.

use model::{Metadata, Refusal};
use serde_json::{Map, Value};

use super::origin::Sources;

/// A request for a volume.
#[derive(Debug, Clone, Default)]
pub struct Create {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Size in GiB; none takes the size of the source.
    pub size_gib: Option<u64>,
    /// Name or identifier of the type.
    pub volume_type: Option<String>,
    /// Zone.
    pub availability_zone: Option<String>,
    /// Pairs.
    pub metadata: Metadata,
    /// Where the content comes from.
    pub sources: Sources,
    /// The group to be in.
    pub group_id: Option<String>,
    /// Scheduler hints.
    pub hints: Map<String, Value>,
    /// Whether it is to stand on the image as its backend keeps it, whatever the configuration says of keeping images.
    pub on_base: bool,
    /// Why the requester may not have a volume that can be attached several times; none when it may.
    pub no_multiattach: Option<Refusal>,
}
