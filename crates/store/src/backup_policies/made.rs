//! The backups that policies made, and what was proven of them.

use model::backup_policy::{Proof, Verdict};
use model::{BackupId, BackupPolicyId, BackupStatus, Timestamp, VolumeId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

/// A backup that a policy made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The backup.
    pub id: BackupId,
    /// The volume that it is of.
    pub volume_id: VolumeId,
    /// What it is an increment of.
    pub parent_id: Option<BackupId>,
    /// When the volume had this content.
    pub data_timestamp: Timestamp,
    /// What it is doing.
    pub status: BackupStatus,
    /// When it last changed.
    pub updated_at: Option<Timestamp>,
    /// How many increments build on it.
    pub dependents: u64,
    /// What was found when it was last verified.
    pub verdict: Option<Verdict>,
    /// When that was.
    pub checked_at: Option<Timestamp>,
    /// What is wrong with it, unless nothing is.
    pub why: Option<String>,
}

const COLUMNS: &str = "backups.id, backups.volume_id, backups.parent_id, backups.data_timestamp, backups.status, \
     backups.updated_at, (SELECT COUNT(*) FROM backups increments WHERE increments.parent_id = backups.id), \
     backup_proofs.verdict, backup_proofs.checked_at, backup_proofs.why FROM backups_of_policies \
     JOIN backups ON backups.id = backups_of_policies.backup_id \
     LEFT JOIN backup_proofs ON backup_proofs.backup_id = backups.id";

fn read(columns: &mut Columns<'_>) -> Result<Made, StoreError> {
    Ok(Made {
        id: columns.take()?,
        volume_id: columns.take()?,
        parent_id: columns.take()?,
        data_timestamp: columns.take()?,
        status: columns.take()?,
        updated_at: columns.take()?,
        dependents: columns.take()?,
        verdict: columns.take()?,
        checked_at: columns.take()?,
        why: columns.take()?,
    })
}

/// Notes that a policy made a backup.
///
/// # Errors
/// The store's own.
pub fn note(conn: &Conn<'_>, policy: BackupPolicyId, backup: BackupId) -> Result<(), StoreError> {
    let sql = "INSERT INTO backups_of_policies (backup_id, policy_id) VALUES (?, ?)";
    conn.run(sql, params![backup, policy])?;
    Ok(())
}

/// The backups that a policy made: volume by volume, those with the newest content first.
///
/// # Errors
/// The store's own.
pub fn by(conn: &Conn<'_>, policy: BackupPolicyId) -> Result<Vec<Made>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE backups_of_policies.policy_id = ? \
         ORDER BY backups.volume_id, backups.data_timestamp DESC, backups.seq DESC"
    );
    conn.rows(&sql, params![policy], read)
}

/// The backups that a policy made of one volume, those with the newest content first.
///
/// # Errors
/// The store's own.
pub fn of_volume(conn: &Conn<'_>, policy: BackupPolicyId, volume: VolumeId) -> Result<Vec<Made>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} WHERE backups_of_policies.policy_id = ? AND backups.volume_id = ? \
         ORDER BY backups.data_timestamp DESC, backups.seq DESC"
    );
    conn.rows(&sql, params![policy, volume], read)
}

/// Notes what a verification found. That of a backup that is gone is forgotten.
///
/// # Errors
/// The store's own.
pub fn prove(conn: &Conn<'_>, proof: &Proof) -> Result<(), StoreError> {
    if !conn.exists("SELECT 1 FROM backups WHERE id = ?", params![proof.backup_id])? {
        return Ok(());
    }
    let sql = "INSERT INTO backup_proofs (backup_id, checked_at, verify_by, verdict, why) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (backup_id) DO UPDATE SET checked_at = excluded.checked_at, verify_by = excluded.verify_by, \
         verdict = excluded.verdict, why = excluded.why";
    conn.run(sql, params![proof.backup_id, proof.checked_at, proof.verify_by, proof.verdict, &proof.why])?;
    Ok(())
}
