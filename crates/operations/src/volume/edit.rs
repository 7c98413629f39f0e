//! Changes of a volume's row that touch no storage: done when the request returns.

use model::limits::MAX_METADATA_PAIRS;
use model::{AttachStatus, Metadata, MigrationStatus, Refusal, Volume, VolumeId, VolumeStatus, VolumeType};
use store::volumes::Edit;
use store::{Conn, StoreError};

use crate::notice::{self, Subject};
use crate::{Desk, Refused, Requester, volume};

/// How pairs are merged into what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// New pairs are added, others stay.
    Add,
    /// Only the new pairs stay.
    Replace,
}

impl Merge {
    /// What is there, and what comes to it.
    ///
    /// # Errors
    /// There would be more than [`MAX_METADATA_PAIRS`].
    pub fn apply(self, old: Metadata, new: Metadata) -> Result<Metadata, Refusal> {
        let merged = match self {
            Self::Replace => new,
            Self::Add => old.0.into_iter().chain(new.0).collect(),
        };
        check_metadata_size(&merged)?;
        Ok(merged)
    }
}

/// Refuses more pairs than a resource may have.
pub(crate) fn check_metadata_size(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.0.len() <= MAX_METADATA_PAIRS {
        return Ok(());
    }
    Err(Refusal::InvalidInput(format!("Metadata can have at most {MAX_METADATA_PAIRS} pairs.")))
}

/// A volume with its type, as answers show it.
pub type Shown = (Volume, Option<VolumeType>);

/// Changes name, description or metadata.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn update(desk: &Desk, who: &Requester, id: VolumeId, edit: Edit) -> Result<Shown, Refused> {
    change(desk, who, id, move |volume| {
        if let Some(metadata) = &edit.metadata {
            check_metadata_size(metadata)?;
        }
        if volume.status == VolumeStatus::Maintenance {
            let why = "The volume cannot be updated during maintenance.";
            return Err(Refusal::InvalidVolume(why.to_owned()).into());
        }
        Ok(edit)
    })
    .await
}

/// Sets pairs of metadata if those that are there are as `expected` (the condition of `If-Match`); answers with all of
/// them, or none when they are not.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn set_metadata(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    new: Metadata,
    merge: Merge,
    expected: impl FnOnce(&Metadata) -> bool + Clone + Send + 'static,
) -> Result<Option<Metadata>, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        let volume = volume::find(conn, &who, id)?;
        if !expected(&volume.metadata) {
            return Ok(None);
        }
        check_metadata_may_change(&volume, "Updating")?;
        let metadata = merge.apply(volume.metadata, new)?;
        let edit = Edit { metadata: Some(metadata), ..Edit::default() };
        store::volumes::edit(conn, id, &edit)?;
        Ok(edit.metadata)
    })
    .await
}

/// Removes one pair; the refusal `missing` when there is none.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn remove_metadata(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    key: String,
    missing: Refusal,
) -> Result<(), Refused> {
    let changed = change(desk, who, id, move |volume| {
        let mut metadata = volume.metadata.clone();
        metadata.0.remove(&key).ok_or(missing)?;
        check_metadata_may_change(volume, "Deleting")?;
        Ok(Edit { metadata: Some(metadata), ..Edit::default() })
    });
    changed.await.map(|_| ())
}

/// Sets facts about the image that a volume was made from; answers with all of them.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn set_image_metadata(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    new: Metadata,
) -> Result<Metadata, Refused> {
    let changed = change(desk, who, id, move |volume| {
        check_metadata_may_change(volume, "Updating")?;
        let merged = Merge::Add.apply(volume.image_metadata.clone(), new)?;
        Ok(Edit { image_metadata: Some(merged), ..Edit::default() })
    });
    Ok(changed.await?.0.image_metadata)
}

/// Removes one fact about the image; the refusal `missing` when there is none.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn remove_image_metadata(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    key: String,
    missing: Refusal,
) -> Result<(), Refused> {
    let changed = change(desk, who, id, move |volume| {
        let mut metadata = volume.image_metadata.clone();
        metadata.0.remove(&key).ok_or(missing)?;
        check_metadata_may_change(volume, "Deleting")?;
        Ok(Edit { image_metadata: Some(metadata), ..Edit::default() })
    });
    changed.await.map(|_| ())
}

