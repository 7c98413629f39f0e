//! Quotas: what a project may use, and the arithmetic of refusing.

use crate::VolumeTypeId;

/// No limit, on the wire and in the database.
pub const UNLIMITED: i64 = -1;

/// A resource that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Number of volumes.
    Volumes,
    /// GiB of volumes, and of snapshots unless the configuration excludes them.
    Gigabytes,
    /// Number of snapshots.
    Snapshots,
    /// Number of backups.
    Backups,
    /// GiB of backups.
    BackupGigabytes,
    /// Number of groups.
    Groups,
}

impl Counted {
    /// Every counted resource in the order of the API's documents.
    pub const ALL: &'static [Self] = &[
        Self::Volumes,
        Self::Snapshots,
        Self::Gigabytes,
        Self::Backups,
        Self::BackupGigabytes,
        Self::Groups,
    ];

    /// The three that are also counted per volume type.
    pub const PER_TYPE: &'static [Self] = &[Self::Volumes, Self::Snapshots, Self::Gigabytes];

    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volumes => "volumes",
            Self::Gigabytes => "gigabytes",
            Self::Snapshots => "snapshots",
            Self::Backups => "backups",
            Self::BackupGigabytes => "backup_gigabytes",
            Self::Groups => "groups",
        }
    }

    /// The limit of a fresh installation (Cinder's `quota_*` defaults).
    #[must_use]
    pub const fn default_limit(self) -> i64 {
        match self {
            Self::Volumes | Self::Snapshots | Self::Backups | Self::Groups => 10,
            Self::Gigabytes | Self::BackupGigabytes => 1000,
        }
    }

    /// The key under which usage is stored: by type identifier, so that renaming a type moves nothing.
    #[must_use]
    pub fn usage_key(self, volume_type: Option<VolumeTypeId>) -> String {
        match volume_type {
            None => self.as_str().to_owned(),
            Some(id) => format!("{}:{id}", self.as_str()),
        }
    }

    /// The name of the limit: by type name, as the API has it.
    #[must_use]
    pub fn limit_name(self, type_name: Option<&str>) -> String {
        match type_name {
            None => self.as_str().to_owned(),
            Some(name) => format!("{}_{name}", self.as_str()),
        }
    }
}

/// The largest size of one volume in GiB is a limit without usage.
pub const PER_VOLUME_GIGABYTES: &str = "per_volume_gigabytes";

/// Whether `asked` more fits when `in_use` is used of `limit`.
#[must_use]
pub const fn fits(limit: i64, in_use: i64, asked: i64) -> bool {
    asked <= 0 || limit < 0 || in_use.saturating_add(asked) <= limit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minus_one_is_no_limit_and_shrinking_always_fits() {
        assert!(fits(UNLIMITED, i64::MAX, 1));
        assert!(fits(1, 5, -1));
        assert!(fits(10, 9, 1));
        assert!(!fits(10, 10, 1));
        assert!(!fits(10, i64::MAX, i64::MAX));
    }
}
