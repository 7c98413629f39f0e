//! What a backend can do.

use serde_json::Value;

use crate::json::write::{Json, to_object};

/// A backend's account of itself.
#[derive(Debug, Clone, Copy)]
pub struct Capabilities<'a> {
    /// `host@backend`.
    pub host: &'a str,
    /// Who made it.
    pub vendor_name: &'a str,
    /// Name by which types ask for it.
    pub volume_backend_name: &'a str,
    /// Its pool, when it has but one.
    pub pool_name: Option<&'a str>,
    /// Version of the driver.
    pub driver_version: &'a str,
    /// How hosts reach the data.
    pub storage_protocol: &'a str,
    /// Title.
    pub display_name: Option<&'a str>,
    /// Free text.
    pub description: Option<&'a str>,
    /// Who may see it.
    pub visibility: Option<&'a str>,
    /// Where it replicates to.
    pub replication_targets: &'a [Value],
    /// Extra specs that it understands, as JSON schemas by name.
    pub properties: &'a Value,
}

impl Capabilities<'_> {
    /// The reply, which has no key around it.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        to_object(|pairs| {
            pairs
                .put("namespace", format!("OS::Storage::Capabilities::{}", self.host))
                .put("vendor_name", self.vendor_name)
                .put("volume_backend_name", self.volume_backend_name)
                .put("pool_name", self.pool_name)
                .put("driver_version", self.driver_version)
                .put("storage_protocol", self.storage_protocol)
                .put("display_name", self.display_name)
                .put("description", self.description)
                .put("visibility", self.visibility)
                .array("replication_targets", self.replication_targets, |out, target| target.write(out))
                .put("properties", self.properties);
        })
    }
}
