//! Rows of policies of backups, and which volumes they are for.

use model::backup_policy::{Targets, Terms};
use model::retention::Keep;
use model::{BackupPolicy, BackupPolicyId, ProjectId, Timestamp, VolumeId};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

pub mod due;
pub mod made;

const COLUMNS: &str = "id, project_id, user_id, name, description, enabled, all_projects, schedule, full_every, \
     keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly, verify_schedule, verify_by, \
     next_run_at, next_verify_at, last_run_at, created_at, updated_at";

/// What a policy is for, as `kind` in the table of targets says it.
const VOLUME: &str = "volume";
const TYPE: &str = "type";

fn read(columns: &mut Columns<'_>) -> Result<BackupPolicy, StoreError> {
    Ok(BackupPolicy {
        id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        terms: Terms {
            name: columns.take()?,
            description: columns.take()?,
            enabled: columns.take()?,
            all_projects: columns.take()?,
            schedule: columns.take()?,
            full_every: columns.take()?,
            keep: Keep {
                last: columns.take()?,
                hourly: columns.take()?,
                daily: columns.take()?,
                weekly: columns.take()?,
                monthly: columns.take()?,
                yearly: columns.take()?,
            },
            verify_schedule: columns.take()?,
            verify_by: columns.take()?,
        },
        next_run_at: columns.take()?,
        next_verify_at: columns.take()?,
        last_run_at: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a policy, which is for nothing yet.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, policy: &BackupPolicy) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO backup_policies (id, project_id, user_id, created_at, enabled, all_projects, schedule, \
         full_every, keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly, verify_by) \
         VALUES (?, ?, ?, ?, 0, 0, '', 1, 0, 0, 0, 0, 0, 0, '')",
        params![policy.id, &policy.project_id, &policy.user_id, policy.created_at],
    )?;
    set(conn, policy)
}

/// Writes what a policy says, and when it comes next.
///
/// # Errors
/// The store's own.
pub fn set(conn: &Conn<'_>, policy: &BackupPolicy) -> Result<(), StoreError> {
    let (terms, mut changes) = (&policy.terms, Changes::new());
    changes.set("name", &terms.name);
    changes.set("description", &terms.description);
    changes.set("enabled", terms.enabled);
    changes.set("all_projects", terms.all_projects);
    changes.set("schedule", terms.schedule.to_string());
    changes.set("full_every", terms.full_every);
    changes.set("keep_last", terms.keep.last);
    changes.set("keep_hourly", terms.keep.hourly);
    changes.set("keep_daily", terms.keep.daily);
    changes.set("keep_weekly", terms.keep.weekly);
    changes.set("keep_monthly", terms.keep.monthly);
    changes.set("keep_yearly", terms.keep.yearly);
    changes.set("verify_schedule", terms.verify_schedule.as_ref().map(ToString::to_string));
    changes.set("verify_by", terms.verify_by);
    changes.set("next_run_at", policy.next_run_at);
    changes.set("next_verify_at", policy.next_verify_at);
    changes.set("last_run_at", policy.last_run_at);
    changes.set("updated_at", policy.updated_at);
    changes.run(conn, "backup_policies", "id", policy.id)
}

/// One policy.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: BackupPolicyId) -> Result<Option<BackupPolicy>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM backup_policies WHERE id = ?"), params![id], read)
}

/// The policies of a project, or of all, the oldest first.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, project: Option<&ProjectId>) -> Result<Vec<BackupPolicy>, StoreError> {
    match project {
        Some(project) => {
            let sql =
                format!("SELECT {COLUMNS} FROM backup_policies WHERE project_id = ? ORDER BY created_at, id");
            conn.rows(&sql, params![project], read)
        }
        None => {
            conn.rows(&format!("SELECT {COLUMNS} FROM backup_policies ORDER BY created_at, id"), &[], read)
        }
    }
}

/// How many policies a project has.
///
/// # Errors
/// The store's own.
pub fn count(conn: &Conn<'_>, project: &ProjectId) -> Result<u64, StoreError> {
    let sql = "SELECT COUNT(*) FROM backup_policies WHERE project_id = ?";
    Ok(conn.row(sql, params![project], |columns| columns.take())?.unwrap_or_default())
}

