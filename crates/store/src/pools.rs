//! What backends reported of their pools, and what was placed on them since.

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::pool::{AtReport, Pool};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "host, backend, allocated_gib, volumes, placed_gib, changes, allocated_at_report_gib, \
     placed_at_report_gib, pending_at_report_gib, changes_at_report, reported_at";

fn read(columns: &mut Columns<'_>) -> Result<Pool, StoreError> {
    Ok(Pool {
        host: columns.take()?,
        backend: columns.take()?,
        allocated_gib: columns.take()?,
        volumes: columns.take()?,
        placed_gib: columns.take()?,
        changes: columns.take()?,
        at_report: AtReport {
            allocated_gib: columns.take()?,
            placed_gib: columns.take()?,
            pending_gib: columns.take()?,
            changes: columns.take()?,
        },
        reported_at: columns.take()?,
    })
}

/// Charges a pool. A pool that never reported is remembered with an empty report.
pub(crate) fn take(conn: &Conn<'_>, host: &str, gib: u64, volumes: u64) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO pools (host, backend, report, allocated_gib, volumes, placed_gib, changes, \
         allocated_at_report_gib, placed_at_report_gib, pending_at_report_gib, changes_at_report, reported_at) \
         VALUES (?, ?, '', ?, ?, ?, 1, 0, 0, 0, 0, 0) ON CONFLICT (host) DO UPDATE SET \
         allocated_gib = pools.allocated_gib + excluded.allocated_gib, volumes = pools.volumes + excluded.volumes, \
         placed_gib = pools.placed_gib + excluded.placed_gib, changes = pools.changes + 1",
        params![host, model::service::backend_of(host), gib, volumes, gib],
    )?;
    Ok(())
}

/// Gives back what [`take`] charged.
pub(crate) fn give_back(conn: &Conn<'_>, host: &str, gib: u64, volumes: u64) -> Result<(), StoreError> {
    conn.run(
        "UPDATE pools SET allocated_gib = allocated_gib - ?, volumes = volumes - ?, changes = changes + 1 \
         WHERE host = ?",
        params![gib, volumes, host],
    )?;
    Ok(())
}

/// Notes that the free space of a pool has changed by something that it is not charged with.
pub(crate) fn touch(conn: &Conn<'_>, host: &str) -> Result<(), StoreError> {
    conn.run("UPDATE pools SET changes = changes + 1 WHERE host = ?", params![host])?;
    Ok(())
}

/// Every pool that has reported.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>) -> Result<Vec<Pool>, StoreError> {
    let locked = conn.for_update();
    conn.rows(&format!("SELECT {COLUMNS} FROM pools WHERE report <> '' ORDER BY host{locked}"), &[], read)
}

/// One pool, if it has reported.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, host: &str) -> Result<Option<Pool>, StoreError> {
    let locked = conn.for_update();
    let sql = format!("SELECT {COLUMNS} FROM pools WHERE host = ? AND report <> ''{locked}");
    conn.row(&sql, params![host], read)
}

/// The reports that are no older than `since`, as JSON text by the pools that they are of.
///
/// # Errors
/// The store's own.
pub fn reports_since(conn: &Conn<'_>, since: Timestamp) -> Result<Vec<(String, String)>, StoreError> {
    let sql = "SELECT host, report FROM pools WHERE report <> '' AND reported_at >= ?";
    conn.rows(sql, params![since], |columns| Ok((columns.take()?, columns.take()?)))
}

/// The report of a pool as JSON text; empty when it has none.
///
/// # Errors
/// The store's own.
pub fn report_of(conn: &Conn<'_>, host: &str) -> Result<String, StoreError> {
    let found =
        conn.row("SELECT report FROM pools WHERE host = ?", params![host], |columns| columns.take())?;
    Ok(found.unwrap_or_default())
}

