//! A new group type.

use model::{GroupType, GroupTypeId, Metadata};

use super::{check_may, taken};
use crate::{Desk, Refused, Requester};

/// What it shall be.
#[derive(Debug, Clone)]
pub struct Create {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// Whether every project may use it.
    pub is_public: bool,
    /// What its groups are asked for.
    pub group_specs: Metadata,
}

/// Makes it.
///
/// # Errors
/// A conflict when the name is taken; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, new: Create) -> Result<GroupType, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let made = GroupType {
            id: GroupTypeId::random(),
            name: new.name,
            description: new.description,
            is_public: new.is_public,
            group_specs: new.group_specs,
            created_at: conn.now(),
            updated_at: None,
        };
        store::group_types::insert(conn, &made).map_err(taken(&made.name))?;
        Ok(made)
    })
    .await
}
