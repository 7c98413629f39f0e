//! Limits and usage.
//!
//! Usage is a counter per project and resource so that admission costs the same at a million volumes. Only
//! [`crate::volumes`], [`crate::retypes`], [`crate::snapshots`], [`crate::backups`] and [`crate::groups`] change it, in
//! the statements that insert, remove and grow what is counted; [`recount`] proves it.

use std::collections::{BTreeMap, HashMap};

use model::ProjectId;
use model::quota::Counted;

use crate::{Conn, StoreError, params};

/// Adds `delta` to the usage of `resource` (a [`model::quota::Counted::usage_key`]).
pub(crate) fn add(
    conn: &Conn<'_>,
    project: &ProjectId,
    resource: &str,
    delta: i64,
) -> Result<(), StoreError> {
    if delta == 0 {
        return Ok(());
    }
    conn.run(
        "INSERT INTO quota_usages (project_id, resource, in_use) VALUES (?, ?, ?) \
         ON CONFLICT (project_id, resource) DO UPDATE SET in_use = quota_usages.in_use + excluded.in_use",
        params![project, resource, delta],
    )?;
    Ok(())
}

/// What a project uses, by usage key; what is absent is 0.
///
/// # Errors
/// The store's own.
pub fn usage(conn: &Conn<'_>, project: &ProjectId) -> Result<HashMap<String, i64>, StoreError> {
    let sql = format!("SELECT resource, in_use FROM quota_usages WHERE project_id = ?{}", conn.for_update());
    let rows = conn.rows(&sql, params![project], |columns| Ok((columns.take()?, columns.take()?)))?;
    Ok(rows.into_iter().collect())
}

/// The usage of one resource.
///
/// # Errors
/// The store's own.
pub fn used(conn: &Conn<'_>, project: &ProjectId, resource: &str) -> Result<i64, StoreError> {
    let locked = conn.for_update();
    let sql = format!("SELECT in_use FROM quota_usages WHERE project_id = ? AND resource = ?{locked}");
    conn.int(&sql, params![project, resource])
}

/// The limits that an administrator set for a project, by limit name.
///
/// # Errors
/// The store's own.
pub fn limits(conn: &Conn<'_>, project: &ProjectId) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT resource, hard_limit FROM quota_limits WHERE project_id = ?";
    let rows = conn.rows(sql, params![project], |columns| Ok((columns.take()?, columns.take()?)))?;
    Ok(rows.into_iter().collect())
}

/// Sets a limit of a project.
///
/// # Errors
/// The store's own.
pub fn set_limit(conn: &Conn<'_>, project: &ProjectId, name: &str, limit: i64) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO quota_limits (project_id, resource, hard_limit) VALUES (?, ?, ?) \
         ON CONFLICT (project_id, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
        params![project, name, limit],
    )?;
    Ok(())
}

/// Takes a project back to the defaults.
///
/// # Errors
/// The store's own.
pub fn clear_limits(conn: &Conn<'_>, project: &ProjectId) -> Result<(), StoreError> {
    conn.run("DELETE FROM quota_limits WHERE project_id = ?", params![project])?;
    Ok(())
}

/// The limits of a class; those of `default` override the configuration for every project.
///
/// # Errors
/// The store's own.
pub fn class_limits(conn: &Conn<'_>, class: &str) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT resource, hard_limit FROM quota_class_limits WHERE class_name = ?";
    let rows = conn.rows(sql, params![class], |columns| Ok((columns.take()?, columns.take()?)))?;
    Ok(rows.into_iter().collect())
}

/// Sets a limit of a class.
///
/// # Errors
/// The store's own.
pub fn set_class_limit(conn: &Conn<'_>, class: &str, name: &str, limit: i64) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO quota_class_limits (class_name, resource, hard_limit) VALUES (?, ?, ?) \
         ON CONFLICT (class_name, resource) DO UPDATE SET hard_limit = excluded.hard_limit",
        params![class, name, limit],
    )?;
    Ok(())
}

