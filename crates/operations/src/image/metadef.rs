//! Definitions of metadata: records that touch nothing else.

use std::sync::Arc;

use model::metadef::{Association, Namespace, NamespaceVisibility, Part, PartKind};
use store::metadefs;
use store::{Conn, StoreError};

use super::{Denied, Images};

/// Most parts of a kind in a namespace.
const MAX_PARTS: usize = 1000;
/// Most namespaces of a project.
const MAX_NAMESPACES: usize = 1000;

/// The authority of the request's policy rule, asked about the namespace.
pub type MayDefine = dyn Fn(&Namespace) -> Result<(), Denied> + Send + Sync;

/// Who asks about definitions.
#[derive(Clone)]
pub struct Definer {
    /// The project; none sees everything.
    pub sees_of: Option<String>,
    /// What may be done.
    pub may: Arc<MayDefine>,
}

/// A namespace with everything in it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// Itself.
    pub namespace: Namespace,
    /// What it is for.
    pub associations: Vec<Association>,
    /// Its properties.
    pub properties: Vec<Part>,
    /// Its objects.
    pub objects: Vec<Part>,
    /// Its tags.
    pub tags: Vec<Part>,
}

fn find(conn: &Conn<'_>, who: &Definer, name: &str) -> Result<Namespace, Denied> {
    let missing = || Denied::NotFound(format!("Metadata definition namespace={name} was not found."));
    let found = metadefs::namespace(conn, name)?.ok_or_else(missing)?;
    let seen = found.visibility == NamespaceVisibility::Public
        || who.sees_of.as_ref().is_none_or(|project| *project == found.owner);
    if !seen {
        return Err(missing());
    }
    (who.may)(&found)?;
    Ok(found)
}

fn whole(conn: &Conn<'_>, namespace: Namespace) -> Result<Whole, Denied> {
    let id = namespace.id;
    Ok(Whole {
        associations: metadefs::associations(conn, id)?,
        properties: metadefs::parts(conn, id, PartKind::Property)?,
        objects: metadefs::parts(conn, id, PartKind::Object)?,
        tags: metadefs::parts(conn, id, PartKind::Tag)?,
        namespace,
    })
}

/// Runs `job` with the namespace `name`, in a transaction.
///
/// # Errors
/// There is no such namespace, or those of `job`.
pub async fn change<T: Send + 'static>(
    images: &Images,
    who: Definer,
    name: String,
    job: impl FnOnce(&Conn<'_>, Namespace) -> Result<T, Denied> + Clone + Send + 'static,
) -> Result<T, Denied> {
    let written = images.desk.store.write(move |conn| job(conn, find(conn, &who, &name)?));
    written.await
}

/// Runs `job` with the namespace `name`, reading only.
///
/// # Errors
/// There is no such namespace, or those of `job`.
pub async fn look<T: Send + 'static>(
    images: &Images,
    who: Definer,
    name: String,
    job: impl FnOnce(&Conn<'_>, Namespace) -> Result<T, Denied> + Send + 'static,
) -> Result<T, Denied> {
    let read = images.desk.store.read(move |conn| job(conn, find(conn, &who, &name)?));
    read.await
}

/// A namespace with everything in it.
///
/// # Errors
/// There is none.
pub async fn show(images: &Images, who: Definer, name: String) -> Result<Whole, Denied> {
    look(images, who, name, whole).await
}

/// The namespaces that the caller sees, with what they are for.
///
/// # Errors
/// The store's own.
pub async fn list(images: &Images, who: Definer) -> Result<Vec<(Namespace, Vec<Association>)>, Denied> {
    let read = images.desk.store.read(move |conn| {
        let found = metadefs::namespaces(conn, who.sees_of.as_deref())?;
        let with = |one: Namespace| Ok((one.clone(), metadefs::associations(conn, one.id)?));
        found.into_iter().map(with).collect()
    });
    read.await
}

/// Makes a namespace with everything in it.
///
/// # Errors
/// There is one of its name.
pub async fn create(images: &Images, new: Whole) -> Result<Whole, Denied> {
    let written = images.desk.store.write(move |conn| {
        let name = new.namespace.namespace.clone();
        let taken = || Denied::Conflict(format!("The metadata definition namespace={name} already exists."));
        if metadefs::namespaces(conn, Some(&new.namespace.owner))?.len() >= MAX_NAMESPACES {
            return Err(Denied::TooLarge(format!("There are {MAX_NAMESPACES} namespaces already.")));
        }
        let now = conn.now();
        let namespace = Namespace { created_at: now, updated_at: now, ..new.namespace.clone() };
        match metadefs::insert_namespace(conn, &namespace) {
            Err(StoreError::Duplicate(_)) => return Err(taken()),
            done => done?,
        }
        let made = metadefs::namespace(conn, &name)?.ok_or_else(taken)?;
        for association in &new.associations {
            associate(conn, made.id, association.clone())?;
        }
        let kinds = [
            (PartKind::Property, &new.properties),
            (PartKind::Object, &new.objects),
            (PartKind::Tag, &new.tags),
        ];
        for (kind, parts) in kinds {
            for part in parts {
                add_part(conn, &made, kind, part.clone())?;
            }
        }
        whole(conn, made)
    });
    written.await
}

