//! Limits of a project.

use crate::json::write::to_object;
use crate::view::quotas::Usage;

/// The limits that clients know, and what is used of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub struct Limits {
    pub volumes: Usage,
    pub snapshots: Usage,
    pub gigabytes: Usage,
    pub backups: Usage,
    pub backup_gigabytes: Usage,
}

impl Limits {
    /// `{"limits": {"rate": [], "absolute": {…}}}`, with what is used when the caller may see it.
    #[must_use]
    pub fn to_json(&self, used: bool) -> Vec<u8> {
        to_object(|reply| {
            reply.object("limits", |limits| {
                limits.array("rate", [(); 0], |_, ()| {}).object("absolute", |absolute| {
                    absolute
                        .put("maxTotalVolumes", self.volumes.limit)
                        .put("maxTotalSnapshots", self.snapshots.limit)
                        .put("maxTotalVolumeGigabytes", self.gigabytes.limit)
                        .put("maxTotalBackups", self.backups.limit)
                        .put("maxTotalBackupGigabytes", self.backup_gigabytes.limit);
                    if used {
                        absolute
                            .put("totalVolumesUsed", self.volumes.in_use)
                            .put("totalGigabytesUsed", self.gigabytes.in_use)
                            .put("totalSnapshotsUsed", self.snapshots.in_use)
                            .put("totalBackupsUsed", self.backups.in_use)
                            .put("totalBackupGigabytesUsed", self.backup_gigabytes.in_use);
                    }
                });
            });
        })
    }
}
