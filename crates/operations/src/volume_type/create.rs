//! A new volume type.

use model::{Metadata, VolumeType, VolumeTypeId};

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
    /// What the scheduler and the driver are asked for.
    pub extra_specs: Metadata,
}

/// Makes it.
///
/// # Errors
/// A conflict when the name is taken; or the store's own failure.
pub async fn accept(desk: &Desk, who: &Requester, new: Create) -> Result<VolumeType, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        let made = VolumeType {
            id: VolumeTypeId::random(),
            name: new.name,
            description: new.description,
            is_public: new.is_public,
            projects: Vec::new(),
            extra_specs: new.extra_specs,
            qos_specs_id: None,
            is_encrypted: false,
            created_at: conn.now(),
            updated_at: None,
        };
        store::volume_types::insert(conn, &made).map_err(taken(&made.name))?;
        Ok(made)
    })
    .await
}
