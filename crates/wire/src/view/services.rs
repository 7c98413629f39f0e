//! Services.

use model::service::{Binary, Service};

use crate::Microversion;
use crate::json::write::{Object, object, to_object};
use crate::microversion::gate;
use crate::request::services::Switch;

/// A service with what is known of it elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct ServiceView<'a> {
    /// The service.
    pub service: &'a Service,
    /// Whether it still beats.
    pub is_up: bool,
    /// How its replication is; Cinder says `not-capable` where there is none.
    pub replication_status: &'a str,
}

/// `{"services": [{…}]}`
#[must_use]
pub fn list<'v>(views: impl IntoIterator<Item = ServiceView<'v>>, version: Microversion) -> Vec<u8> {
    to_object(|reply| {
        reply.array("services", views, |out, view| object(out, |pairs| write(pairs, &view, version)));
    })
}

fn write(pairs: &mut Object<'_>, view: &ServiceView<'_>, version: Microversion) {
    let service = view.service;
    let is_volume = service.binary == Binary::Volume;
    pairs
        .put("binary", service.binary.as_str())
        .put("host", &service.host)
        .put("zone", &service.availability_zone)
        .put("status", if service.disabled { "disabled" } else { "enabled" })
        .put("state", if view.is_up { "up" } else { "down" })
        .put("updated_at", service.updated_at);
    if version.has(gate::BACKEND_STATE) && is_volume {
        pairs.put("backend_state", if service.backend_up && view.is_up { "up" } else { "down" });
    }
    if version.has(gate::CLUSTERS) {
        pairs.put("cluster", service.cluster_name.as_deref());
    }
    pairs.put("disabled_reason", service.disabled_reason.as_deref());
    if is_volume {
        pairs
            .put("replication_status", view.replication_status)
            .put("active_backend_id", service.active_backend_id.as_deref())
            .put("frozen", service.frozen);
    }
}

/// The reply to enabling or disabling: what was asked for, and what the service is now.
#[must_use]
pub fn switched(switch: &Switch, disabled: bool) -> Vec<u8> {
    to_object(|pairs| put_switch(pairs, switch, disabled))
}

/// The reply to disabling a service for a reason, which may be none.
#[must_use]
pub fn disabled_with_reason(switch: &Switch) -> Vec<u8> {
    to_object(|pairs| {
        put_switch(pairs, switch, true);
        pairs.put("disabled_reason", &switch.disabled_reason);
    })
}

fn put_switch(pairs: &mut Object<'_>, switch: &Switch, disabled: bool) {
    pairs
        .put("host", &switch.host)
        .put("service", &switch.service)
        .put("binary", &switch.binary)
        .put("status", if disabled { "disabled" } else { "enabled" })
        .put("disabled", disabled);
}

#[cfg(test)]
mod tests;
