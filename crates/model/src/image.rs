//! Images: bytes with a name, a format and an owner.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{ImageId, Metadata, ProjectId, Timestamp, words};

words! {
    /// What an image is doing (Image API v2).
    ImageStatus {
        /// A record without data.
        Queued = "queued",
        /// Data are being uploaded.
        Saving = "saving",
        /// Data are being staged for an import.
        Uploading = "uploading",
        /// Staged or remote data are being imported.
        Importing = "importing",
        /// Ready.
        Active = "active",
        /// Ready, but only administrators may download it.
        Deactivated = "deactivated",
        /// The upload failed for good.
        Killed = "killed",
        /// Gone; its data are being removed.
        Deleted = "deleted",
        /// Gone; its data are removed later.
        PendingDelete = "pending_delete",
    }
}

words! {
    /// Who sees an image.
    ImageVisibility {
        /// Everybody.
        Public = "public",
        /// Everybody who knows its identifier.
        Community = "community",
        /// Its owner and the members.
        Shared = "shared",
        /// Its owner.
        Private = "private",
    }
}

words! {
    /// What a project says to an image that is shared with it.
    MemberStatus {
        /// Nothing yet.
        Pending = "pending",
        /// Lists are to show it.
        Accepted = "accepted",
        /// Lists are not to show it.
        Rejected = "rejected",
    }
}

/// Where a copy of an image's data is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageLocation {
    /// The store that keeps it; none for an address outside of our stores.
    pub store: Option<String>,
    /// Its address, such as `file:///images/{id}`.
    pub url: String,
    /// What whoever added it says about it: JSON text of an object.
    pub metadata: String,
}

impl ImageLocation {
    /// Where it is fetched from: its address without what only tells it from others.
    #[must_use]
    pub fn address(&self) -> &str {
        self.url.split('#').next().unwrap_or_default()
    }
}

/// An image as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Identifier.
    pub id: ImageId,
    /// Owner; none for an image that is nobody's.
    pub owner: Option<ProjectId>,
    /// Display name.
    pub name: Option<String>,
    /// What it is doing.
    pub status: ImageStatus,
    /// Who sees it.
    pub visibility: ImageVisibility,
    /// `raw`, `qcow2`, …
    pub disk_format: Option<String>,
    /// `bare`, …
    pub container_format: Option<String>,
    /// Length of the data.
    pub size_bytes: Option<u64>,
    /// Length of the disk that the data describe.
    pub virtual_size_bytes: Option<u64>,
    /// MD5 of the data, in hexadecimal.
    pub checksum: Option<String>,
    /// Name of the second hash.
    pub os_hash_algo: Option<String>,
    /// The second hash, in hexadecimal.
    pub os_hash_value: Option<String>,
    /// Smallest disk that it can be used with.
    pub min_disk_gib: u64,
    /// Smallest memory that it can be used with.
    pub min_ram_mib: u64,
    /// Whether it can be deleted.
    pub protected: bool,
    /// Whether lists leave it out (`os_hidden`).
    pub hidden: bool,
    /// What users say about it.
    pub properties: Metadata,
    /// Words to find it by.
    pub tags: BTreeSet<String>,
    /// Where its data are.
    pub locations: Vec<ImageLocation>,
    /// The host that takes its data while it is `saving` or `uploading`: what to put right when that host starts again.
    pub worker: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Image {
    /// The stores that keep a copy of its data.
    pub fn stores(&self) -> impl Iterator<Item = &str> {
        self.locations.iter().filter_map(|location| location.store.as_deref())
    }
}

/// A project with which an image is shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageMember {
    /// The image.
    pub image_id: ImageId,
    /// The project.
    pub member: ProjectId,
    /// What it says to it.
    pub status: MemberStatus,
    /// Since when.
    pub created_at: Timestamp,
    /// When that last changed.
    pub updated_at: Timestamp,
}

words! {
    /// How far a task is.
    TaskStatus {
        /// Accepted.
        Pending = "pending",
        /// Under way.
        Processing = "processing",
        /// Done.
        Success = "success",
        /// Failed.
        Failure = "failure",
    }
}

/// What clients watch of long work on an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTask {
    /// Identifier.
    pub id: crate::OperationId,
    /// What is done: `api_image_import`, `import`.
    pub kind: String,
    /// How far it is.
    pub status: TaskStatus,
    /// The project that asked.
    pub owner: ProjectId,
    /// The user who asked.
    pub user_id: crate::UserId,
    /// The image, when it is known.
    pub image_id: Option<ImageId>,
    /// The request that asked.
    pub request_id: Option<String>,
    /// What was asked for: JSON text.
    pub input: String,
    /// What came of it: JSON text.
    pub result: Option<String>,
    /// Why it failed.
    pub message: String,
    /// When it is forgotten.
    pub expires_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}
