//! Another name, description or visibility for a volume type.

use model::{VolumeType, VolumeTypeId};
use store::volume_types::Edit;

use super::{check_may, find, taken};
use crate::{Desk, Refused, Requester};

/// Changes it. Limits that are named after the type follow its name.
///
/// # Errors
/// Not found; a conflict when the name is taken; or the store's own failure.
pub async fn accept(
    desk: &Desk,
    who: &Requester,
    id: VolumeTypeId,
    edit: Edit,
) -> Result<VolumeType, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let before = find(conn, &who, id)?;
        let name = edit.name.clone().unwrap_or_else(|| before.name.clone());
        store::volume_types::edit(conn, id, &edit).map_err(taken(&name))?;
        if name != before.name {
            store::quotas::rename_type(conn, &before.name, &name)?;
        }
        find(conn, &who, id)
    })
    .await
}
