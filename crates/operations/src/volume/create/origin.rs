//! Where the content of a new volume comes from.

use model::refusal::Noun;
use model::{
    Backup, BackupStatus, Group, Image, Metadata, Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume,
    VolumeId, status,
};
use store::Conn;

use super::{SourceId, image};
use crate::{Refused, Requester, backup, group, snapshot, volume};

/// The sources that a request names; it may name one.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A snapshot.
    pub snapshot_id: Option<SnapshotId>,
    /// Another volume.
    pub source_volid: Option<VolumeId>,
    /// An image, by identifier, name or URL.
    pub image_ref: Option<String>,
    /// Whether an image may stand for a snapshot (from 3.46 on).
    pub follows_images: bool,
    /// A backup.
    pub backup_id: Option<String>,
}

/// The source as admission sees it.
pub(super) struct Origin {
    pub(super) volume: Volume,
    pub(super) snapshot: Option<Snapshot>,
}

impl Sources {
    /// A snapshot alone.
    pub(crate) fn of_snapshot(id: SnapshotId) -> Self {
        Self { snapshot_id: Some(id), ..Self::default() }
    }

    /// Another volume alone.
    pub(crate) fn of_volume(id: VolumeId) -> Self {
        Self { source_volid: Some(id), ..Self::default() }
    }

    /// Finds what is named: everything is looked up before the first of it is refused for another reason.
    pub(super) fn find(
        &self,
        conn: &Conn<'_>,
        who: &Requester,
        group_id: Option<&str>,
    ) -> Result<Found, Refused> {
        let mut snapshot = self.snapshot_id.map(|id| of_snapshot(conn, who, id)).transpose()?;
        let volume = self.source_volid.map(|id| of_volume(conn, who, id)).transpose()?;
        let group = group_id.map(|id| group::named(conn, who, id)).transpose()?;
        let mut image = self.image_ref.as_deref().map(|named| image::find(conn, who, named)).transpose()?;
        let boot_snapshot = image.as_ref().filter(|_| self.follows_images).and_then(image::boot_snapshot);
        if let Some(id) = boot_snapshot {
            snapshot = Some(of_boot_snapshot(conn, who, &id)?);
            image = None;
        }
        let backup = self.backup_id.as_deref().map(|id| of_backup(conn, who, id)).transpose()?;
        Ok(Found { snapshot, volume, image, group, backup })
    }
}

/// Everything that was found; more than one is one too many.
pub(super) struct Found {
    snapshot: Option<Origin>,
    volume: Option<Origin>,
    image: Option<Image>,
    /// The group that it shall be in.
    pub(super) group: Option<Group>,
    backup: Option<Backup>,
}

/// The one source, if there is one.
pub(super) struct Source {
    pub(super) origin: Option<Origin>,
    pub(super) image: Option<Image>,
    pub(super) backup: Option<Backup>,
}

impl Found {
    /// Any of it, to check the volume type against.
    pub(super) fn first(&self) -> Option<&Origin> {
        self.volume.as_ref().or(self.snapshot.as_ref())
    }

    /// The one source, in a state in which it can be copied.
    pub(super) fn into_source(self) -> Result<Source, Refused> {
        let named =
            [self.snapshot.is_some(), self.volume.is_some(), self.image.is_some(), self.backup.is_some()];
        if named.iter().filter(|named| **named).count() > 1 {
            let why = "May specify only one of backup, imageRef, snapshot, source volume";
            return Err(Refusal::InvalidInput(why.to_owned()).into());
        }
        let origin = self.snapshot.or(self.volume);
        if let Some(origin) = &origin {
            origin.check_status()?;
        }
        if self.backup.as_ref().is_some_and(|backup| backup.status != BackupStatus::Available) {
            let why = "Originating backup status must be one of 'available' values";
            return Err(Refusal::InvalidBackup(why.to_owned()).into());
        }
        Ok(Source { origin, image: self.image, backup: self.backup })
    }
}

impl Origin {
    pub(super) fn size_gib(&self) -> u64 {
        self.snapshot.as_ref().map_or(self.volume.size_gib, |snapshot| snapshot.size_gib)
    }

    /// What the volume will remember of an image.
    pub(super) fn image_metadata(&self) -> Metadata {
        match &self.snapshot {
            Some(snapshot) if self.volume.bootable => snapshot.image_metadata.clone(),
            Some(_) => Metadata::default(),
            None => self.volume.remembered_image(),
        }
    }

    pub(super) fn source_id(&self) -> SourceId {
        match &self.snapshot {
            Some(snapshot) => SourceId::Snapshot(snapshot.id),
            None => SourceId::Volume(self.volume.id),
        }
    }

    fn check_status(&self) -> Result<(), Refused> {
        match &self.snapshot {
            Some(snapshot) if snapshot.status != SnapshotStatus::Available => {
                let why = "Originating snapshot status must be one of 'available' values";
                Err(Refusal::InvalidSnapshot(why.to_owned()).into())
            }
            None if !status::CLONEABLE.contains(&self.volume.status) => {
                let why = "Originating source volume status must be one of 'available, in-use' values";
                Err(Refusal::InvalidVolume(why.to_owned()).into())
            }
            _ => Ok(()),
        }
    }
}

fn of_snapshot(conn: &Conn<'_>, who: &Requester, id: SnapshotId) -> Result<Origin, Refused> {
    let snapshot = snapshot::find(conn, who, id)?;
    let volume = store::volumes::get(conn, snapshot.volume_id)?;
    let volume = volume.ok_or_else(|| Refusal::not_found(Noun::Volume, snapshot.volume_id))?;
    Ok(Origin { volume, snapshot: Some(snapshot) })
}

/// The snapshot that an image stands for.
fn of_boot_snapshot(conn: &Conn<'_>, who: &Requester, id: &str) -> Result<Origin, Refused> {
    let found = id
        .parse()
        .map_or_else(|_| Err(Refusal::not_found(Noun::Snapshot, id).into()), |id| of_snapshot(conn, who, id));
    found.map_err(|refused| match refused {
        Refused::Refusal(Refusal::NotFound { .. }) => {
            let why = format!("Nova specific image is found, but boot volume snapshot id:{id} not found.");
            Refusal::Absent(why).into()
        }
        other => other,
    })
}

fn of_backup(conn: &Conn<'_>, who: &Requester, id: &str) -> Result<Backup, Refused> {
    let id = id.parse().map_err(|_| Refusal::not_found(Noun::Backup, id))?;
    backup::find(conn, who, id)
}

fn of_volume(conn: &Conn<'_>, who: &Requester, id: VolumeId) -> Result<Origin, Refused> {
    Ok(Origin { volume: volume::find(conn, who, id)?, snapshot: None })
}
