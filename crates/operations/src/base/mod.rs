//! Bases: the contents of images, kept on backends to make volumes from in constant time.
//!
//! The row of a base is unique for its backend and image, so however many volumes are asked for at once, one operation
//! brings the content there, and whoever else needs it waits for that row. What stands on a base names it in its own
//! row; a base that something stands on, or that an operation reads, is never removed.

pub mod cache;
pub(crate) mod fill;
pub(crate) mod remove;
pub(crate) mod want;

use model::{Base, BaseId, BaseStatus, Generation, GenerationStatus};
use ports::volume::BaseRef;
use ports::volume::bases::location_on;
use store::operations::{self, NewOperation};
use store::{Conn, StoreError};

use crate::cause::Cause;
use crate::volume_queue;

/// What an operation waits for that needs the base of a generation.
pub(crate) const COMING: &str = "the generation to be brought to the backend";

/// The key of a base in the ledger.
#[must_use]
pub fn key(id: BaseId) -> String {
    format!("base/{id}")
}

/// The base of a key.
pub(crate) fn of_key(key: &str) -> Option<BaseId> {
    key.strip_prefix("base/")?.parse().ok()
}

/// What a driver needs to know of a base.
pub(crate) fn driver_ref(base: &Base) -> BaseRef {
    BaseRef { id: base.id, size_gib: base.size_gib, pool: base.pool.clone(), parent: base.parent_id }
}

/// The base of a running operation.
pub(crate) async fn load(store: &store::Store, key: &str) -> Result<Option<Base>, StoreError> {
    let Some(id) = of_key(key) else { return Ok(None) };
    store.read(move |conn| store::bases::get(conn, id)).await
}

/// Whether a base has to stay: something stands on it, or an operation reads it or works on it.
pub(crate) fn is_needed(conn: &Conn<'_>, base: &Base) -> Result<bool, StoreError> {
    let key = key(base.id);
    Ok(store::bases::is_stood_on(conn, base.id, &location_on(base.id))?
        || operations::is_read(conn, &key)?
        || operations::is_pending(conn, &key)?
        || is_only_copy(conn, base)?)
}

/// Whether nothing but this base has the content of a generation that somebody may still want.
fn is_only_copy(conn: &Conn<'_>, base: &Base) -> Result<bool, StoreError> {
    let generation = store::templates::generations::saved_as(conn, base.image_id)?;
    let is_home = |generation: &Generation| generation.backend.as_ref() == Some(&base.backend);
    let is_whole = |generation: &Generation| generation.status != GenerationStatus::Error;
    Ok(generation.is_some_and(|it| !it.exported && is_home(&it) && is_whole(&it)))
}

/// An operation of `kind` on `base`, which begins with `phase`.
fn operation(cause: &Cause, kind: &'static str, base: &Base, phase: &'static str) -> NewOperation {
    cause.operation(kind, key(base.id), volume_queue(&base.backend), phase)
}

/// Admits the removal of a base that nothing needs.
pub(crate) fn retire(conn: &Conn<'_>, cause: &Cause, base: &Base) -> Result<(), StoreError> {
    store::bases::set_status(conn, base.id, BaseStatus::Removing, None)?;
    operations::admit(conn, &operation(cause, remove::KIND, base, remove::REMOVE)).map(drop)
}
