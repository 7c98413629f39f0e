//! Microversions: which revision of the API a request speaks, and what each revision brought.

use std::fmt;

use crate::Fault;
use crate::fault::echo;

/// The header that asks for a revision, and in which the reply says which one it is in.
pub const HEADER: &str = "OpenStack-API-Version";
/// `Vary` of every reply: caches must keep the revisions apart.
pub const VARY: &str = HEADER;
/// The name of this service in the header.
pub const SERVICE: &str = "volume";

/// A revision of the API. Revisions are compared as pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Microversion {
    /// 3 for every revision that is served.
    pub major: u32,
    /// Counts up with every change of the API.
    pub minor: u32,
}

impl Microversion {
    /// The oldest revision, and the one of requests without the header.
    pub const MIN: Self = Self::v3(0);
    /// The newest revision.
    pub const MAX: Self = Self::v3(71);

    /// `3.{minor}`.
    #[must_use]
    pub const fn v3(minor: u32) -> Self {
        Self { major: 3, minor }
    }

    /// Whether this revision has what `since` brought.
    #[must_use]
    pub const fn has(self, since: Self) -> bool {
        self.major > since.major || (self.major == since.major && self.minor >= since.minor)
    }

    /// Reads the value of the header; `None` when the request has none. Several services may be named,
    /// separated by commas.
    ///
    /// # Errors
    /// 400 for text that is no version or that names another service only, 406 for a version that is not served.
    pub fn negotiate(header: Option<&str>) -> Result<Self, Fault> {
        let Some(header) = header else { return Ok(Self::MIN) };
        let asked = header.split(',').find(|part| part.contains(SERVICE)).ok_or_else(Fault::malformed)?;
        let mut words = asked.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(_), Some("latest"), None) => Ok(Self::MAX),
            (Some(_), Some(version), None) => Self::parse_served(version),
            _ => Err(Fault::malformed()),
        }
    }

    fn parse_served(text: &str) -> Result<Self, Fault> {
        let version = Self::parse(text).ok_or_else(|| {
            Fault::bad_request(format!(
                "API Version String {} is of invalid format. Must be of format MajorNum.MinorNum.",
                echo(text)
            ))
        })?;
        if Self::MIN <= version && version <= Self::MAX {
            return Ok(version);
        }
        let message = format!(
            "Version {} is not supported by the API. Minimum is {} and maximum is {}.",
            echo(text),
            Self::MIN,
            Self::MAX
        );
        Err(Fault::new(406, message).with_header(HEADER, format!("{SERVICE} {}", echo(text))))
    }

    /// Reads `major.minor`: decimal numbers without leading zeros, the major one positive.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        (major != "0").then_some(Self { major: number(major)?, minor: number(minor)? })
    }

    /// The value of [`HEADER`] in the reply: `volume 3.59`.
    #[must_use]
    pub fn header_value(self) -> String {
        format!("{SERVICE} {self}")
    }
}

/// Numbers too large to keep saturate: no such revision will be served.
fn number(digits: &str) -> Option<u32> {
    let plain =
        digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits == "0" || !digits.starts_with('0'));
    (plain && !digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
}

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// What each revision brought, for those that change a shape or a rule.
pub mod gate {
    use super::Microversion;

