//! Attachment rows, and what volumes are because of them.

use model::attachment::derive_status;
use model::{
    AttachMode, AttachStatus, Attachment, AttachmentId, ConnectionInfo, Connector, MigrationStatus, VolumeId,
    VolumeStatus,
};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params, volumes};

pub(crate) const COLUMNS: &str = "attachments.id, attachments.volume_id, attachments.project_id, \
     attachments.instance_uuid, attachments.attached_host, attachments.mountpoint, attachments.status, \
     attachments.mode, attachments.connector, attachments.connection_info, attachments.created_at, \
     attachments.updated_at, attachments.attached_at";

/// The statuses of a volume that its attachments decide on. In any other an operation is under way, which asks for
/// [`resting_status`] when it ends, or something is wrong.
pub const DERIVED: &[VolumeStatus] = &[
    VolumeStatus::Available,
    VolumeStatus::InUse,
    VolumeStatus::Attaching,
    VolumeStatus::Detaching,
    VolumeStatus::Reserved,
];

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        id: columns.take()?,
        volume_id: columns.take()?,
        project_id: columns.take()?,
        instance_uuid: columns.take()?,
        attached_host: columns.take()?,
        mountpoint: columns.take()?,
        status: columns.take()?,
        mode: columns.take()?,
        connector: columns.take()?,
        connection_info: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
        attached_at: columns.take()?,
    })
}

/// Inserts an attachment.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, new: &Attachment) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO attachments (id, volume_id, project_id, instance_uuid, attached_host, mountpoint, status, mode, \
         connector, connection_info, created_at, updated_at, attached_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            new.id,
            new.volume_id,
            &new.project_id,
            &new.instance_uuid,
            &new.attached_host,
            &new.mountpoint,
            new.status,
            new.mode,
            new.connector.as_ref().map(Connector::to_json),
            new.connection_info.as_ref().map(ConnectionInfo::to_json),
            new.created_at,
            new.updated_at,
            new.attached_at
        ],
    )?;
    Ok(())
}

/// One attachment.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM attachments WHERE id = ?"), params![id], read)
}

/// The attachments of a volume, oldest first.
///
/// # Errors
/// The store's own.
pub fn of_volume(conn: &Conn<'_>, volume: VolumeId) -> Result<Vec<Attachment>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM attachments WHERE volume_id = ? ORDER BY seq");
    conn.rows(&sql, params![volume], read)
}

/// Removes an attachment. Removing what is gone is a success.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: AttachmentId) -> Result<(), StoreError> {
    conn.run("DELETE FROM attachments WHERE id = ?", params![id])?;
    Ok(())
}

/// Removes the attachments of a volume.
///
/// # Errors
/// The store's own.
pub fn remove_of(conn: &Conn<'_>, volume: VolumeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM attachments WHERE volume_id = ?", params![volume])?;
    Ok(())
}

/// What may change of a row. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// How far it is.
    pub status: Option<AttachStatus>,
    /// How it is attached.
    pub mode: Option<AttachMode>,
    /// The host of the server.
    pub attached_host: Option<Option<String>>,
    /// Where the server has it.
    pub mountpoint: Option<Option<String>>,
    /// The host that connects.
    pub connector: Option<Option<Connector>>,
    /// How the host gets at the volume.
    pub connection_info: Option<Option<ConnectionInfo>>,
    /// Whether it is attached from now on.
    pub attached_now: bool,
}

/// Changes a row.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: AttachmentId, edit: &Edit) -> Result<(), StoreError> {
    let connector = edit.connector.as_ref().map(|it| it.as_ref().map(Connector::to_json));
    let connection_info = edit.connection_info.as_ref().map(|it| it.as_ref().map(ConnectionInfo::to_json));
    let mut changes = Changes::new();
    changes.set_opt("status", edit.status);
    changes.set_opt("mode", edit.mode);
    changes.set_opt("attached_host", edit.attached_host.as_ref());
    changes.set_opt("mountpoint", edit.mountpoint.as_ref());
    changes.set_opt("connector", connector);
    changes.set_opt("connection_info", connection_info);
    changes.set_opt("attached_at", edit.attached_now.then(|| conn.now()));
    changes.set("updated_at", conn.now());
    changes.run(conn, "attachments", "id", id)
}

/// Where an operation that ends leaves a volume that is used or not: `available`, `in-use`, or whatever else its
/// attachments say.
///
/// # Errors
/// The store's own.
pub fn resting_status(conn: &Conn<'_>, volume: VolumeId) -> Result<VolumeStatus, StoreError> {
    Ok(derived(conn, volume)?.0)
}

/// Gives a volume the statuses that its attachments say. The status itself stays while an operation is under way, or
/// while a migration that has not ended hides that it is detached.
///
/// # Errors
/// The store's own.
pub fn settle(conn: &Conn<'_>, id: VolumeId) -> Result<(), StoreError> {
    let Some(volume) = volumes::get(conn, id)? else { return Ok(()) };
    let (status, attach_status) = derived(conn, id)?;
    let ended =
        |status| matches!(status, MigrationStatus::Success | MigrationStatus::Error | MigrationStatus::None);
    let is_hidden = attach_status == AttachStatus::Detached && !volume.migration_status.is_none_or(ended);
    let follows = DERIVED.contains(&volume.status) && !is_hidden;
    let edit = volumes::Edit {
        status: follows.then_some(status),
        attach_status: Some(attach_status),
        ..volumes::Edit::default()
    };
    volumes::edit(conn, id, &edit)
}

fn derived(conn: &Conn<'_>, volume: VolumeId) -> Result<(VolumeStatus, AttachStatus), StoreError> {
    let sql = "SELECT status FROM attachments WHERE volume_id = ?";
    let statuses = conn.rows(sql, params![volume], |columns| columns.take::<AttachStatus>())?;
    Ok(derive_status(statuses))
}
