//! Rows of templates and of the desktops that were made from them.

use model::{Desktop, ProjectId, Template, TemplateId, VolumeId};

use crate::engine::Columns;
use crate::{Conn, StoreError, params};

pub mod generations;

const COLUMNS: &str = "id, project_id, user_id, name, description, volume_id, iso_volume_id, disk_generation, current_generation, \
     created_at, updated_at";

fn read(columns: &mut Columns<'_>) -> Result<Template, StoreError> {
    Ok(Template {
        id: columns.take()?,
        project_id: columns.take()?,
        user_id: columns.take()?,
        name: columns.take()?,
        description: columns.take()?,
        volume_id: columns.take()?,
        iso_volume_id: columns.take()?,
        disk_generation: columns.take()?,
        current: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a template.
///
/// # Errors
/// The store's own.
pub fn insert(conn: &Conn<'_>, template: &Template) -> Result<(), StoreError> {
    conn.run(
        &format!("INSERT INTO templates ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
        params![
            template.id,
            &template.project_id,
            &template.user_id,
            &template.name,
            &template.description,
            template.volume_id,
            template.iso_volume_id,
            template.disk_generation,
            template.current,
            template.created_at,
            template.updated_at
        ],
    )?;
    Ok(())
}

/// One template.
///
/// # Errors
/// The store's own.
pub fn get(conn: &Conn<'_>, id: TemplateId) -> Result<Option<Template>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM templates WHERE id = ?"), params![id], read)
}

/// The template whose disk a volume is.
///
/// # Errors
/// The store's own.
pub fn of_disk(conn: &Conn<'_>, volume: VolumeId) -> Result<Option<Template>, StoreError> {
    conn.row(&format!("SELECT {COLUMNS} FROM templates WHERE volume_id = ?"), params![volume], read)
}

/// The templates of a project, or of all, the oldest first.
///
/// # Errors
/// The store's own.
pub fn list(conn: &Conn<'_>, project: Option<&ProjectId>) -> Result<Vec<Template>, StoreError> {
    match project {
        Some(project) => {
            let sql = format!("SELECT {COLUMNS} FROM templates WHERE project_id = ? ORDER BY created_at, id");
            conn.rows(&sql, params![project], read)
        }
        None => {
            conn.rows(&format!("SELECT {COLUMNS} FROM templates ORDER BY created_at, id"), params![], read)
        }
    }
}

/// Sets which generation new desktops get. What was saved before this, also what is still being saved, does not change
/// it any more.
///
/// # Errors
/// The store's own.
pub fn set_current(conn: &Conn<'_>, id: TemplateId, number: u64) -> Result<(), StoreError> {
    let sql = "UPDATE templates SET current_generation = ?, updated_at = ?, decided_up_to = \
         (SELECT COALESCE(MAX(number), 0) FROM generations WHERE template_id = ?) WHERE id = ?";
    conn.run(sql, params![number, conn.now(), id, id])?;
    Ok(())
}

/// Notes that a generation can be used: new desktops get it, unless a later one came before it or [`set_current`] was
/// asked for since it was saved.
///
/// # Errors
/// The store's own.
pub fn offer(conn: &Conn<'_>, id: TemplateId, number: u64) -> Result<(), StoreError> {
    let sql = "UPDATE templates SET current_generation = ?, decided_up_to = ?, updated_at = ? \
         WHERE id = ? AND decided_up_to < ?";
    conn.run(sql, params![number, number, conn.now(), id, number])?;
    Ok(())
}

/// Notes which generation the disk stands on.
///
/// # Errors
/// The store's own.
pub fn set_disk_generation(conn: &Conn<'_>, id: TemplateId, number: Option<u64>) -> Result<(), StoreError> {
    let sql = "UPDATE templates SET disk_generation = ?, updated_at = ? WHERE id = ?";
    conn.run(sql, params![number, conn.now(), id])?;
    Ok(())
}

/// Removes a template; its generations are removed one by one.
///
/// # Errors
/// The store's own.
pub fn remove(conn: &Conn<'_>, id: TemplateId) -> Result<(), StoreError> {
    conn.run("DELETE FROM templates WHERE id = ?", params![id])?;
    Ok(())
}

fn read_desktop(columns: &mut Columns<'_>) -> Result<Desktop, StoreError> {
    Ok(Desktop {
        volume_id: columns.take()?,
        template_id: columns.take()?,
        generation: columns.take()?,
        target: columns.take()?,
    })
}

/// Inserts a desktop.
///
/// # Errors
/// The store's own.
pub fn insert_desktop(conn: &Conn<'_>, desktop: &Desktop) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO desktops (volume_id, template_id, generation, target) VALUES (?, ?, ?, ?)",
        params![desktop.volume_id, desktop.template_id, desktop.generation, desktop.target],
    )?;
    Ok(())
}

/// The desktop that a volume is.
///
/// # Errors
/// The store's own.
pub fn desktop(conn: &Conn<'_>, volume: VolumeId) -> Result<Option<Desktop>, StoreError> {
    let sql = "SELECT volume_id, template_id, generation, target FROM desktops WHERE volume_id = ?";
    conn.row(sql, params![volume], read_desktop)
}

/// The desktops of a template whose volumes are still there.
///
/// # Errors
/// The store's own.
pub fn desktops(conn: &Conn<'_>, template: TemplateId) -> Result<Vec<Desktop>, StoreError> {
    let sql = "SELECT volume_id, template_id, generation, target FROM desktops WHERE template_id = ? \
         AND volume_id IN (SELECT id FROM volumes) ORDER BY volume_id";
    conn.rows(sql, params![template], read_desktop)
}

/// Sets what a desktop stands on, and that nothing else is wanted of it.
///
/// # Errors
/// The store's own.
pub fn set_desktop_generation(conn: &Conn<'_>, volume: VolumeId, number: u64) -> Result<(), StoreError> {
    let sql = "UPDATE desktops SET generation = ?, target = NULL WHERE volume_id = ?";
    conn.run(sql, params![number, volume])?;
    Ok(())
}

/// Sets what a desktop gets at its next reset or start.
///
/// # Errors
/// The store's own.
pub fn set_desktop_target(conn: &Conn<'_>, volume: VolumeId, target: u64) -> Result<(), StoreError> {
    conn.run("UPDATE desktops SET target = ? WHERE volume_id = ?", params![target, volume])?;
    Ok(())
}

/// Forgets desktops whose volumes are gone.
///
/// # Errors
/// The store's own.
pub fn forget_desktops(conn: &Conn<'_>, template: TemplateId) -> Result<(), StoreError> {
    let sql = "DELETE FROM desktops WHERE template_id = ? AND volume_id NOT IN (SELECT id FROM volumes)";
    conn.run(sql, params![template])?;
    Ok(())
}
