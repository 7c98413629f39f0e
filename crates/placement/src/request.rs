//! What is to be placed, with every outside fact that the decision needs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::hints::{self, VolumeIds};
use crate::query::QueryError;

/// How much space is asked for, and what for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// A new resource. Zero GiB is what managing an existing volume asks for.
    Create {
        /// The size in GiB.
        size_gib: u64,
    },
    /// A volume that grows where it is.
    Extend {
        /// Its size now, in GiB.
        from_gib: u64,
        /// Its size afterwards, in GiB.
        to_gib: u64,
        /// It is attached to a server.
        attached: bool,
    },
}

impl Default for Demand {
    fn default() -> Self {
        Self::Create { size_gib: 0 }
    }
}

impl Demand {
    /// The space that the pool has to find, in GiB.
    #[must_use]
    pub fn asked_gib(self) -> u64 {
        match self {
            Self::Create { size_gib } => size_gib,
            Self::Extend { from_gib, to_gib, .. } => to_gib.saturating_sub(from_gib),
        }
    }

    /// The size of the volume as the request finds it, in GiB.
    pub(crate) fn size_gib(self) -> u64 {
        match self {
            Self::Create { size_gib } => size_gib,
            Self::Extend { from_gib, .. } => from_gib,
        }
    }
}

/// Where a volume named by a hint lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeHome {
    /// `host@backend#pool`.
    pub host: String,
    /// `cluster@backend#pool`, when it is in a cluster.
    pub cluster_name: Option<String>,
}

/// One thing to place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// The space asked for.
    pub demand: Demand,
    /// Where the volume is already (retype): that pool needs no further space for it.
    pub exists_on: Option<String>,
    /// Any of these zones will do. When empty, `availability_zone` counts.
    pub availability_zones: Vec<String>,
    /// The one zone asked for.
    pub availability_zone: Option<String>,
    /// The volume type's extra specs.
    pub extra_specs: BTreeMap<String, Option<String>>,
    /// The volume type's QoS specs.
    pub qos_specs: BTreeMap<String, String>,
    /// The scheduler hints, as the caller of the API wrote them.
    pub hints: Map<String, Value>,
    /// Only this backend (`host@backend`) or pool (`host@backend#pool`) will do, as for a clone or a group's member.
    pub resource_backend: Option<String>,
    /// The backend ids that were chosen before and failed, oldest first.
    pub attempted: Vec<String>,
    /// What filter functions and goodness functions read as `volume.…`.
    pub properties: Map<String, Value>,
    /// Where the volumes of [`Request::hinted_volume_ids`] live, by id; one that is gone is left out.
    pub hinted_volumes: BTreeMap<String, VolumeHome>,
    /// The host of the server that [`crate::server_to_be_near`] finds among the hints; `None` when the compute service hides it.
    pub instance_host: Option<String>,
}

impl Request {
    /// A request for `size_gib` GiB without further wishes.
    #[must_use]
    pub fn create(size_gib: u64) -> Self {
        Self { demand: Demand::Create { size_gib }, ..Self::default() }
    }

    /// The volumes that hints name: whoever fills in [`Request::hinted_volumes`] looks these up.
    #[must_use]
    pub fn hinted_volume_ids(&self) -> Vec<&str> {
        [hints::DIFFERENT_HOST, hints::SAME_HOST]
            .into_iter()
            .flat_map(|hint| match hints::volume_ids(&self.hints, hint) {
                VolumeIds::These(ids) => ids,
                VolumeIds::NotAsked | VolumeIds::Invalid => Vec::new(),
            })
            .collect()
    }

    /// Whether the volume type leaves the volume thin, as it does unless it says thick.
    pub(crate) fn wants_thin(&self) -> bool {
        self.extra_specs.get("provisioning:type").and_then(Option::as_deref) != Some("thick")
    }
}

/// The request itself is wrong: no list of pools could satisfy it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestFault {
    /// A hint that must be an id is not one.
    #[error("Expected a uuid but received {0}.")]
    NotUuid(String),
    /// The compute service does not tell where the server runs.
    #[error("Hint \"{0}\" not supported.")]
    HintNotSupported(&'static str),
    /// The hint `query` cannot be understood.
    #[error("hint \"query\": {0}")]
    Query(#[from] QueryError),
}
