//! Cluster rows: services that look after one storage together.

use std::collections::BTreeMap;

use model::Timestamp;
use model::service::{Binary, Cluster, ReplicationStatus, Service};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "name, binary, disabled, disabled_reason, frozen, replication_status, active_backend_id, \
     created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<Cluster, StoreError> {
    Ok(Cluster {
        name: columns.take()?,
        binary: columns.take()?,
        disabled: columns.take()?,
        disabled_reason: columns.take()?,
        frozen: columns.take()?,
        replication_status: columns.take()?,
        active_backend_id: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        heartbeats: Vec::new(),
    })
}

/// Makes a service one of `cluster`, whose row is made with its first service; none makes it one of none.
///
/// # Errors
/// The store's own.
pub fn join(conn: &Conn<'_>, binary: Binary, host: &str, cluster: Option<&str>) -> Result<(), StoreError> {
    conn.run(
        "UPDATE services SET cluster_name = ? WHERE binary = ? AND host = ?",
        params![cluster, binary, host],
    )?;
    if let Some(cluster) = cluster {
        conn.run(
            "INSERT INTO clusters (name, binary, disabled, disabled_reason, frozen, replication_status, \
             active_backend_id, created_at, updated_at) VALUES (?, ?, 0, NULL, 0, ?, NULL, ?, NULL) \
             ON CONFLICT (name, binary) DO NOTHING",
            params![cluster, binary, ReplicationStatus::Disabled, conn.now()],
        )?;
    }
    Ok(())
}

/// Every cluster, with the heartbeats of its services, in the order in which they came.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<Cluster>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM clusters ORDER BY created_at, name, binary");
    let mut clusters = conn.rows(&sql, &[], read)?;
    if clusters.is_empty() {
        return Ok(clusters);
    }
    let mut beats: BTreeMap<(String, Binary), Vec<Timestamp>> = BTreeMap::new();
    for service in crate::services::list(conn)? {
        if let Some(name) = service.cluster_name {
            beats.entry((name, service.binary)).or_default().push(service.heartbeat_at);
        }
    }
    for cluster in &mut clusters {
        cluster.heartbeats = beats.remove(&(cluster.name.clone(), cluster.binary)).unwrap_or_default();
    }
    Ok(clusters)
}

/// The volume services of a cluster, but for the one at `host`.
///
/// # Errors
/// The store's own.
pub fn others(conn: &Conn<'_>, cluster: &str, host: &str) -> Result<Vec<Service>, StoreError> {
    let mut members = crate::services::of_cluster(conn, cluster)?;
    members.retain(|it| it.host != host);
    Ok(members)
}

/// One cluster.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, name: &str, binary: Binary) -> Result<Option<Cluster>, StoreError> {
    Ok(list(conn)?.into_iter().find(|cluster| cluster.name == name && cluster.binary == binary))
}

/// One cluster, without the heartbeats of its services.
///
/// # Errors
/// The store's own.
pub fn row(conn: &Conn<'_>, name: &str, binary: Binary) -> Result<Option<Cluster>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM clusters WHERE name = ? AND binary = ?");
    conn.row(&sql, params![name, binary], read)
}

/// Takes a cluster out of scheduling, or back in. False when there is none.
///
/// # Errors
/// The store's own.
pub fn set_disabled(
    conn: &Conn<'_>,
    name: &str,
    binary: Binary,
    disabled: bool,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE clusters SET disabled = ?, disabled_reason = ?, updated_at = ? WHERE name = ? AND binary = ?",
        params![disabled, reason, conn.now(), name, binary],
    )?;
    Ok(changed == 1)
}

/// Freezes or thaws the backend of a cluster.
///
/// # Errors
/// The store's own.
pub fn set_frozen(conn: &Conn<'_>, name: &str, frozen: bool) -> Result<(), StoreError> {
    conn.run(
        "UPDATE clusters SET frozen = ?, updated_at = ? WHERE name = ? AND binary = ?",
        params![frozen, conn.now(), name, Binary::Volume],
    )?;
    Ok(())
}

/// Says how the replication of a cluster's backend is, and on which target it works.
///
/// # Errors
/// The store's own.
pub fn set_replication(
    conn: &Conn<'_>,
    name: &str,
    status: ReplicationStatus,
    active_backend_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE clusters SET replication_status = ?, active_backend_id = ?, updated_at = ? \
         WHERE name = ? AND binary = ?",
        params![status, active_backend_id, conn.now(), name, Binary::Volume],
    )?;
    Ok(())
}