    macro_rules! gates {
        ($($(#[$meta:meta])* $name:ident = $minor:literal;)+) => {
            $($(#[$meta])* pub const $name: Microversion = Microversion::v3($minor);)+
        };
    }

    gates! {
        /// Images made of volumes can be seen by others, and protected.
        UPLOAD_VISIBILITY = 1;
        /// The `bootable` filter is read strictly.
        STRICT_BOOTABLE_FILTER = 2;
        /// User messages.
        MESSAGES = 3;
        /// Volumes can be filtered by `glance_metadata`.
        GLANCE_METADATA_FILTER = 4;
        /// Messages are listed in pages, sorted and filtered.
        MESSAGE_PAGES = 5;
        /// Consistency groups can lose their name and description.
        BLANK_CONSISTENCY_GROUPS = 6;
        /// Services show their cluster.
        CLUSTERS = 7;
        /// Volumes can be filtered by `group_id`.
        GROUP_FILTER = 10;
        /// `GET volumes/summary`.
        VOLUME_SUMMARY = 12;
        /// Generic volume groups; volumes show `group_id`.
        GROUPS = 13;
        /// Snapshots show `group_snapshot_id`.
        GROUP_SNAPSHOTS = 14;
        /// Metadata replies carry `Etag`, writes honour `If-Match`.
        ETAGS = 15;
        /// Volumes can be migrated to clusters.
        MIGRATE_TO_CLUSTER = 16;
        /// What could be taken over is listed by cluster.
        MANAGE_CLUSTERS = 17;
        /// Backups show their project to administrators.
        BACKUP_PROJECT = 18;
        /// Administrators see `provider_id` of volumes.
        PROVIDER_ID = 21;
        /// Snapshots can be filtered by metadata.
        SNAPSHOT_METADATA_FILTER = 22;
        /// `DELETE volumes/{id}?force=true`.
        FORCE_DELETE = 23;
        /// Groups show their volumes.
        GROUP_VOLUMES = 25;
        /// Services can be failed over, clusters show their replication.
        REPLICATION_CLUSTERS = 26;
        /// Pools can be filtered.
        POOL_FILTERS = 28;
        /// Snapshots of groups are listed in pages, sorted and filtered.
        GROUP_SNAPSHOT_PAGES = 29;
        /// Snapshots can be sorted by name.
        SNAPSHOT_SORT_BY_NAME = 30;
        /// Unknown filters are refused; which are known is configured.
        CONFIGURED_FILTERS = 31;
        /// Log levels can be read and set.
        LOG_LEVELS = 32;
        /// `GET resource_filters`.
        RESOURCE_FILTERS = 33;
        /// `name~=part` matches a part.
        LIKE_FILTERS = 34;
        /// Pools can be filtered by `volume_type`.
        POOL_TYPE_FILTER = 35;
        /// The volume summary shows the distinct metadata.
        SUMMARY_METADATA = 36;
        /// Backups are sorted by `name`.
        BACKUP_SORT_BY_NAME = 37;
        /// Groups show `replication_status`.
        GROUP_REPLICATION = 38;
        /// Administrators may ask for the limits of a project.
        LIMITS_OF_PROJECT = 39;
        /// Revert to the newest snapshot.
        REVERT = 40;
        /// Snapshots show `user_id`.
        SNAPSHOT_USER_ID = 41;
        /// Attached volumes can grow.
        EXTEND_IN_USE = 42;
        /// Backups carry metadata.
        BACKUP_METADATA = 43;
        /// `with_count` adds the number of all items to a page.
        WITH_COUNT = 45;
        /// Images that stand for a snapshot are resolved to it.
        NOVA_IMAGES = 46;
        /// Volumes can be made from backups.
        CREATE_FROM_BACKUP = 47;
        /// Volumes show `shared_targets` and `service_uuid`.
        SHARED_TARGETS = 48;
        /// Services show `backend_state`.
        BACKEND_STATE = 49;
        /// Backups are asked for in a zone.
        BACKUP_ZONE = 51;
        /// Types can be filtered by extra specs.
        TYPE_EXTRA_SPECS_FILTER = 52;
        /// Unknown keys of volumes are refused.
        STRICT_VOLUME_BODIES = 53;
        /// Attachments are created with their mode.
        ATTACHMENT_MODE = 54;
        /// Transfers may leave snapshots behind.
        TRANSFER_SNAPSHOTS = 55;
        /// Backups show who asked for them.
        BACKUP_USER_ID = 56;
        /// Transfers show between which projects.
        TRANSFER_HISTORY = 57;
        /// Transfers are listed in pages and sorted.
        TRANSFER_PAGES = 59;
        /// Administrators see the project of groups and of their snapshots.
        GROUP_PROJECT = 58;
        /// Volumes can be filtered by comparing times.
        TIME_FILTERS = 60;
        /// Administrators see `cluster_name` of volumes.
        CLUSTER_NAME = 61;
        /// Default types of projects.
        DEFAULT_TYPES = 62;
        /// Volumes show `volume_type_id`.
        VOLUME_TYPE_ID = 63;
        /// Volumes show `encryption_key_id`.
        ENCRYPTION_KEY_ID = 64;
        /// Volumes and snapshots show `consumes_quota`.
        CONSUMES_QUOTA = 65;
        /// Snapshots of attached volumes need no `force`.
        SNAPSHOT_IN_USE = 66;
        /// Volumes can be overwritten with an image.
        REIMAGE = 68;
        /// `shared_targets` may be null.
        SHARED_TARGETS_NULL = 69;
        /// Encrypted volumes can be transferred.
        ENCRYPTED_TRANSFERS = 70;
        /// Nova reports how growing an attached volume ended.
        EXTEND_COMPLETION = 71;
    }
}

#[cfg(test)]
mod tests;
