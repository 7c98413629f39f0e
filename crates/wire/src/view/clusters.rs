//! Clusters, and the services that clean up after others.

use model::Timestamp;
use model::service::{Cluster, Service};

use super::Raw;
use crate::Microversion;
use crate::json::write::{Json, Object, object, to_object};
use crate::microversion::gate;

/// A cluster as it stands.
#[derive(Debug, Clone, Copy)]
pub struct ClusterView<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// Whether one of its services beats.
    pub is_up: bool,
    /// How many of them do not.
    pub num_down_hosts: usize,
}

impl ClusterView<'_> {
    fn summary(&self, pairs: &mut Object<'_>, version: Microversion) {
        self.state(pairs);
        if version.has(gate::REPLICATION_CLUSTERS) {
            pairs.put("replication_status", self.cluster.replication_status.as_str());
        }
    }

    fn state(&self, pairs: &mut Object<'_>) {
        pairs
            .put("name", &self.cluster.name)
            .put("binary", self.cluster.binary.as_str())
            .put("state", if self.is_up { "up" } else { "down" })
            .put("status", if self.cluster.disabled { "disabled" } else { "enabled" });
    }

    fn detail(&self, pairs: &mut Object<'_>, version: Microversion) {
        let cluster = self.cluster;
        let beat: Option<Timestamp> = cluster.heartbeats.iter().max().copied();
        self.state(pairs);
        pairs
            .put("num_hosts", cluster.heartbeats.len())
            .put("num_down_hosts", self.num_down_hosts)
            .put("last_heartbeat", Raw(|out| or_empty(beat, out)))
            .put("created_at", cluster.created_at)
            .put("updated_at", Raw(|out| or_empty(cluster.updated_at, out)))
            .put("disabled_reason", cluster.disabled_reason.as_deref());
        if version.has(gate::REPLICATION_CLUSTERS) {
            pairs
                .put("replication_status", cluster.replication_status.as_str())
                .put("frozen", cluster.frozen)
                .put("active_backend_id", cluster.active_backend_id.as_deref());
        }
    }

    /// `{"cluster": {…}}`
    #[must_use]
    pub fn to_json(&self, version: Microversion) -> Vec<u8> {
        to_object(|reply| {
            reply.object("cluster", |pairs| self.detail(pairs, version));
        })
    }

    /// The reply to enabling or disabling it.
    #[must_use]
    pub fn switched(&self, version: Microversion) -> Vec<u8> {
        to_object(|reply| {
            reply.object("cluster", |pairs| {
                self.summary(pairs, version);
                pairs.put("disabled_reason", self.cluster.disabled_reason.as_deref());
            });
        })
    }
}

/// A time, or nothing as the empty text.
fn or_empty(time: Option<Timestamp>, out: &mut Vec<u8>) {
    match time {
        Some(time) => time.write(out),
        None => out.extend_from_slice(b"\"\""),
    }
}

/// `{"clusters": [{…}]}`
#[must_use]
pub fn list<'v>(
    views: impl IntoIterator<Item = ClusterView<'v>>,
    detail: bool,
    version: Microversion,
) -> Vec<u8> {
    to_object(|reply| {
        reply.array("clusters", views, |out, view| {
            object(out, |pairs| match detail {
                true => view.detail(pairs, version),
                false => view.summary(pairs, version),
            });
        });
    })
}

/// `{"cleaning": [{…}], "unavailable": [{…}]}`
#[must_use]
pub fn cleaning(cleaning: &[Service], unavailable: &[Service]) -> Vec<u8> {
    let write = |out: &mut Vec<u8>, service: &Service| {
        object(out, |pairs| {
            pairs
                .put("id", service.number)
                .put("host", &service.host)
                .put("binary", service.binary.as_str())
                .put("cluster_name", service.cluster_name.as_deref());
        });
    };
    to_object(|reply| {
        reply.array("cleaning", cleaning, write).array("unavailable", unavailable, write);
    })
}
