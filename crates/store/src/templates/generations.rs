//! Rows of the generations of templates.

use model::{Generation, GenerationStatus, ImageId, TemplateId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

const COLUMNS: &str = "template_id, number, image_id, parent, status, failure, size_gib, changed_bytes, sha256, backend, \
     exported, note, created_at";

fn read(columns: &mut Columns<'_>) -> Result<Generation, StoreError> {
    Ok(Generation {
        template_id: columns.take()?,
        number: columns.take()?,
        image_id: columns.take()?,
        parent: columns.take()?,
        status: columns.take()?,
        failure: columns.take()?,
        size_gib: columns.take()?,
        changed_bytes: columns.take()?,
        sha256: columns.take()?,
        backend: columns.take()?,
        exported: columns.take()?,
        note: columns.take()?,
        created_at: columns.take()?,
    })
}

/// Inserts a generation.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, generation: &Generation) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO generations ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            generation.template_id,
            generation.number,
            generation.image_id,
            generation.parent,
            generation.status,
            &generation.failure,
            generation.size_gib,
            generation.changed_bytes,
            &generation.sha256,
            &generation.backend,
            generation.exported,
            &generation.note,
            generation.created_at
        ],
    )?;
    Ok(())
}

/// One generation.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, template: TemplateId, number: u64) -> Result<Option<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generations WHERE template_id = ? AND number = ?");
    conn.row(&sql, params![template, number], read)
}

/// The generations of a template, the first one first.
///
/// # Errors
/// The store's own.
pub fn of_template(conn: &Conn<'_>, template: TemplateId) -> Result<Vec<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generations WHERE template_id = ? ORDER BY number");
    conn.rows(&sql, params![template], read)
}

/// The generation that was saved as an image; none for an image that templates were made from.
///
/// # Errors
/// The store's own.
pub fn saved_as(conn: &Conn<'_>, image: ImageId) -> Result<Option<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generations WHERE image_id = ? AND backend IS NOT NULL");
    conn.row(&sql, params![image], read)
}

/// A generation that is, or was saved as, an image.
///
/// # Errors
/// The store's own.
pub fn using(conn: &Conn<'_>, image: ImageId) -> Result<Option<Generation>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM generations WHERE image_id = ? ORDER BY number LIMIT 1");
    conn.row(&sql, params![image], read)
}

/// Another template's generation that is the same image: that template was made from it.
///
/// # Errors
/// The store's own.
pub fn elsewhere(
    conn: &Conn<'_>,
    template: TemplateId,
    image: ImageId,
) -> Result<Option<Generation>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM generations WHERE image_id = ? AND template_id <> ? ORDER BY created_at LIMIT 1"
    );
    conn.row(&sql, params![image, template], read)
}

/// Notes that a generation was saved: what it differs in, and its hash.
///
/// # Errors
/// The store's own.
pub fn set_saved(
    conn: &Conn<'_>,
    image: ImageId,
    changed_bytes: u64,
    sha256: &str,
) -> Result<(), StoreError> {
    let sql = "UPDATE generations SET status = ?, changed_bytes = ?, sha256 = ? \
         WHERE image_id = ? AND backend IS NOT NULL";
    conn.run(sql, params![GenerationStatus::Available, changed_bytes, sha256, image])?;
    Ok(())
}

/// Sets how far a generation is, and why it failed.
///
/// # Errors
/// The store's own.
pub fn set_status(
    conn: &Conn<'_>,
    template: TemplateId,
    number: u64,
    status: GenerationStatus,
    failure: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE generations SET status = ?, failure = ? WHERE template_id = ? AND number = ?";
    conn.run(sql, params![status, failure, template, number])?;
    Ok(())
}

/// Notes why the data of a generation are not in the image store; none forgets it.
///
/// # Errors
/// The store's own.
pub fn set_failure(conn: &Conn<'_>, image: ImageId, failure: Option<&str>) -> Result<(), StoreError> {
    let sql = "UPDATE generations SET failure = ? WHERE image_id = ? AND backend IS NOT NULL";
    conn.run(sql, params![failure, image])?;
    Ok(())
}

/// Notes that the data of a generation are in the image store.
///
/// # Errors
/// The store's own.
pub fn set_exported(conn: &Conn<'_>, image: ImageId) -> Result<(), StoreError> {
    conn.run("UPDATE generations SET exported = 1 WHERE image_id = ?", params![image])?;
    Ok(())
}

/// Removes a generation.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, template: TemplateId, number: u64) -> Result<(), StoreError> {
    conn.run("DELETE FROM generations WHERE template_id = ? AND number = ?", params![template, number])?;
    Ok(())
}
