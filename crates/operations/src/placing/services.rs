//! The services that look after pools, as the scheduler sees them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::service::{Binary, Cluster, Service as ServiceRow, backend_of, pool_of};
use placement::Service;
use store::{Conn, StoreError};

/// What a pool is of: its backend, or the cluster that looks after it, and its name there.
pub(super) type Storage<'a> = (&'a str, Option<&'a str>);

/// Services by their `host@backend`.
pub(super) struct Services(HashMap<String, Arc<Service>>);

impl Services {
    /// Those of all backends.
    pub(super) fn all(conn: &Conn<'_>, service_down_time_s: i64) -> Result<Self, StoreError> {
        let mut rows = store::services::list(conn)?;
        rows.retain(|service| service.binary == Binary::Volume);
        Ok(Self::of(conn, rows, &store::clusters::list(conn)?, service_down_time_s))
    }

    /// That of one backend, and those of the other members of its cluster.
    pub(super) fn beside(
        conn: &Conn<'_>,
        backend: &str,
        service_down_time_s: i64,
    ) -> Result<Self, StoreError> {
        let Some(row) = store::services::get(conn, Binary::Volume, backend)? else {
            return Ok(Self(HashMap::new()));
        };
        let Some(name) = row.cluster_name.clone() else {
            return Ok(Self::of(conn, vec![row], &[], service_down_time_s));
        };
        let cluster = store::clusters::row(conn, &name, Binary::Volume)?;
        let members = store::services::of_cluster(conn, &name)?;
        Ok(Self::of(conn, members, cluster.as_slice(), service_down_time_s))
    }

    fn of(conn: &Conn<'_>, rows: Vec<ServiceRow>, clusters: &[Cluster], service_down_time_s: i64) -> Self {
        let now = conn.now();
        let clusters: HashMap<&str, &Cluster> = clusters.iter().map(|it| (it.name.as_str(), it)).collect();
        let works = |row: &ServiceRow| row.is_up(now, service_down_time_s) && row.backend_up;
        let working = rows.iter().filter(|row| works(row));
        let working: HashSet<String> = working.filter_map(|row| row.cluster_name.clone()).collect();
        let service = |row: ServiceRow| {
            // Another member of its cluster stands in for a dead one.
            let up =
                works(&row) || row.cluster_name.as_ref().is_some_and(|cluster| working.contains(cluster));
            let cluster = row.cluster_name.as_deref().and_then(|name| clusters.get(name).copied());
            (row.host.clone(), Arc::new(service(row, cluster, up)))
        };
        Self(rows.into_iter().map(service).collect())
    }

    /// The one of the backend that the pool `host` is of.
    pub(super) fn of_pool(&self, host: &str) -> Option<&Arc<Service>> {
        self.0.get(backend_of(host))
    }

    /// What the pool `host` is of.
    pub(super) fn storage<'a>(&'a self, host: &'a str) -> Storage<'a> {
        let cluster = self.of_pool(host).and_then(|service| service.cluster_name.as_deref());
        (cluster.unwrap_or_else(|| backend_of(host)), pool_of(host))
    }

    /// The pools of the same name of all these services, in the order in which they are locked.
    pub(super) fn pools_called(&self, pool: &str) -> Vec<String> {
        let mut hosts: Vec<String> = self.0.keys().map(|backend| format!("{backend}#{pool}")).collect();
        hosts.sort_unstable();
        hosts
    }
}

fn service(row: ServiceRow, cluster: Option<&Cluster>, up: bool) -> Service {
    Service {
        up,
        host: row.host,
        cluster_name: row.cluster_name,
        availability_zone: row.availability_zone,
        enabled: !row.disabled && !cluster.is_some_and(|cluster| cluster.disabled),
        frozen: row.frozen || cluster.is_some_and(|cluster| cluster.frozen),
    }
}
