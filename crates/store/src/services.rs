//! Service rows and their heartbeats.

use model::ProjectId;
use model::service::{Binary, ReplicationStatus, Service};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "binary, host, uuid, availability_zone, disabled, disabled_reason, frozen, heartbeat_at, \
     backend_up, number, cluster_name, replication_status, active_backend_id, started_at, \
     clock_ahead_ms, created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<Service, StoreError> {
    Ok(Service {
        binary: columns.take()?,
        host: columns.take()?,
        uuid: columns.take()?,
        availability_zone: columns.take()?,
        disabled: columns.take()?,
        disabled_reason: columns.take()?,
        frozen: columns.take()?,
        heartbeat_at: columns.take()?,
        backend_up: columns.take()?,
        number: columns.take()?,
        cluster_name: columns.take()?,
        replication_status: columns.take()?,
        active_backend_id: columns.take()?,
        started_at: columns.take()?,
        clock_ahead_ms: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Every service.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<Service>, StoreError> {
    conn.rows(&format!("SELECT {COLUMNS} FROM services ORDER BY created_at, binary, host"), &[], read)
}

/// One service.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, binary: Binary, host: &str) -> Result<Option<Service>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM services WHERE binary = ? AND host = ?");
    conn.row(&sql, params![binary, host], read)
}

/// The volume services of a cluster.
///
/// # Errors
/// The store's own.
pub fn of_cluster(conn: &Conn<'_>, cluster: &str) -> Result<Vec<Service>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM services WHERE cluster_name = ? AND binary = ? ORDER BY created_at, host"
    );
    conn.rows(&sql, params![cluster, Binary::Volume], read)
}

/// Says that a service lives, and how wrong the clock of its host is, and makes its row the first time.
///
/// # Errors
/// The store's own.
pub fn beat(
    conn: &Conn<'_>,
    binary: Binary,
    host: &str,
    zone: &str,
    uuid: &str,
    backend_up: bool,
) -> Result<(), StoreError> {
    let (now, ahead_ms) = (conn.now(), conn.host_ahead_ms());
    let known = conn.run(
        "UPDATE services SET availability_zone = ?, heartbeat_at = ?, backend_up = ?, clock_ahead_ms = ?, updated_at = ? \
         WHERE binary = ? AND host = ?",
        params![zone, now, backend_up, ahead_ms, now, binary, host],
    )?;
    if known == 0 {
        let number = conn.int("SELECT COALESCE(MAX(number), 0) + 1 FROM services", &[])?;
        conn.run(
            "INSERT INTO services (binary, host, uuid, availability_zone, disabled, disabled_reason, frozen, \
             heartbeat_at, backend_up, number, clock_ahead_ms, created_at, updated_at) \
             VALUES (?, ?, ?, ?, 0, NULL, 0, ?, ?, ?, ?, ?, ?)",
            params![binary, host, uuid, zone, now, backend_up, number, ahead_ms, now, now],
        )?;
    }
    Ok(())
}

/// Notes that the backend of a volume service is begun to be brought up, and makes its row the first time.
///
/// # Errors
/// The store's own.
pub fn start(conn: &Conn<'_>, host: &str, zone: &str, uuid: &str) -> Result<(), StoreError> {
    if get(conn, Binary::Volume, host)?.is_none() {
        beat(conn, Binary::Volume, host, zone, uuid, false)?;
    }
    conn.run(
        "UPDATE services SET started_at = ? WHERE binary = ? AND host = ?",
        params![conn.now(), Binary::Volume, host],
    )?;
    Ok(())
}

/// Takes a service out of scheduling, or back in.
///
/// # Errors
/// The store's own.
pub fn set_disabled(
    conn: &Conn<'_>,
    binary: Binary,
    host: &str,
    disabled: bool,
    reason: Option<&str>,
) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE services SET disabled = ?, disabled_reason = ?, updated_at = ? WHERE binary = ? AND host = ?",
        params![disabled, reason, conn.now(), binary, host],
    )?;
    Ok(changed == 1)
}

/// Freezes or thaws a backend.
///
/// # Errors
/// The store's own.
pub fn set_frozen(conn: &Conn<'_>, host: &str, frozen: bool) -> Result<bool, StoreError> {
    let changed = conn.run(
        "UPDATE services SET frozen = ?, updated_at = ? WHERE binary = 'cinder-volume' AND host = ?",
        params![frozen, conn.now(), host],
    )?;
    Ok(changed == 1)
}

/// Says how the replication of a backend is, and on which target it works.
///
/// # Errors
/// The store's own.
pub fn set_replication(
    conn: &Conn<'_>,
    host: &str,
    status: ReplicationStatus,
    active_backend_id: Option<&str>,
) -> Result<(), StoreError> {
    conn.run(
        "UPDATE services SET replication_status = ?, active_backend_id = ?, updated_at = ? \
         WHERE binary = 'cinder-volume' AND host = ?",
        params![status, active_backend_id, conn.now(), host],
    )?;
    Ok(())
}

/// Removes a service that no longer exists, with what it said of its pools. False when there was none.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, binary: Binary, host: &str) -> Result<bool, StoreError> {
    if binary == Binary::Volume {
        crate::backend_processes::remove(conn, host)?;
        crate::pools::retire(conn, host, &[])?;
    }
    Ok(conn.run("DELETE FROM services WHERE binary = ? AND host = ?", params![binary, host])? == 1)
}

/// What one project has on a backend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostUsage {
    /// Whose.
    pub project: ProjectId,
    /// Number of volumes.
    pub volumes: u64,
    /// Their size in GiB.
    pub volume_gib: u64,
    /// Number of snapshots of them.
    pub snapshots: u64,
    /// The size of those in GiB.
    pub snapshot_gib: u64,
}

/// What every project has on the backend `host`, in whichever pool; by project.
///
/// # Errors
/// The store's own.
pub fn usage(conn: &Conn<'_>, host: &str) -> Result<Vec<HostUsage>, StoreError> {
    let sql = "SELECT v.project_id, COUNT(DISTINCT v.id), SUM(v.size_gib), SUM(s.count), SUM(s.size_gib) FROM volumes v \
         LEFT JOIN (SELECT volume_id, COUNT(*) AS count, SUM(size_gib) AS size_gib FROM snapshots GROUP BY volume_id) s \
         ON s.volume_id = v.id WHERE v.host = ? OR SUBSTR(v.host, 1, ?) = ? GROUP BY v.project_id ORDER BY v.project_id";
    let pools = format!("{host}#");
    let length = pools.chars().count();
    conn.rows(sql, params![host, length, pools], |columns| {
        Ok(HostUsage {
            project: columns.take()?,
            volumes: columns.take()?,
            volume_gib: columns.take()?,
            snapshots: columns.take::<Option<u64>>()?.unwrap_or(0),
            snapshot_gib: columns.take::<Option<u64>>()?.unwrap_or(0),
        })
    })
}
