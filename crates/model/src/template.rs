//! Templates of desktops: a disk on which one is prepared, and the generations that were saved of it.

use crate::{ImageId, ProjectId, TemplateId, Timestamp, UserId, VolumeId, words};

words! {
    /// How far a generation is.
    GenerationStatus {
        /// It is being saved.
        Saving = "saving",
        /// Desktops can stand on it.
        Available = "available",
        /// It could not be saved.
        Error = "error",
        /// Nobody gets it any more; it goes when nothing builds on it.
        Pruned = "pruned",
    }
}

/// A template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Identifier.
    pub id: TemplateId,
    /// Owner.
    pub project_id: ProjectId,
    /// Who made it.
    pub user_id: UserId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The disk that its machine boots from.
    pub volume_id: VolumeId,
    /// The disk with the medium that it is installed from, if it is.
    pub iso_volume_id: Option<VolumeId>,
    /// The generation that the disk was made from, or reset to last; none when it was blank.
    pub disk_generation: Option<u64>,
    /// The generation that new desktops get; none before the first was saved.
    pub current: Option<u64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A generation of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// The template.
    pub template_id: TemplateId,
    /// From 1 on.
    pub number: u64,
    /// The image that it is: the template's own for the first of one that was made from an image.
    pub image_id: ImageId,
    /// The generation that it differs from; none when it is whole.
    pub parent: Option<u64>,
    /// How far it is.
    pub status: GenerationStatus,
    /// Why it could not be saved.
    pub failure: Option<String>,
    /// Size in GiB.
    pub size_gib: u64,
    /// How many bytes differ from its parent; none while nobody has counted them.
    pub changed_bytes: Option<u64>,
    /// SHA-256 of the whole disk, in hexadecimal; none for the image that a template was made from.
    pub sha256: Option<String>,
    /// The backend on which it was saved (`host@backend`); none for an image.
    pub backend: Option<String>,
    /// Whether its data, or the difference from its parent, are in the image store.
    pub exported: bool,
    /// Free text.
    pub note: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// A desktop: a volume that was made from a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desktop {
    /// The volume.
    pub volume_id: VolumeId,
    /// The template.
    pub template_id: TemplateId,
    /// The generation that it stands on.
    pub generation: u64,
    /// The generation that it gets at its next reset or start.
    pub target: Option<u64>,
}