/// Removes a policy and everything that it was going to do. The backups that it made stay, as anybody's.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: BackupPolicyId) -> Result<(), StoreError> {
    conn.run("DELETE FROM backups_of_policies WHERE policy_id = ?", params![id])?;
    conn.run("DELETE FROM backup_policies WHERE id = ?", params![id])?;
    Ok(())
}

/// The policies whose time has come to back up or to verify, by `now`.
///
/// # Errors
/// The store's own.
pub fn due(conn: &Conn<'_>, now: Timestamp) -> Result<Vec<BackupPolicy>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM backup_policies WHERE enabled = 1 AND (next_run_at <= ? OR next_verify_at <= ?) \
         ORDER BY created_at, id {}",
        conn.for_update()
    );
    conn.rows(&sql, params![now, now], read)
}

/// The policies whose backups are to be looked through by `now`.
///
/// # Errors
/// The store's own.
pub fn to_prune(conn: &Conn<'_>, now: Timestamp) -> Result<Vec<BackupPolicy>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM backup_policies WHERE prune_at <= ? ORDER BY created_at, id");
    conn.rows(&sql, params![now], read)
}

/// Sets when the backups of a policy are looked through next.
///
/// # Errors
/// The store's own.
pub fn set_prune_at(conn: &Conn<'_>, id: BackupPolicyId, at: Option<Timestamp>) -> Result<(), StoreError> {
    conn.run("UPDATE backup_policies SET prune_at = ? WHERE id = ?", params![at, id])?;
    Ok(())
}

/// Which volumes a policy is for. Volumes and types that are gone are left out.
///
/// # Errors
/// The store's own.
pub fn targets(conn: &Conn<'_>, id: BackupPolicyId) -> Result<Targets, StoreError> {
    let of = |kind: &str, table: &str| {
        format!(
            "SELECT target FROM backup_policy_targets WHERE policy_id = ? AND kind = '{kind}' \
             AND target IN (SELECT id FROM {table}) ORDER BY target"
        )
    };
    Ok(Targets {
        volumes: conn.rows(&of(VOLUME, "volumes"), params![id], |columns| columns.take())?,
        types: conn.rows(&of(TYPE, "volume_types"), params![id], |columns| columns.take())?,
    })
}

/// Sets which volumes a policy is for.
///
/// # Errors
/// The store's own.
pub fn set_targets(conn: &Conn<'_>, id: BackupPolicyId, targets: &Targets) -> Result<(), StoreError> {
    conn.run("DELETE FROM backup_policy_targets WHERE policy_id = ?", params![id])?;
    let volumes = targets.volumes.iter().map(|volume| (VOLUME, volume.to_string()));
    let types = targets.types.iter().map(|volume_type| (TYPE, volume_type.to_string()));
    volumes.chain(types).try_for_each(|(kind, target)| {
        let sql = "INSERT INTO backup_policy_targets (policy_id, kind, target) VALUES (?, ?, ?) \
             ON CONFLICT (policy_id, kind, target) DO NOTHING";
        conn.run(sql, params![id, kind, target]).map(drop)
    })
}

/// The volumes that a policy is for, one by one.
///
/// # Errors
/// The store's own.
pub fn volumes(conn: &Conn<'_>, policy: &BackupPolicy) -> Result<Vec<VolumeId>, StoreError> {
    let sql = "SELECT id FROM volumes WHERE (project_id = ? OR 1 = ?) AND status <> 'deleting' \
         AND (id IN (SELECT target FROM backup_policy_targets WHERE policy_id = ? AND kind = 'volume') \
         OR volume_type_id IN (SELECT target FROM backup_policy_targets WHERE policy_id = ? AND kind = 'type')) \
         ORDER BY created_at, id";
    let values = params![&policy.project_id, policy.terms.all_projects, policy.id, policy.id];
    conn.rows(sql, values, |columns| columns.take())
}
