//! How the volumes of a type are encrypted.

use std::collections::HashSet;

use model::VolumeTypeId;
use model::encryption::{ControlLocation, Encryption};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "id, provider, cipher, key_size_bits, control_location, created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<Encryption, StoreError> {
    Ok(Encryption {
        id: columns.take()?,
        provider: columns.take()?,
        cipher: columns.take()?,
        key_size_bits: columns.take()?,
        control_location: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Encrypts the volumes of a type from now on.
///
/// # Errors
/// [`StoreError::Duplicate`] when they are already.
pub fn insert(conn: &Conn<'_>, volume_type: VolumeTypeId, new: &Encryption) -> Result<(), StoreError> {
    conn.run(
        &format!(
            "INSERT INTO volume_type_encryptions (volume_type_id, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        ),
        params![
            volume_type,
            new.id,
            &new.provider,
            &new.cipher,
            new.key_size_bits,
            new.control_location,
            new.created_at,
            new.updated_at
        ],
    )?;
    Ok(())
}

/// How the volumes of a type are encrypted; none when they are not.
///
/// # Errors
/// The store's own.
pub fn of_type(conn: &Conn<'_>, volume_type: VolumeTypeId) -> Result<Option<Encryption>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM volume_type_encryptions WHERE volume_type_id = ?");
    conn.row(&sql, params![volume_type], read)
}

/// The types whose volumes are encrypted.
///
/// # Errors
/// The store's own.
pub fn types(conn: &Conn<'_>) -> Result<HashSet<VolumeTypeId>, StoreError> {
    let mut found = HashSet::new();
    conn.each("SELECT volume_type_id FROM volume_type_encryptions", &[], |columns| {
        found.insert(columns.take()?);
        Ok(())
    })?;
    Ok(found)
}

/// What may be changed. None leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct Edit {
    /// The format.
    pub provider: Option<String>,
    /// Algorithm and mode.
    pub cipher: Option<Option<String>>,
    /// Size of the key, in bits.
    pub key_size_bits: Option<Option<u64>>,
    /// Who encrypts.
    pub control_location: Option<ControlLocation>,
}

/// Changes how the volumes of a type are encrypted.
///
/// # Errors
/// The store's own.
pub fn edit(conn: &Conn<'_>, volume_type: VolumeTypeId, edit: &Edit) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set_opt("provider", edit.provider.as_ref());
    changes.set_opt("cipher", edit.cipher.as_ref());
    changes.set_opt("key_size_bits", edit.key_size_bits);
    changes.set_opt("control_location", edit.control_location);
    changes.set("updated_at", conn.now());
    changes.run(conn, "volume_type_encryptions", "volume_type_id", volume_type)
}

/// Encrypts the volumes of a type no longer.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, volume_type: VolumeTypeId) -> Result<(), StoreError> {
    conn.run("DELETE FROM volume_type_encryptions WHERE volume_type_id = ?", params![volume_type])?;
    Ok(())
}