/// Says whether a machine can boot from it.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn set_bootable(desk: &Desk, who: &Requester, id: VolumeId, bootable: bool) -> Result<(), Refused> {
    update(desk, who, id, Edit { bootable: Some(bootable), ..Edit::default() }).await.map(|_| ())
}

/// Says whether it may only be attached for reading.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn set_readonly(desk: &Desk, who: &Requester, id: VolumeId, readonly: bool) -> Result<(), Refused> {
    let changed = change(desk, who, id, move |volume| {
        if volume.status != VolumeStatus::Available {
            let now = volume.status;
            let why = format!(
                "Volume {id} status must be available to update readonly flag, but current status is: {now}."
            );
            return Err(Refusal::InvalidVolume(why).into());
        }
        Ok(Edit { readonly: Some(readonly), ..Edit::default() })
    });
    changed.await.map(|_| ())
}

/// Statuses that are known as words to reset to, and refused all the same.
const NOT_BY_HAND: [VolumeStatus; 3] =
    [VolumeStatus::Deleting, VolumeStatus::ErrorDeleting, VolumeStatus::Detaching];

/// What an administrator sets by hand. None leaves a field as it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Reset {
    /// What it is doing.
    pub status: Option<VolumeStatus>,
    /// Whether it is attached.
    pub attach_status: Option<AttachStatus>,
    /// How far a migration is.
    pub migration_status: Option<MigrationStatus>,
}

/// Sets statuses by hand.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn reset_status(desk: &Desk, who: &Requester, id: VolumeId, reset: Reset) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| reset_in(conn, &who, id, reset)).await
}

fn reset_in(conn: &Conn<'_>, who: &Requester, id: VolumeId, reset: Reset) -> Result<(), Refused> {
    let volume = volume::find(conn, who, id)?;
    if let Some(status) = reset.status.filter(|status| NOT_BY_HAND.contains(status)) {
        return Err(Refusal::BadRequest(format!("Cannot reset-state to {status}")).into());
    }
    if reset.status == Some(VolumeStatus::InUse) && store::attachments::of_volume(conn, id)?.is_empty() {
        let why = "Cannot reset-state to in-use because volume does not have any attachments.";
        return Err(Refusal::BadRequest(why.to_owned()).into());
    }
    let none_is_null = |status: MigrationStatus| (status != MigrationStatus::None).then_some(status);
    let edit = Edit {
        status: reset.status,
        attach_status: reset.attach_status,
        migration_status: reset.migration_status.map(none_is_null),
        ..Edit::default()
    };
    store::volumes::edit(conn, id, &edit)?;
    if reset.status.is_some_and(|status| status != VolumeStatus::Extending) {
        volume::extend::give_up(conn, &volume)?;
    }
    if reset.attach_status == Some(AttachStatus::Detached) {
        // The hosts are not asked: whoever says so knows that they are gone.
        store::attachments::remove_of(conn, id)?;
        store::guests::remove_all(conn, id)?;
        if reset.status.is_none() {
            store::attachments::settle(conn, id)?;
        }
    }
    Ok(())
}

fn check_metadata_may_change(volume: &Volume, doing: &str) -> Result<(), Refused> {
    if matches!(volume.status, VolumeStatus::Maintenance | VolumeStatus::Uploading) {
        let why = format!("{doing} volume metadata is not allowed for volumes in {} status.", volume.status);
        return Err(Refusal::InvalidVolume(why).into());
    }
    Ok(())
}

/// Changes the row as `decide` says and answers with it as it is afterwards.
async fn change(
    desk: &Desk,
    who: &Requester,
    id: VolumeId,
    decide: impl FnOnce(&Volume) -> Result<Edit, Refused> + Clone + Send + 'static,
) -> Result<Shown, Refused> {
    let who = who.clone();
    desk.admit(move |conn, settings| {
        let edit = decide(&volume::find(conn, &who, id)?)?;
        let tell = |what| notice::tell(conn, settings, &who, &Subject::Volume(id), what);
        tell("update.start")?;
        store::volumes::edit(conn, id, &edit)?;
        tell("update.end")?;
        let changed = volume::find(conn, &who, id)?;
        let volume_type = type_of(conn, &changed)?;
        Ok((changed, volume_type))
    })
    .await
}

fn type_of(conn: &Conn<'_>, volume: &Volume) -> Result<Option<VolumeType>, StoreError> {
    store::volume_types::get(conn, volume.volume_type_id)
}
