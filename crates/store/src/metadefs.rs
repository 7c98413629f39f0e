//! Definitions of metadata.

use model::Timestamp;
use model::metadef::{Association, Namespace, Part, PartKind};

use crate::engine::{Changes, Columns};
use crate::{Conn, StoreError, params};

const NAMESPACE_COLUMNS: &str =
    "id, namespace, display_name, description, visibility, protected, owner, created_at, updated_at";

fn read_namespace(columns: &mut Columns<'_>) -> Result<Namespace, StoreError> {
    Ok(Namespace {
        id: columns.take()?,
        namespace: columns.take()?,
        display_name: columns.take()?,
        description: columns.take()?,
        visibility: columns.take()?,
        protected: columns.take()?,
        owner: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a namespace; its number is the database's to give.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one of its name.
pub fn insert_namespace(conn: &Conn<'_>, new: &Namespace) -> Result<(), StoreError> {
    conn.run(
        "INSERT INTO metadef_namespaces (namespace, display_name, description, visibility, protected, owner, created_at, \
         updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        params![
            &new.namespace,
            &new.display_name,
            &new.description,
            new.visibility,
            new.protected,
            &new.owner,
            new.created_at,
            new.updated_at
        ],
    )?;
    Ok(())
}

/// One namespace by its name.
///
/// # Errors
/// The store's own.
pub fn namespace(conn: &Conn<'_>, name: &str) -> Result<Option<Namespace>, StoreError> {
    let sql = format!("SELECT {NAMESPACE_COLUMNS} FROM metadef_namespaces WHERE namespace = ?");
    conn.row(&sql, params![name], read_namespace)
}

/// All namespaces that `owner` sees, oldest first; without an owner, all of them.
///
/// # Errors
/// The store's own.
pub fn namespaces(conn: &Conn<'_>, owner: Option<&str>) -> Result<Vec<Namespace>, StoreError> {
    let (seen, values) = match owner {
        None => ("1 = 1", Vec::new()),
        Some(owner) => ("(visibility = 'public' OR owner = ?)", vec![owner.into()]),
    };
    let sql =
        format!("SELECT {NAMESPACE_COLUMNS} FROM metadef_namespaces WHERE {seen} ORDER BY created_at, id");
    conn.rows(&sql, &values, read_namespace)
}

/// Changes everything of a namespace but its number and its making.
///
/// # Errors
/// [`StoreError::Duplicate`] when another has its new name.
pub fn update_namespace(conn: &Conn<'_>, new: &Namespace) -> Result<(), StoreError> {
    let mut changes = Changes::new();
    changes.set("namespace", &new.namespace);
    changes.set("display_name", &new.display_name);
    changes.set("description", &new.description);
    changes.set("visibility", new.visibility);
    changes.set("protected", new.protected);
    changes.set("owner", &new.owner);
    changes.set("updated_at", conn.now());
    changes.run(conn, "metadef_namespaces", "id", new.id)
}

/// Removes a namespace with all its parts.
///
/// # Errors
/// The store's own.
pub fn remove_namespace(conn: &Conn<'_>, id: i64) -> Result<(), StoreError> {
    for kind in [PartKind::Property, PartKind::Object, PartKind::Tag] {
        remove_parts(conn, id, kind)?;
    }
    conn.run("DELETE FROM metadef_associations WHERE namespace_id = ?", params![id])?;
    conn.run("DELETE FROM metadef_namespaces WHERE id = ?", params![id])?;
    Ok(())
}

const fn table(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Property => "metadef_properties",
        PartKind::Object => "metadef_objects",
        PartKind::Tag => "metadef_tags",
    }
}

const PART_COLUMNS: &str = "name, definition, created_at, updated_at";

fn read_part(columns: &mut Columns<'_>) -> Result<Part, StoreError> {
    Ok(Part {
        name: columns.take()?,
        definition: columns.take()?,
        created_at: columns.take()?,
        updated_at: columns.take()?,
    })
}

/// Inserts a part of a namespace.
///
/// # Errors
/// [`StoreError::Duplicate`] when there is one of its name.
pub fn insert_part(conn: &Conn<'_>, namespace: i64, kind: PartKind, part: &Part) -> Result<(), StoreError> {
    let table = table(kind);
    conn.run(
        &format!("INSERT INTO {table} (namespace_id, {PART_COLUMNS}) VALUES (?, ?, ?, ?, ?)"),
        params![namespace, &part.name, &part.definition, part.created_at, part.updated_at],
    )?;
    Ok(())
}

/// The parts of one kind, by name.
///
/// # Errors
/// The store's own.
pub fn parts(conn: &Conn<'_>, namespace: i64, kind: PartKind) -> Result<Vec<Part>, StoreError> {
    let table = table(kind);
    let sql = format!("SELECT {PART_COLUMNS} FROM {table} WHERE namespace_id = ? ORDER BY name");
    conn.rows(&sql, params![namespace], read_part)
}

/// One part.
///
/// # Errors
/// The store's own.
pub fn part(conn: &Conn<'_>, namespace: i64, kind: PartKind, name: &str) -> Result<Option<Part>, StoreError> {
    let table = table(kind);
    let sql = format!("SELECT {PART_COLUMNS} FROM {table} WHERE namespace_id = ? AND name = ?");
    conn.row(&sql, params![namespace, name], read_part)
}

/// Renames and redefines a part. False when there is none of its old name.
///
/// # Errors
/// [`StoreError::Duplicate`] when another has its new name.
pub fn update_part(
    conn: &Conn<'_>,
    namespace: i64,
    kind: PartKind,
    old_name: &str,
    name: &str,
    definition: &str,
) -> Result<bool, StoreError> {
    let table = table(kind);
    let sql = format!(
        "UPDATE {table} SET name = ?, definition = ?, updated_at = ? WHERE namespace_id = ? AND name = ?"
    );
    Ok(conn.run(&sql, params![name, definition, conn.now(), namespace, old_name])? == 1)
}

/// Removes a part. False when there is none.
///
/// # Errors
/// The store's own.
pub fn remove_part(conn: &Conn<'_>, namespace: i64, kind: PartKind, name: &str) -> Result<bool, StoreError> {
    let table = table(kind);
    let sql = format!("DELETE FROM {table} WHERE namespace_id = ? AND name = ?");
    Ok(conn.run(&sql, params![namespace, name])? == 1)
}

/// Removes all parts of a kind.
///
/// # Errors
/// The store's own.
pub fn remove_parts(conn: &Conn<'_>, namespace: i64, kind: PartKind) -> Result<(), StoreError> {
    let table = table(kind);
    conn.run(&format!("DELETE FROM {table} WHERE namespace_id = ?"), params![namespace])?;
    Ok(())
}

/// Every known type of resources: name and times.
///
/// # Errors
/// The store's own.
pub fn resource_types(conn: &Conn<'_>) -> Result<Vec<(String, Timestamp, Timestamp)>, StoreError> {
    let sql = "SELECT name, created_at, updated_at FROM metadef_resource_types ORDER BY name";
    conn.rows(sql, &[], |columns| Ok((columns.take()?, columns.take()?, columns.take()?)))
}

/// Says that a namespace is for a type of resources, which becomes known if it was not.
///
/// # Errors
/// [`StoreError::Duplicate`] when it is already.
pub fn associate(conn: &Conn<'_>, namespace: i64, new: &Association) -> Result<(), StoreError> {
    let known = "SELECT 1 FROM metadef_resource_types WHERE name = ?";
    if !conn.exists(known, params![&new.resource_type])? {
        conn.run(
            "INSERT INTO metadef_resource_types (name, created_at, updated_at) VALUES (?, ?, ?)",
            params![&new.resource_type, new.created_at, new.updated_at],
        )?;
    }
    conn.run(
        "INSERT INTO metadef_associations (namespace_id, resource_type, prefix, properties_target, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
        params![
            namespace,
            &new.resource_type,
            &new.prefix,
            &new.properties_target,
            new.created_at,
            new.updated_at
        ],
    )?;
    Ok(())
}

/// The types of resources that a namespace is for.
///
/// # Errors
/// The store's own.
pub fn associations(conn: &Conn<'_>, namespace: i64) -> Result<Vec<Association>, StoreError> {
    let sql = "SELECT resource_type, prefix, properties_target, created_at, updated_at FROM metadef_associations \
         WHERE namespace_id = ? ORDER BY resource_type";
    conn.rows(sql, params![namespace], |columns| {
        Ok(Association {
            resource_type: columns.take()?,
            prefix: columns.take()?,
            properties_target: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    })
}

/// Ends that a namespace is for a type of resources. False when it was not.
///
/// # Errors
/// The store's own.
pub fn dissociate(conn: &Conn<'_>, namespace: i64, resource_type: &str) -> Result<bool, StoreError> {
    let sql = "DELETE FROM metadef_associations WHERE namespace_id = ? AND resource_type = ?";
    Ok(conn.run(sql, params![namespace, resource_type])? == 1)
}
