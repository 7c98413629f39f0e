//! Policies of backups: when volumes are backed up, how long that is kept, and when it is verified.

use crate::retention::Keep;
use crate::schedule::Schedule;
use crate::{BackupId, BackupPolicyId, ProjectId, Timestamp, UserId, VolumeId, VolumeTypeId, words};

/// A policy as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupPolicy {
    /// Identifier.
    pub id: BackupPolicyId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who asked for it; the backups are in this user's name.
    pub user_id: UserId,
    /// What it says.
    pub terms: Terms,
    /// When it next backs up; none while it rests.
    pub next_run_at: Option<Timestamp>,
    /// When it next verifies; none when it does not, or rests.
    pub next_verify_at: Option<Timestamp>,
    /// When it last backed up.
    pub last_run_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When what it says was last changed.
    pub updated_at: Option<Timestamp>,
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Whether it does anything.
    pub enabled: bool,
    /// Whether it is for the volumes of its types in every project, and not only in its own.
    pub all_projects: bool,
    /// When volumes are backed up.
    pub schedule: Schedule,
    /// So many backups of a volume build on each other, the full one among them; with 1 each is full.
    pub full_every: u64,
    /// Which backups are kept.
    pub keep: Keep,
    /// When backups are verified; none is never.
    pub verify_schedule: Option<Schedule>,
    /// How.
    pub verify_by: VerifyBy,
}

impl Terms {
    /// By this schedule, a week of backups builds on each other, everything is kept, and nothing is verified.
    #[must_use]
    pub fn new(schedule: Schedule) -> Self {
        Self {
            name: None,
            description: None,
            enabled: true,
            all_projects: false,
            schedule,
            full_every: 7,
            keep: Keep::default(),
            verify_schedule: None,
            verify_by: VerifyBy::Hashes,
        }
    }
}

/// Which volumes a policy is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Targets {
    /// These.
    pub volumes: Vec<VolumeId>,
    /// Those of these types.
    pub types: Vec<VolumeTypeId>,
}

words! {
    /// How a backup is verified.
    VerifyBy {
        /// Every object is read, and every hash compared.
        Hashes = "hashes",
        /// It is restored to a file that is thrown away, every hash and then the whole volume compared.
        Restore = "restore",
    }
}

words! {
    /// What a policy is going to do to a thing.
    Chore {
        /// Back up a volume.
        BackUp = "volume",
        /// Verify a backup.
        Verify = "backup",
    }
}

words! {
    /// What a verification found.
    Verdict {
        /// All of it is there, and as it was written.
        Good = "good",
        /// It is not: it cannot be restored as a whole.
        Damaged = "damaged",
        /// That could not be found out.
        Unknown = "unknown",
    }
}

/// What the last verification of a backup found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The backup.
    pub backup_id: BackupId,
    /// When it ended.
    pub checked_at: Timestamp,
    /// How it was done.
    pub verify_by: VerifyBy,
    /// What it found.
    pub verdict: Verdict,
    /// What is wrong, unless nothing is.
    pub why: Option<String>,
}

/// Something that a policy is going to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The policy.
    pub policy_id: BackupPolicyId,
    /// What.
    pub chore: Chore,
    /// The identifier of the volume or backup.
    pub target: String,
    /// Since when.
    pub due_at: Timestamp,
    /// Since when it is refused.
    pub refused_at: Option<Timestamp>,
    /// Why it was refused last.
    pub why: Option<String>,
}
