//! What can be done to volume types. They are rows and nothing else: all of it is done when the request returns.

pub mod access;
pub mod create;
pub mod delete;
pub mod encryption;
pub mod extra_specs;
pub mod project_default;
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
    let visible = found.filter(|found| is_visible(who, found));
    visible.ok_or_else(|| Refusal::not_found(Noun::VolumeType, id).into())
}

fn is_visible(who: &Requester, volume_type: &VolumeType) -> bool {
    who.is_admin || volume_type.is_visible_to(&who.project_id)
}

/// The type that a request names by its identifier or by its name, which may look like an identifier.
///
/// # Errors
/// Not found, also when it is there and not visible; or the store's own.
pub(crate) fn named(conn: &Conn<'_>, who: &Requester, asked: &str) -> Result<VolumeType, Refused> {
    let by_id = asked.parse::<VolumeTypeId>().ok();
    if let Some(id) = by_id
        && let Some(found) = store::volume_types::get(conn, id)?.filter(|found| is_visible(who, found))
    {
        return Ok(found);
    }
    let noun = if by_id.is_some() { Noun::VolumeType } else { Noun::VolumeTypeByName };
    let found = store::volume_types::by_name(conn, asked)?.filter(|found| is_visible(who, found));
    found.ok_or_else(|| Refusal::not_found(noun, asked).into())
}

/// The type that a volume of the caller's project gets when its request names none: the project's own default, or else
/// the one that the configuration names.
///
/// # Errors
/// Not found when that type is not there, or not visible to the caller; or the store's own.
pub fn default_type(conn: &Conn<'_>, settings: &Settings, who: &Requester) -> Result<VolumeType, Refused> {
    if let Some(id) = store::default_types::get(conn, &who.project_id)? {
        return find(conn, who, id);
    }
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
