//! Admission of a new volume: everything that can be known at once is checked here, in one transaction.

use model::quota::Counted;
use model::service::ReplicationStatus;
use model::{AttachStatus, Backup, Group, GroupId, Image, KeyId, Volume, VolumeId, VolumeStatus, VolumeType};
use store::Conn;
use store::operations::{self, NewOperation};

use super::origin::{Origin, Source, Sources};
use super::request::Create;
use super::{Args, KIND, PLACE, SourceId, choose, image};
use crate::image::disk::ImageSource;
use crate::quota::{Ask, Limits, gib};
use crate::volume::edit::check_metadata_size;
use crate::{Desk, Refused, Requester, SCHEDULER_QUEUE, Settings, backup, snapshot, volume};

/// Accepts a request for a volume. The volume is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<(Volume, VolumeType), Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(SCHEDULER_QUEUE);
    Ok(accepted)
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
) -> Result<(Volume, VolumeType), Refused> {
    let new = decide(conn, settings, who, &request, None)?;
    insert(conn, settings, who, &request, new)
}

/// Admits the creation of a volume as part of something larger.
pub(crate) fn admit_volume(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: &Create,
) -> Result<Volume, Refused> {
    let new = decide(conn, settings, who, request, None)?;
    Ok(insert(conn, settings, who, request, new)?.0)
}

/// Admits the creation of a copy of one source for `group`, which is itself being made from sources: its type is that
/// of the source, whatever types the group takes.
pub(crate) fn admit_copy(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    group: &Group,
    sources: Sources,
) -> Result<Volume, Refused> {
    let request = Create { sources, ..Create::default() };
    let new = decide(conn, settings, who, &request, Some(group))?;
    Ok(insert(conn, settings, who, &request, new)?.0)
}

/// Admits the creation of a volume to which `backup` is to be restored.
pub(crate) fn admit_restored(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    backup: &Backup,
    name: String,
) -> Result<Volume, Refused> {
    let request = Create {
        name: Some(name),
        description: Some(RESTORED.to_owned()),
        sources: Sources { backup_id: Some(backup.id.to_string()), ..Sources::default() },
        ..Create::default()
    };
    let mut new = decide(conn, settings, who, &request, None)?;
    new.restoring = true;
    Ok(insert(conn, settings, who, &request, new)?.0)
}

fn insert(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: &Create,
    new: Decided,
) -> Result<(Volume, VolumeType), Refused> {
    check_quota(conn, settings, who, &new)?;
    let row = row(conn, settings, who, request, &new);
    store::volumes::insert(conn, &row)?;
    let mut operation = operation(who, request, &new, &row);
    if let Some(backup) = &new.backup {
        operation.reads = backup::filling::begin(conn, settings, backup, row.id)?;
    }
    operations::admit(conn, &operation)?;
    Ok((row, new.volume_type))
}

/// What was decided about a new volume.
struct Decided {
    volume_type: VolumeType,
    origin: Option<Origin>,
    image: Option<Image>,
    /// The key of the image, when it was made of an encrypted volume.
    image_key: Option<KeyId>,
    size_gib: u64,
    /// The zone that it has to go to; none lets it go to any.
    zone: Option<String>,
    /// The group that it will be in.
    group: Option<GroupId>,
    replication: Option<ReplicationStatus>,
    backup: Option<Backup>,
    restoring: bool,
    /// Whether it is to stand on its image.
    on_base: bool,
}

/// The description of a volume that is made for a restore.
const RESTORED: &str = "auto-created_from_restore_from_backup";

