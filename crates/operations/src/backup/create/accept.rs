//! Admission of a backup.

use model::{
    Backup, BackupId, BackupStatus, Metadata, Refusal, Snapshot, SnapshotId, SnapshotStatus, Volume,
    VolumeId, VolumeStatus,
};
use ports::backup::ObjectName;
use store::Conn;
use store::operations::{self, NewOperation};

use super::{Args, KIND, NAME};
use crate::backup::{invalid, service};
use crate::quota::Limits;
use crate::volume::edit::check_metadata_size;
use crate::{Desk, Refused, Requester, Settings, backup, backup_queue, snapshot, volume};

/// A request for a backup.
#[derive(Debug, Clone)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// The snapshot of it to back up; none backs up the volume as it is.
    pub snapshot_id: Option<SnapshotId>,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Where in the store; none lets the store choose.
    pub container: Option<String>,
    /// Only what has changed since the newest backup.
    pub incremental: bool,
    /// The backup that an increment builds on instead of the newest.
    pub parent_id: Option<BackupId>,
    /// Even while it is attached.
    pub force: bool,
    /// Pairs.
    pub metadata: Metadata,
    /// The zone of the service that is to keep it; none is the volume's.
    pub availability_zone: Option<String>,
}

/// Accepts a request for a backup. It is `creating`, and what it is of `backing-up`, when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, request: Create) -> Result<Backup, Refused> {
    let who = who.clone();
    let accepted = desk.admit(move |conn, settings| admit(conn, settings, &who, request)).await?;
    desk.hints.give(&backup_queue(&accepted.host));
    Ok(accepted)
}

/// Admits it, in the transaction of `conn`.
///
/// # Errors
/// A refusal that says why, and the transaction is to be rolled back; or the store's own failure.
pub(crate) fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    request: Create,
) -> Result<Backup, Refused> {
    let volume = volume::find(conn, who, request.volume_id)?;
    let snapshot = request.snapshot_id.map(|id| snapshot::find(conn, who, id)).transpose()?;
    check(conn, &volume, snapshot.as_ref(), request.force)?;
    check_metadata_size(&request.metadata)?;
    check_container(request.container.as_deref())?;
    let size_gib = snapshot.as_ref().map_or(volume.size_gib, |snapshot| snapshot.size_gib);
    Limits::read(conn, &who.project_id)?.check_one_more_backup(conn, settings, &who.project_id, size_gib)?;
    let parent = match request.incremental {
        true => Some(parent(conn, who, &volume, snapshot.as_ref(), request.parent_id)?),
        false => None,
    };
    let zone = request.availability_zone.as_deref().unwrap_or(&volume.availability_zone);
    let service = service::choose(conn, settings, zone, Some(&volume))?;
    let now = conn.now();
    let row = Backup {
        id: BackupId::random(),
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        volume_id: volume.id,
        snapshot_id: snapshot.as_ref().map(|snapshot| snapshot.id),
        parent_id: parent.as_ref().map(|parent| parent.id),
        name: request.name,
        description: request.description,
        size_gib,
        status: BackupStatus::Creating,
        fail_reason: None,
        availability_zone: service.availability_zone,
        host: service.host,
        container: request.container.filter(|container| !container.is_empty()),
        service: None,
        service_metadata: None,
        object_count: 0,
        data_timestamp: snapshot.as_ref().map_or(now, |snapshot| snapshot.created_at),
        temp_snapshot_id: None,
        restore_volume_id: None,
        encryption_key_id: volume.encryption_key_id,
        metadata: request.metadata,
        dependents: 0,
        created_at: now,
        updated_at: None,
    };
    begin(conn, &volume, snapshot.as_ref())?;
    store::backups::insert(conn, &row)?;
    operations::admit(conn, &operation(who, &row, &volume, snapshot.as_ref()))?;
    Ok(row)
}

fn check(conn: &Conn<'_>, volume: &Volume, snapshot: Option<&Snapshot>, force: bool) -> Result<(), Refused> {
    let refused = |why: String| Err(Refusal::InvalidVolume(why).into());
    if let Some(snapshot) = snapshot {
        let (of, id) = (snapshot.volume_id, volume.id);
        if of != id {
            return refused(format!("Volume {id} does not match with snapshot.volume_id {of}."));
        }
        if snapshot.status != SnapshotStatus::Available {
            let now = snapshot.status;
            let why =
                format!("Snapshot to be backed up must be available, but the current status is \"{now}\".");
            return Err(Refusal::InvalidSnapshot(why).into());
        }
        return Ok(());
    }
    match volume.status {
        VolumeStatus::Available => volume::check_not_held(conn, volume),
        VolumeStatus::InUse if force => volume::check_not_held(conn, volume),
        VolumeStatus::InUse => refused("Backing up an in-use volume must use the force flag.".to_owned()),
        now => refused(format!(
            "Volume to be backed up must be available or in-use, but the current status is \"{now}\"."
        )),
    }
}

fn check_container(container: Option<&str>) -> Result<(), Refused> {
    match container.filter(|container| !container.is_empty()) {
        Some(odd) if !ObjectName::is_container(odd) => {
            Err(Refusal::InvalidInput(format!("{odd:?} cannot be the name of a container.")).into())
        }
        _ => Ok(()),
    }
}

/// The backup that an increment builds on: the newest that is available, and older than the snapshot that is backed up,
/// or `wanted` if that is.
fn parent(
    conn: &Conn<'_>,
    who: &Requester,
    volume: &Volume,
    snapshot: Option<&Snapshot>,
    wanted: Option<BackupId>,
) -> Result<Backup, Refused> {
    let is_wanted = |backup: &Backup| wanted.is_none_or(|id| id == backup.id);
    let older = |backup: &Backup| snapshot.is_none_or(|it| backup.data_timestamp < it.created_at);
    let backups = store::backups::of_volume(conn, volume.id, &who.project_id)?;
    let newest =
        backups.into_iter().find(|it| it.status == BackupStatus::Available && is_wanted(it) && older(it));
    match newest {
        Some(newest) => Ok(newest),
        None => invalid("No backups available to do an incremental backup."),
    }
}

fn begin(conn: &Conn<'_>, volume: &Volume, snapshot: Option<&Snapshot>) -> Result<(), Refused> {
    let Some(snapshot) = snapshot else {
        return Ok(store::volumes::begin_interim(conn, volume.id, VolumeStatus::BackingUp)?);
    };
    let from = [SnapshotStatus::Available];
    store::snapshots::set_status_from(conn, snapshot.id, &from, SnapshotStatus::BackingUp)?;
    Ok(())
}

fn operation(who: &Requester, row: &Backup, volume: &Volume, snapshot: Option<&Snapshot>) -> NewOperation {
    let before = snapshot.is_none().then_some(volume.status);
    let source = snapshot.map_or_else(|| volume::key(volume.id), |snapshot| snapshot::key(snapshot.id));
    let mut reads = vec![source];
    reads.extend(row.parent_id.map(backup::key));
    NewOperation {
        args: Args { before, failure: None }.to_json(),
        reads,
        ..who.operation(KIND, backup::key(row.id), backup_queue(&row.host), NAME)
    }
}
