//! Taking over a backup that another installation has made, by its record; and giving away the record of one of ours.
//!
//! ```text
//! accept ──▶ look ──▶ available
//!              │ it is not in the store
//!              └──▶ error
//! ```

use ::backup::Depth;
use ::backup::record::{self, Record};
use ledger::{Next, Progress, Step};
use model::message::Action;
use model::{Backup, BackupId, BackupStatus, Refusal, Timestamp, VolumeId};
use ports::DriverError;
use ports::backup::ObjectName;
use store::backups::Edit;
use store::operations::{self, OperationRow};
use store::{Conn, StoreError};

use super::{invalid, keeper, service};
use crate::failure::{GIVEN_UP, unknown_phase, vanished};
use crate::messages::{self, About, Detail};
use crate::quota::Limits;
use crate::{Desk, Refused, Requester, Settings, Tools, backup, backup_queue, failure};

pub(crate) const KIND: &str = "backup.import";

/// Looking whether it is in the store.
const LOOK: &str = "look";

/// The record of a backup, and the class of the store that it lies in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The class, as Cinder names it.
    pub service: String,
    /// The record.
    pub record: String,
}

/// The record of a backup.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub async fn export(desk: &Desk, who: &Requester, id: BackupId) -> Result<Exported, Refused> {
    let who = who.clone();
    let found = desk.store.read(move |conn| backup::find(conn, &who, id)).await?;
    if found.status != BackupStatus::Available {
        return invalid(format!("Backup status must be available and not {}.", found.status));
    }
    let service = found.service.clone().unwrap_or_default();
    Ok(Exported { service, record: record::encode(&found) })
}

/// Accepts that a backup is to be taken over. It is `creating` when this returns.
///
/// # Errors
/// A refusal that says why, and nothing has changed; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, exported: Exported) -> Result<Backup, Refused> {
    let record =
        record::decode(&exported.record).map_err(|error| Refusal::InvalidInput(error.to_string()))?;
    check_names(&record)?;
    let who = who.clone();
    let accepted =
        desk.admit(move |conn, settings| admit(conn, settings, &who, exported.service, record)).await?;
    desk.hints.give(&backup_queue(&accepted.host));
    Ok(accepted)
}

/// The names of the objects must be those of a backup: deleting the last row that has them removes what lies there.
fn check_names(record: &Record) -> Result<(), Refusal> {
    let unusable = |what| Err(Refusal::InvalidInput(record::BadRecord::Unusable(what).to_string()));
    if !ObjectName::is_container(&record.container) {
        return unusable("container");
    }
    if !keeper::is_name(&record.container, &record.service_metadata) {
        return unusable("service_metadata");
    }
    Ok(())
}

fn admit(
    conn: &Conn<'_>,
    settings: &Settings,
    who: &Requester,
    class: String,
    record: Record,
) -> Result<Backup, Refused> {
    (who.may)(&who.project_id, &who.user_id)?;
    if store::backups::get(conn, record.id)?.is_some() {
        return invalid("Backup already exists in database.");
    }
    let size_gib = record.size_gib;
    Limits::read(conn, &who.project_id)?.check_one_more_backup(conn, settings, &who.project_id, size_gib)?;
    let service = service::choose_any(conn, settings)?;
    let row = row(conn.now(), who, class, record, service);
    let unsettled = |it: &Backup| matches!(it.status, BackupStatus::Creating | BackupStatus::Deleting);
    if store::backups::at_same_place(conn, &row)?.iter().any(unsettled) {
        return invalid("A backup with the same objects is being made or deleted.");
    }
    store::backups::insert(conn, &row)?;
    operations::admit(conn, &who.operation(KIND, backup::key(row.id), backup_queue(&row.host), LOOK))?;
    Ok(row)
}

fn row(
    now: Timestamp,
    who: &Requester,
    class: String,
    record: Record,
    service: model::service::Service,
) -> Backup {
    let volume_id = record.volume_id.and_then(|id| id.parse().ok());
    Backup {
        id: record.id,
        project_id: who.project_id.clone(),
        user_id: who.user_id.clone(),
        volume_id: volume_id.unwrap_or(VolumeId::from_uuid(Default::default())),
        snapshot_id: record.snapshot_id,
        parent_id: record.parent_id,
        name: record.name,
        description: record.description,
        size_gib: record.size_gib,
        status: BackupStatus::Creating,
        fail_reason: None,
        availability_zone: service.availability_zone,
        host: service.host,
        container: Some(record.container),
        service: Some(class),
        service_metadata: Some(record.service_metadata),
        object_count: record.object_count,
        data_timestamp: record.data_timestamp.unwrap_or(now),
        temp_snapshot_id: None,
        restore_volume_id: None,
        encryption_key_id: record.encryption_key_id,
        metadata: record.metadata,
        dependents: 0,
        created_at: now,
        updated_at: None,
    }
}

pub(crate) async fn step(tools: &Tools, operation: &OperationRow, progress: &Progress) -> Step {
    if operation.phase != LOOK {
        return unknown_phase(operation);
    }
    let found = match backup::load(&tools.store, &operation.resource).await {
        Ok(Some(found)) => found,
        Ok(None) => return vanished(),
        Err(error) => return failure::store_failed(&error),
    };
    if operation.abandoned {
        return failed(operation, found.id, GIVEN_UP.to_owned());
    }
    let (Some(keeper), Some(layer)) = (tools.keeper.clone(), keeper::layer(&found)) else {
        return failed(operation, found.id, "this process keeps no backups".to_owned());
    };
    if !keeper.knows(found.service.as_deref()) {
        let theirs = found.service.clone().unwrap_or_default();
        let why = format!("it lies in a store of {theirs}, and this one is {}", keeper.service());
        return failed(operation, found.id, why);
    }
    let id = found.id;
    let looked = tools.effects.work(&operation.resource, progress, move |work| {
        keeper.engine.verify(&layer, Depth::Shallow, work).map_err(DriverError::from)
    });
    match looked.await {
        Ok(object_count) => Step::done(move |conn| {
            let edit = Edit { object_count: Some(object_count), ..Edit::default() };
            store::backups::edit(conn, id, &edit)?;
            store::backups::set_status_from(conn, id, &[BackupStatus::Creating], BackupStatus::Available)?;
            Ok(())
        }),
        Err(error) => failure::again(operation, &tools.settings, &error)
            .unwrap_or_else(|why| failed(operation, id, why)),
    }
}

fn failed(operation: &OperationRow, id: BackupId, why: String) -> Step {
    let (operation, told) = (operation.clone(), why.clone());
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| fail(conn, &operation, id, told)),
    }
}

/// The row stays, so that whoever took it over sees why; deleting it removes what there is under its names.
fn fail(conn: &Conn<'_>, operation: &OperationRow, id: BackupId, why: String) -> Result<(), StoreError> {
    let reason: String = why.chars().take(model::limits::MAX_NAME_CHARS).collect();
    let edit = Edit { fail_reason: Some(Some(reason)), ..Edit::default() };
    store::backups::edit(conn, id, &edit)?;
    store::backups::set_status_from(conn, id, &[BackupStatus::Creating], BackupStatus::Error)?;
    messages::write(conn, operation, About::Backup, Action::BackupCreate, &Detail::Backend(why))
}