/// `copied_for` is the group that the volume is copied for; another one may be named by the request.
fn decide(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: &Create,
    copied_for: Option<&Group>,
) -> Result<Decided, Refused> {
    let named = choose::named_type(conn, who, request.volume_type.as_deref())?;
    let mut found = request.sources.find(conn, who, request.group_id.as_deref())?;
    let joined = found.group.take();
    (who.may)(&who.project_id, &who.user_id)?;
    check_metadata_size(&request.metadata)?;
    if let Some(group) = &joined {
        choose::check_group_takes(group, named.as_ref())?;
    }
    if let (Some(named), Some(origin)) = (&named, found.first()) {
        choose::check_compatible(conn, named, origin)?;
    }
    let Source { origin, image, backup } = found.into_source()?;
    let asked_by_image = image.as_ref().map(|image| image::volume_type(conn, who, image)).transpose()?;
    let volume_type = match named.or(asked_by_image.flatten()) {
        Some(named) => named,
        None => choose::implied_type(conn, settings, who, origin.as_ref())?,
    };
    let size_gib = choose::size_gib(request.size_gib, origin.as_ref(), backup.as_ref())?;
    let mut image_key = None;
    if let Some(image) = &image {
        image::check_fits(image, size_gib)?;
        image_key = image::key_of(conn, image)?;
        image::check_encryptable(conn, image, image_key, size_gib, &volume_type)?;
    }
    choose::check_type_limits(size_gib, &volume_type)?;
    choose::check_encryption(conn, &volume_type)?;
    let group = joined.as_ref().or(copied_for);
    let asked = group.map(|group| &group.availability_zone).or(request.availability_zone.as_ref());
    let zone = choose::zone(conn, settings, asked, origin.as_ref(), &volume_type)?;
    if let Some(refusal) = request.no_multiattach.as_ref().filter(|_| volume_type.is_multiattach()) {
        return Err(refusal.clone().into());
    }
    let replication = choose::replication(conn, &volume_type, group)?;
    let group = group.map(|group| group.id);
    // A generation of a template is nowhere but in bases.
    let saved =
        image.as_ref().map(|image| store::templates::generations::saved_as(conn, image.id)).transpose()?;
    let saved = saved.flatten();
    if let Some(generation) = &saved {
        image::check_stands(conn, generation, &volume_type)?;
    }
    let on_base = request.on_base || saved.is_some();
    let restoring = false;
    Ok(Decided {
        volume_type,
        origin,
        image,
        image_key,
        size_gib,
        zone,
        group,
        replication,
        backup,
        restoring,
        on_base,
    })
}

fn check_quota(conn: &Conn<'_>, settings: &Settings, who: &Requester, new: &Decided) -> Result<(), Refused> {
    let limits = Limits::read(conn, &who.project_id)?;
    limits.check_size(settings, new.size_gib)?;
    let asks = [
        Ask { counted: Counted::Gigabytes, amount: gib(new.size_gib) },
        Ask { counted: Counted::Volumes, amount: 1 },
    ];
    limits.check(conn, settings, &who.project_id, &new.volume_type, &asks)
}

fn row(conn: &Conn<'_>, settings: &Settings, who: &Requester, request: &Create, new: &Decided) -> Volume {
    let origin = new.origin.as_ref();
    let zone = new.zone.as_ref().unwrap_or(&settings.default_zone);
    Volume {
        id: VolumeId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        name: request.name.clone(),
        description: request.description.clone(),
        size_gib: new.size_gib,
        charged_gib: new.size_gib,
        consumes_quota: true,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: new.volume_type.id,
        availability_zone: zone.clone(),
        host: None,
        bootable: origin.is_some_and(|origin| origin.volume.bootable),
        multiattach: new.volume_type.is_multiattach(),
        readonly: None,
        snapshot_id: origin.and_then(|origin| origin.snapshot.as_ref()).map(|snapshot| snapshot.id),
        source_volid: origin.filter(|origin| origin.snapshot.is_none()).map(|origin| origin.volume.id),
        backup_id: new.backup.as_ref().map(|backup| backup.id),
        group_id: new.group,
        encryption_key_id: None,
        replication_status: new.replication.map(|status| status.to_string()),
        provider_location: None,
        provider_id: None,
        metadata: request.metadata.clone(),
        image_metadata: match &new.image {
            Some(image) => image::remembered(image),
            None => origin.map(Origin::image_metadata).unwrap_or_default(),
        },
        created_at: conn.now(),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

fn operation(who: &Requester, request: &Create, new: &Decided, row: &Volume) -> NewOperation {
    let origin = new.origin.as_ref();
    let of_backup = || new.backup.as_ref().map(|backup| SourceId::Backup(backup.id));
    let source = origin.map(Origin::source_id).or_else(of_backup);
    let args = Args {
        zone: new.zone.clone(),
        type_zones: new.volume_type.availability_zones().unwrap_or_default(),
        source,
        restoring: new.restoring,
        gave_up_filling: false,
        image: new.image.as_ref().map(|image| ImageSource::of(image, new.image_key)),
        base: None,
        on_base: new.on_base,
        keeper: None,
        is_uncached: false,
        pinned_to: origin.and_then(|origin| volume::backend(&origin.volume)).map(str::to_owned),
        hints: request.hints.clone(),
        instance_host: None,
        tried: Vec::new(),
        failure: None,
        refused_at: None,
    };
    let reads = match source {
        Some(SourceId::Snapshot(id)) => vec![snapshot::key(id)],
        Some(SourceId::Volume(id)) => vec![volume::key(id)],
        Some(SourceId::Backup(_)) | None => {
            new.image.iter().map(|image| crate::image::key(image.id)).collect()
        }
    };
    NewOperation {
        args: args.to_json(),
        reads,
        ..who.operation(KIND, volume::key(row.id), SCHEDULER_QUEUE.to_owned(), PLACE)
    }
}
