//! What can be done to group types. They are rows and nothing else: all of it is done when the request returns.

pub mod create;
pub mod delete;
pub mod specs;
pub mod update;

use model::refusal::Noun;
use model::{GroupType, GroupTypeId, Refusal};
use store::{Conn, StoreError};

use crate::{Refused, Requester, Settings};

/// Checks the request's rule. A type belongs to no project, so the rule is asked about the caller.
fn check_may(who: &Requester) -> Result<(), Refused> {
    Ok((who.may)(&who.project_id, &who.user_id)?)
}

/// The type that a request is about: there, and visible. Those that are not public are for administrators.
///
/// # Errors
/// Not found; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: GroupTypeId) -> Result<GroupType, Refused> {
    let found = store::group_types::get(conn, id)?.filter(|found| is_visible(who, found));
    found.ok_or_else(|| Refusal::not_found(Noun::GroupType, id).into())
}

fn is_visible(who: &Requester, group_type: &GroupType) -> bool {
    who.is_admin || group_type.is_public
}

/// The type that a request names by its identifier or by its name, which may look like an identifier.
pub(crate) fn named(conn: &Conn<'_>, who: &Requester, asked: &str) -> Result<GroupType, Refused> {
    let by_id = asked.parse::<GroupTypeId>().ok();
    if let Some(id) = by_id
        && let Some(found) = store::group_types::get(conn, id)?.filter(|found| is_visible(who, found))
    {
        return Ok(found);
    }
    let noun = if by_id.is_some() { Noun::GroupType } else { Noun::GroupTypeByName };
    let found = store::group_types::by_name(conn, asked)?.filter(|found| is_visible(who, found));
    found.ok_or_else(|| Refusal::not_found(noun, asked).into())
}

/// The type that the configuration names as the default one.
///
/// # Errors
/// Not found when none is named, or it is not there; or the store's own failure.
pub fn default_type(conn: &Conn<'_>, settings: &Settings) -> Result<GroupType, Refused> {
    let named = settings.default_group_type.as_deref();
    let found = named.map(|name| store::group_types::by_name(conn, name)).transpose()?.flatten();
    found.ok_or_else(|| Refusal::Absent("Default group type can not be found.".to_owned()).into())
}

/// The refusal of a name that another type has.
fn taken(name: &str) -> impl FnOnce(StoreError) -> Refused {
    let why = format!("Group Type {name} already exists.");
    move |error| match error {
        StoreError::Duplicate(_) => Refusal::Conflict(why).into(),
        other => other.into(),
    }
}
