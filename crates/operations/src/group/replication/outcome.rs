//! How a change of a group's replication ended, for the group and for each of its volumes.

use ledger::{Next, Step};
use model::service::ReplicationStatus;
use model::{Group, GroupId};
use store::operations::OperationRow;
use store::{Conn, StoreError};

use super::{Change, status_of};
use crate::messages::{self, About, Detail};

/// Says of a group, and of those of its volumes that are in the same change, how their replication is.
pub(super) fn set(
    conn: &Conn<'_>,
    id: GroupId,
    change: &Change,
    status: ReplicationStatus,
    active: Option<&str>,
) -> Result<(), StoreError> {
    store::groups::set_replication(conn, id, status, active)?;
    for volume in store::groups::volumes(conn, id)? {
        if status_of(&volume) == Some(change.interim()) {
            store::volumes::set_replication_status(conn, volume.id, status)?;
        }
    }
    Ok(())
}

/// It is as it was asked for; `site` works now, none is the first one.
pub(super) fn done(id: GroupId, change: Change, site: Option<String>) -> Step {
    let status = match (&change, &site) {
        (Change::Disable, _) => ReplicationStatus::Disabled,
        (Change::FailOver { .. }, Some(_)) => ReplicationStatus::FailedOver,
        (Change::Enable | Change::FailOver { .. }, _) => ReplicationStatus::Enabled,
    };
    Step::done(move |conn| set(conn, id, &change, status, site.as_deref()))
}

/// It cannot be begun: everything is as it was.
pub(super) fn unchanged(
    operation: &OperationRow,
    group: Group,
    change: Change,
    before: ReplicationStatus,
    why: String,
) -> Step {
    ended(operation, group, change, before, why)
}

/// It was given up.
pub(super) fn failed(operation: &OperationRow, group: Group, change: Change, why: String) -> Step {
    ended(operation, group, change, ReplicationStatus::Error, why)
}

fn ended(
    operation: &OperationRow,
    group: Group,
    change: Change,
    status: ReplicationStatus,
    why: String,
) -> Step {
    tracing::error!(group = %group.id, why, "cannot {change}");
    let (operation, told) = (operation.clone(), Detail::Backend(why.clone()));
    Step::Advance {
        next: Next::Failed(why),
        args: None,
        change: Box::new(move |conn| {
            set(conn, group.id, &change, status, group.active_backend_id.as_deref())?;
            messages::write(conn, &operation, About::Group, change.action(), &told)
        }),
    }
}
