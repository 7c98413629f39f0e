//! Volume types: what an administrator offers.

use serde::{Deserialize, Serialize};

use crate::{Metadata, ProjectId, QosSpecsId, Timestamp, VolumeTypeId};

/// The name of the type that a volume gets when neither the request nor the configuration names one.
pub const DEFAULT_TYPE_NAME: &str = "__DEFAULT__";

/// A volume type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeType {
    /// Identifier.
    pub id: VolumeTypeId,
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether every project may use it.
    pub is_public: bool,
    /// Projects that may use it when it is not public.
    pub projects: Vec<ProjectId>,
    /// What the scheduler and the driver are asked for.
    pub extra_specs: Metadata,
    /// QoS specs that it is associated with.
    pub qos_specs_id: Option<QosSpecsId>,
    /// Whether its volumes are encrypted. What the type's encryption says; not written with the type.
    pub is_encrypted: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
}

impl VolumeType {
    /// Whether `project` may use it.
    #[must_use]
    pub fn is_visible_to(&self, project: &ProjectId) -> bool {
        self.is_public || self.projects.contains(project)
    }

    /// Whether the extra spec `multiattach` says `<is> True`.
    #[must_use]
    pub fn is_multiattach(&self) -> bool {
        self.is_set("multiattach")
    }

    /// Whether the extra spec `replication_enabled` says `<is> True`.
    #[must_use]
    pub fn is_replicated(&self) -> bool {
        self.is_set("replication_enabled")
    }

    fn is_set(&self, key: &str) -> bool {
        self.extra_specs
            .get(key)
            .and_then(|spec| spec.strip_prefix("<is>"))
            .is_some_and(|word| word.trim().eq_ignore_ascii_case("true"))
    }

    /// The extra spec `key` as a whole number of GiB (`provisioning:min_vol_size`, `provisioning:max_vol_size`).
    #[must_use]
    pub fn gib_spec(&self, key: &str) -> Option<u64> {
        self.extra_specs.get(key)?.trim().parse().ok()
    }

    /// The zones of the extra spec `RESKEY:availability_zones`, when it names some.
    #[must_use]
    pub fn availability_zones(&self) -> Option<Vec<String>> {
        let listed = self.extra_specs.get("RESKEY:availability_zones")?;
        let zones: Vec<String> =
            listed.split(',').map(|zone| zone.trim().to_owned()).filter(|zone| !zone.is_empty()).collect();
        (!zones.is_empty()).then_some(zones)
    }
}
