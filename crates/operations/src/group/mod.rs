//! What can be done to a group of volumes.
//!
//! A group is a row: but for replication, no driver of ours knows of groups. What happens to its volumes are operations of
//! their own, which the operation of the group admits together with itself and waits for.

pub mod create;
pub mod create_from_src;
pub mod delete;
pub mod edit;
pub mod replication;
pub mod update;

use model::refusal::Noun;
use model::{Group, GroupId, GroupStatus, GroupTypeId, Refusal};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use crate::messages::{self, About, Detail};
use crate::{Refused, Requester};

/// The ledger's key of a group.
pub(crate) fn key(id: GroupId) -> String {
    format!("group/{id}")
}

/// The group that the ledger's key names.
pub(crate) fn of_key(key: &str) -> Option<GroupId> {
    key.strip_prefix("group/")?.parse().ok()
}

/// By which requests a group is reached. Consistency groups are groups of one reserved type, which the requests for
/// groups leave alone; those for consistency groups take any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// `/groups`.
    Groups,
    /// `/group_snapshots`.
    GroupSnapshots,
    /// `/consistencygroups` and `/cgsnapshots`.
    ConsistencyGroups,
}

impl Door {
    /// Refuses a group of the reserved type.
    ///
    /// # Errors
    /// A refusal that says by which requests it can be reached; or the store's own failure.
    pub fn check(self, conn: &Conn<'_>, id: GroupTypeId) -> Result<(), Refused> {
        let what = match self {
            Self::ConsistencyGroups => return Ok(()),
            Self::Groups => "Migrated group can only be operated by CG APIs.",
            Self::GroupSnapshots => "Migrated group snapshots can only be operated by CG snapshot APIs.",
        };
        let found = store::group_types::get(conn, id)?;
        if found.is_some_and(|found| found.is_of_consistency_groups()) {
            let why = format!("Group_type {id} is reserved for migrating CGs to groups. {what}");
            return Err(Refusal::BadRequest(why).into());
        }
        Ok(())
    }
}

/// The group that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: GroupId) -> Result<Group, Refused> {
    let found = store::groups::get(conn, id)?.filter(|group| who.sees(&group.project_id));
    let group = found.ok_or_else(|| Refusal::not_found(Noun::Group, id))?;
    (who.may)(&group.project_id, &group.user_id)?;
    Ok(group)
}

/// The group that a request calls `asked`, which may be no identifier at all.
pub(crate) fn named(conn: &Conn<'_>, who: &Requester, asked: &str) -> Result<Group, Refused> {
    match asked.parse() {
        Ok(id) => find(conn, who, id),
        Err(_) => Err(Refusal::not_found(Noun::Group, asked).into()),
    }
}

/// `host@backend` of a placed group.
pub(crate) fn backend(group: &Group) -> Option<&str> {
    group.host.as_deref().map(model::service::backend_of)
}

/// Ends what was being done to a group: it is `error` unless something else has become of it meanwhile, and its owner
/// learns why.
fn set_failed(
    conn: &Conn<'_>,
    operation: &OperationRow,
    group: &Group,
    interim: GroupStatus,
    told: (model::message::Action, &Detail),
) -> Result<(), StoreError> {
    store::groups::set_status_from(conn, group.id, &[interim], GroupStatus::Error)?;
    messages::write(conn, operation, About::Group, told.0, told.1)
}