/// Lets the limits that are named after a volume type follow its new name.
///
/// # Errors
/// The store's own.
pub fn rename_type(conn: &Conn<'_>, old: &str, new: &str) -> Result<(), StoreError> {
    for counted in Counted::PER_TYPE {
        let names = params![counted.limit_name(Some(new)), counted.limit_name(Some(old))];
        conn.run("UPDATE quota_limits SET resource = ? WHERE resource = ?", names)?;
        conn.run("UPDATE quota_class_limits SET resource = ? WHERE resource = ?", names)?;
    }
    Ok(())
}

/// Forgets the limits that are named after a volume type.
///
/// # Errors
/// The store's own.
pub fn forget_type(conn: &Conn<'_>, name: &str) -> Result<(), StoreError> {
    for counted in Counted::PER_TYPE {
        let name = params![counted.limit_name(Some(name))];
        conn.run("DELETE FROM quota_limits WHERE resource = ?", name)?;
        conn.run("DELETE FROM quota_class_limits WHERE resource = ?", name)?;
    }
    Ok(())
}

/// A counter that does not equal a recount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Whose.
    pub project: ProjectId,
    /// Usage key.
    pub resource: String,
    /// What the counter says.
    pub counted: i64,
    /// What the rows say.
    pub derived: i64,
}

/// Derives all usage from the rows and names every counter that differs. Empty is the only good answer.
///
/// # Errors
/// The store's own.
pub fn recount(conn: &Conn<'_>) -> Result<Vec<Drift>, StoreError> {
    let mut derived: BTreeMap<(ProjectId, String), i64> = BTreeMap::new();
    let mut add = |project: &ProjectId, resource: &str, type_id: &str, value: i64| {
        *derived.entry((project.clone(), resource.to_owned())).or_default() += value;
        *derived.entry((project.clone(), format!("{resource}:{type_id}"))).or_default() += value;
    };
    for table in ["volumes", "snapshots"] {
        let sql = format!(
            "SELECT project_id, volume_type_id, COUNT(*), SUM(charged_gib) FROM {table} WHERE consumes_quota = 1 \
             GROUP BY project_id, volume_type_id"
        );
        conn.each(&sql, &[], |columns| {
            let (project, type_id): (ProjectId, String) = (columns.take()?, columns.take()?);
            add(&project, table, &type_id, columns.take()?);
            add(&project, "gigabytes", &type_id, columns.take()?);
            Ok(())
        })?;
    }
    let retypes = "SELECT project_id, volume_type_id, COUNT(*), SUM(charged_gib) FROM volume_retypes \
         WHERE consumes_quota = 1 GROUP BY project_id, volume_type_id";
    conn.each(retypes, &[], |columns| {
        let (project, type_id): (ProjectId, String) = (columns.take()?, columns.take()?);
        for resource in ["volumes", "gigabytes"] {
            *derived.entry((project.clone(), format!("{resource}:{type_id}"))).or_default() +=
                columns.take::<i64>()?;
        }
        Ok(())
    })?;
    conn.each("SELECT project_id, COUNT(*) FROM volume_groups GROUP BY project_id", &[], |columns| {
        derived.insert((columns.take()?, Counted::Groups.usage_key(None)), columns.take()?);
        Ok(())
    })?;
    let backups = "SELECT project_id, COUNT(*), SUM(size_gib) FROM backups GROUP BY project_id";
    conn.each(backups, &[], |columns| {
        let project: ProjectId = columns.take()?;
        derived.insert((project.clone(), Counted::Backups.usage_key(None)), columns.take()?);
        derived.insert((project, Counted::BackupGigabytes.usage_key(None)), columns.take()?);
        Ok(())
    })?;
    let mut drifts = Vec::new();
    conn.each("SELECT project_id, resource, in_use FROM quota_usages", &[], |columns| {
        let key: (ProjectId, String) = (columns.take()?, columns.take()?);
        let counted = columns.take()?;
        let expected = derived.remove(&key).unwrap_or(0);
        if counted != expected {
            drifts.push(Drift { project: key.0, resource: key.1, counted, derived: expected });
        }
        Ok(())
    })?;
    let missing = derived.into_iter().filter(|(_, value)| *value != 0);
    drifts.extend(missing.map(|((project, resource), value)| Drift {
        project,
        resource,
        counted: 0,
        derived: value,
    }));
    Ok(drifts)
}
