//! Hosts: an elder view of services, and what lives on them.

use crate::json::write::{object, to_object};
use crate::view::services::ServiceView;

/// `{"hosts": [{…}]}`
#[must_use]
pub fn list<'v>(views: impl IntoIterator<Item = ServiceView<'v>>) -> Vec<u8> {
    to_object(|reply| {
        reply.array("hosts", views, |out, view| {
            let service = view.service;
            object(out, |pairs| {
                pairs
                    .put("host_name", &service.host)
                    .put("service", service.binary.as_str())
                    .put("zone", &service.availability_zone)
                    .put("service-status", if view.is_up { "available" } else { "unavailable" })
                    .put("service-state", if service.disabled { "disabled" } else { "enabled" })
                    .put("last-update", service.updated_at);
            });
        });
    })
}

/// What a project has on a host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Holding<'a> {
    /// The project; none for all of them together.
    pub project: Option<&'a str>,
    /// Number of volumes.
    pub volumes: u64,
    /// Their size in GiB.
    pub volumes_gib: u64,
    /// Number of snapshots.
    pub snapshots: u64,
    /// Their size in GiB.
    pub snapshots_gib: u64,
}

/// `{"host": [{"resource": {…}}]}`: all projects together first. The numbers are texts.
#[must_use]
pub fn holdings(host: &str, holdings: &[Holding<'_>]) -> Vec<u8> {
    to_object(|reply| {
        reply.array("host", holdings, |out, holding| {
            object(out, |item| {
                item.object("resource", |pairs| {
                    pairs
                        .put("host", host)
                        .put("project", holding.project.unwrap_or("(total)"))
                        .put("volume_count", holding.volumes.to_string())
                        .put("total_volume_gb", holding.volumes_gib.to_string())
                        .put("snapshot_count", holding.snapshots.to_string())
                        .put("total_snapshot_gb", holding.snapshots_gib.to_string());
                });
            });
        });
    })
}

/// `{"host": …, "status": "enabled"}`
#[must_use]
pub fn switched(host: &str, enabled: bool) -> Vec<u8> {
    to_object(|reply| {
        reply.put("host", host).put("status", if enabled { "enabled" } else { "disabled" });
    })
}