/// The counters of every pool of `backend` at this moment: to be read before the backend is measured.
///
/// # Errors
/// The store's own.
pub fn counters(conn: &Conn<'_>, backend: &str) -> Result<Vec<(String, AtReport)>, StoreError> {
    let sql = "SELECT host, allocated_gib, placed_gib, changes, (SELECT SUM(charged_gib - \
         CASE WHEN launched_at IS NULL THEN 0 ELSE size_gib END) FROM volumes WHERE volumes.host = pools.host \
         AND (launched_at IS NULL OR charged_gib <> size_gib)), (SELECT SUM(charged_gib) FROM volume_copies \
         WHERE volume_copies.host = pools.host AND made = 0) FROM pools WHERE backend = ?";
    conn.rows(sql, params![backend], |columns| {
        let host = columns.take()?;
        let (allocated_gib, placed_gib, changes) = (columns.take()?, columns.take()?, columns.take()?);
        let volumes_gib = columns.take::<Option<u64>>()?.unwrap_or(0);
        let pending_gib = volumes_gib.saturating_add(columns.take::<Option<u64>>()?.unwrap_or(0));
        Ok((host, AtReport { allocated_gib, placed_gib, pending_gib, changes }))
    })
}

/// Stores a report that was begun when the counters were `at`.
///
/// # Errors
/// The store's own.
pub fn report(conn: &Conn<'_>, host: &str, report: &str, at: AtReport) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO pools (host, backend, report, allocated_gib, volumes, placed_gib, changes, \
         allocated_at_report_gib, placed_at_report_gib, pending_at_report_gib, changes_at_report, reported_at) \
         VALUES (?, ?, ?, 0, 0, 0, 0, ?, ?, ?, ?, ?) ON CONFLICT (host) DO UPDATE SET report = excluded.report, \
         allocated_at_report_gib = excluded.allocated_at_report_gib, \
         placed_at_report_gib = excluded.placed_at_report_gib, \
         pending_at_report_gib = excluded.pending_at_report_gib, \
         changes_at_report = excluded.changes_at_report, reported_at = excluded.reported_at",
        params![
            host,
            model::service::backend_of(host),
            report,
            at.allocated_gib,
            at.placed_gib,
            at.pending_gib,
            at.changes,
            conn.now()
        ],
    )?;
    Ok(())
}

/// Forgets the reports of pools that `backend` no longer has. Their counters stay while volumes do.
///
/// # Errors
/// The store's own.
pub fn retire(conn: &Conn<'_>, backend: &str, kept: &[String]) -> Result<(), StoreError> {
    let hosts: Vec<String> =
        conn.rows("SELECT host FROM pools WHERE backend = ?", params![backend], |columns| columns.take())?;
    for host in hosts.iter().filter(|host| !kept.contains(host)) {
        conn.run("UPDATE pools SET report = '' WHERE host = ?", params![host])?;
    }
    Ok(())
}

/// A pool whose counters do not equal a recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// `host@backend#pool`.
    pub host: String,
    /// GiB and volumes that the counters say.
    pub counted: (i64, i64),
    /// GiB and volumes that the rows say.
    pub derived: (i64, i64),
}

/// Derives the counters of every pool from the rows and names those that differ. Empty is the only good answer.
///
/// # Errors
/// The store's own.
pub fn recount(conn: &Conn<'_>) -> Result<Vec<Drift>, StoreError> {
    let read = |sql: &str| {
        conn.rows(sql, &[], |columns| Ok((columns.take()?, (columns.take()?, columns.take()?))))
            .map(|rows| rows.into_iter().collect::<BTreeMap<String, (i64, i64)>>())
    };
    let counted = read("SELECT host, allocated_gib, volumes FROM pools")?;
    let derived = read(
        "SELECT host, SUM(charged_gib), COUNT(*) FROM (SELECT host, charged_gib FROM volumes WHERE host IS NOT NULL \
              UNION ALL SELECT host, charged_gib FROM volume_copies) AS charged GROUP BY host",
    )?;
    let hosts: BTreeSet<&String> = counted.keys().chain(derived.keys()).collect();
    let of = |side: &BTreeMap<String, (i64, i64)>, host: &String| side.get(host).copied().unwrap_or_default();
    Ok(hosts
        .into_iter()
        .map(|host| Drift { host: host.clone(), counted: of(&counted, host), derived: of(&derived, host) })
        .filter(|drift| drift.counted != drift.derived)
        .collect())
}
