//! QoS specs, and the volume types that are associated with them.

use model::qos::{QosConsumer, QosSpecs};
use model::{Metadata, QosSpecsId, VolumeTypeId};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

pub(crate) const COLUMNS: &str = "id, name, consumer, specs, created_at, updated_at";

pub(crate) fn read(columns: &mut Columns<'_>) -> Result<QosSpecs, StoreError> {
    Ok(QosSpecs {
        id: columns.take()?,
        name: columns.take()?,
        consumer: columns.take()?,
        specs: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts QoS specs.
///
/// # Errors
/// [`StoreError::Duplicate`] when the name is taken.
pub fn insert(conn: &Conn<'_>, new: &QosSpecs) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO qos_specs ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"),
        params![new.id, &new.name, new.consumer, new.specs.to_json(), new.created_at, new.updated_at],
    )?;
    Ok(())
}

/// QoS specs by their identifier.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: QosSpecsId) -> Result<Option<QosSpecs>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM qos_specs WHERE id = ?"), params![id], read)
}

/// The QoS specs of a volume type.
///
/// # Errors
/// The store's own.
pub fn of_type(conn: &Conn<'_>, volume_type: VolumeTypeId) -> Result<Option<QosSpecs>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM qos_specs WHERE id = (SELECT qos_specs_id FROM volume_types WHERE id = ?)"
    );
    conn.row(&sql, params![volume_type], read)
}

/// What may be changed. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// Who enforces them.
    pub consumer: Option<QosConsumer>,
    /// All of them.
    pub specs: Option<Metadata>,
}

/// Changes QoS specs.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, id: QosSpecsId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("consumer", edit.consumer);
    changes.set_opt("specs", edit.specs.as_ref().map(Metadata::to_json));
    changes.set("updated_at", conn.now());
    changes.run(conn, "qos_specs", "id", id)
}

/// Removes QoS specs that no volume type is associated with.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: QosSpecsId) -> Result<(), StoreError> {
    conn.run("DELETE FROM qos_specs WHERE id = ?", params![id])?;
    Ok(())
}

/// Identifiers and names of the volume types that are associated with QoS specs, oldest first.
///
/// # Errors
/// The store's own.
pub fn types(conn: &Conn<'_>, id: QosSpecsId) -> Result<Vec<(VolumeTypeId, String)>, StoreError> {
    let sql = "SELECT id, name FROM volume_types WHERE qos_specs_id = ? ORDER BY created_at, id";
    conn.rows(sql, params![id], |columns| Ok((columns.take()?, columns.take()?)))
}

/// Associates a volume type with QoS specs, instead of those that it had.
///
/// # Errors
/// The store's own.
pub fn associate(conn: &Conn<'_>, id: QosSpecsId, volume_type: VolumeTypeId) -> Result<(), StoreError> {
    let sql = "UPDATE volume_types SET qos_specs_id = ?, updated_at = ? WHERE id = ?";
    conn.run(sql, params![id, conn.now(), volume_type]).map(|_| ())
}

/// Ends the association of a volume type with QoS specs; of every one when none is named.
///
/// # Errors
/// The store's own.
pub fn disassociate(
    conn: &Conn<'_>,
    id: QosSpecsId,
    volume_type: Option<VolumeTypeId>,
) -> Result<(), StoreError> {
    let sql = "UPDATE volume_types SET qos_specs_id = NULL, updated_at = ? WHERE qos_specs_id = ?";
    match volume_type {
        None => conn.run(sql, params![conn.now(), id]),
        Some(one) => conn.run(&format!("{sql} AND id = ?"), params![conn.now(), id, one]),
    }
    .map(|_| ())
}
