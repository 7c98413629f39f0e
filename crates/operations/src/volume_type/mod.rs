//! What can be done to volume types. They are rows and nothing else: all of it is done when the request returns.

pub mod access;
pub mod create;
pub mod delete;
pub mod extra_specs;
pub mod update;

use model::refusal::Noun;
use model::{Refusal, VolumeType, VolumeTypeId};
use store::{Conn, StoreError};

use crate::{Refused, Requester, Settings};

/// Checks the request's rule. A type belongs to no project, so the rule is asked about the caller.
fn check_may(who: &Requester) -> Result<(), Refused> {
    Ok((who.may)(&who.project_id, &who.user_id)?)
}

/// The type that a request is about: there and visible.
fn find(conn: &Conn<'_>, who: &Requester, id: VolumeTypeId) -> Result<VolumeType, Refused> {
    let found = store::volume_types::get(conn, id)?;
    let visible = found.filter(|found| who.is_admin || found.is_visible_to(&who.project_id));
    visible.ok_or_else(|| Refusal::not_found(Noun::VolumeType, id).into())
}

/// The type that a volume gets when its request names none.
///
/// # Errors
/// Not found when the configuration names a type that is not there; or the store's own.
pub fn default_type(conn: &Conn<'_>, settings: &Settings) -> Result<VolumeType, Refused> {
    let found = store::volume_types::by_name(conn, &settings.default_volume_type)?;
    found.ok_or_else(|| Refusal::not_found(Noun::VolumeTypeByName, &settings.default_volume_type).into())
}

/// The refusal of a name that another type has.
fn taken(name: &str) -> impl FnOnce(StoreError) -> Refused {
    let why = format!("Volume Type {name} already exists.");
    move |error| match error {
        StoreError::Duplicate(_) => Refusal::Conflict(why).into(),
        other => other.into(),
    }
}