/// Changes a namespace.
///
/// # Errors
/// There is none, or another has its new name.
pub fn update(conn: &Conn<'_>, new: &Namespace) -> Result<Namespace, Denied> {
    match metadefs::update_namespace(conn, new) {
        Err(StoreError::Duplicate(_)) => {
            let name = &new.namespace;
            return Err(Denied::Conflict(format!(
                "The metadata definition namespace={name} already exists."
            )));
        }
        done => done?,
    }
    metadefs::namespace(conn, &new.namespace)?.ok_or_else(|| {
        Denied::NotFound(format!("Metadata definition namespace={} was not found.", new.namespace))
    })
}

/// Removes a namespace.
///
/// # Errors
/// It is protected.
pub fn remove(conn: &Conn<'_>, namespace: &Namespace) -> Result<(), Denied> {
    if namespace.protected {
        let name = &namespace.namespace;
        return Err(Denied::Forbidden(format!(
            "Metadata definition namespace {name} is protected and cannot be deleted."
        )));
    }
    Ok(metadefs::remove_namespace(conn, namespace.id)?)
}

const fn noun(kind: PartKind) -> &'static str {
    match kind {
        PartKind::Property => "property",
        PartKind::Object => "object",
        PartKind::Tag => "tag",
    }
}

fn no_part(kind: PartKind, name: &str, namespace: &Namespace) -> Denied {
    let (noun, namespace) = (noun(kind), &namespace.namespace);
    Denied::NotFound(format!(
        "The metadata definition {noun} with name={name} was not found in namespace={namespace}."
    ))
}

fn part_exists(kind: PartKind, name: &str, namespace: &Namespace) -> Denied {
    let (noun, namespace) = (noun(kind), &namespace.namespace);
    Denied::Conflict(format!(
        "A metadata definition {noun} with name={name} already exists in namespace={namespace}."
    ))
}

/// Adds a part to a namespace.
///
/// # Errors
/// There is one of its name, or there are too many.
pub fn add_part(conn: &Conn<'_>, namespace: &Namespace, kind: PartKind, new: Part) -> Result<Part, Denied> {
    if metadefs::parts(conn, namespace.id, kind)?.len() >= MAX_PARTS {
        return Err(Denied::TooLarge(format!("A namespace has at most {MAX_PARTS} of each kind.")));
    }
    let now = conn.now();
    let new = Part { created_at: now, updated_at: now, ..new };
    match metadefs::insert_part(conn, namespace.id, kind, &new) {
        Err(StoreError::Duplicate(_)) => Err(part_exists(kind, &new.name, namespace)),
        done => Ok(done.map(|()| new)?),
    }
}

/// One part.
///
/// # Errors
/// There is none.
pub fn part(conn: &Conn<'_>, namespace: &Namespace, kind: PartKind, name: &str) -> Result<Part, Denied> {
    metadefs::part(conn, namespace.id, kind, name)?.ok_or_else(|| no_part(kind, name, namespace))
}

/// Renames and redefines a part.
///
/// # Errors
/// There is none, or another has its new name.
pub fn update_part(
    conn: &Conn<'_>,
    namespace: &Namespace,
    kind: PartKind,
    old_name: &str,
    new: &Part,
) -> Result<Part, Denied> {
    let changed = metadefs::update_part(conn, namespace.id, kind, old_name, &new.name, &new.definition);
    match changed {
        Err(StoreError::Duplicate(_)) => Err(part_exists(kind, &new.name, namespace)),
        Ok(false) => Err(no_part(kind, old_name, namespace)),
        done => {
            done?;
            part(conn, namespace, kind, &new.name)
        }
    }
}

/// Removes a part.
///
/// # Errors
/// There is none.
pub fn remove_part(conn: &Conn<'_>, namespace: &Namespace, kind: PartKind, name: &str) -> Result<(), Denied> {
    match metadefs::remove_part(conn, namespace.id, kind, name)? {
        true => Ok(()),
        false => Err(no_part(kind, name, namespace)),
    }
}

/// Says that a namespace is for a type of resources.
///
/// # Errors
/// It is already.
pub fn associate(conn: &Conn<'_>, namespace: i64, new: Association) -> Result<Association, Denied> {
    let now = conn.now();
    let new = Association { created_at: now, updated_at: now, ..new };
    match metadefs::associate(conn, namespace, &new) {
        Err(StoreError::Duplicate(_)) => Err(Denied::Conflict(format!(
            "The metadata definition resource-type association of resource-type={} already exists.",
            new.resource_type
        ))),
        done => Ok(done.map(|()| new)?),
    }
}
