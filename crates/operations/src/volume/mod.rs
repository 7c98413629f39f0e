//! What can be done to a volume.

pub mod create;
pub mod delete;
pub mod edit;
pub mod extend;
pub mod flatten;
pub mod manage;
pub mod migrate;
pub mod migrate_completion;
pub mod reimage;
pub mod retype;
pub mod revert;
pub mod unmanage;
pub mod upload;

pub(crate) mod layer;
pub(crate) mod ready;
pub(crate) mod relocate;
pub(crate) mod still;

use model::refusal::Noun;
use model::{Refusal, Volume, VolumeId, VolumeStatus};
use ports::volume::VolumeRef;
use store::{Conn, StoreError};

use crate::{Refused, Requester};

/// The ledger's key of a volume.
pub(crate) fn key(id: VolumeId) -> String {
    format!("volume/{id}")
}

/// The volume that the ledger's key names.
pub(crate) fn of_key(key: &str) -> Option<VolumeId> {
    key.strip_prefix("volume/")?.parse().ok()
}

/// The volume that a request is about: there, visible, and not forbidden.
///
/// # Errors
/// A refusal that says why; or the store's own failure.
pub fn find(conn: &Conn<'_>, who: &Requester, id: VolumeId) -> Result<Volume, Refused> {
    let found = store::volumes::get(conn, id)?.filter(|volume| who.sees(&volume.project_id));
    let volume = found.ok_or_else(|| Refusal::not_found(Noun::Volume, id))?;
    (who.may)(&volume.project_id, &volume.user_id)?;
    Ok(volume)
}

/// What a driver needs to know of a volume.
pub(crate) fn driver_ref(volume: &Volume) -> VolumeRef {
    VolumeRef {
        id: volume.name_on_backend(),
        size_gib: volume.size_gib,
        pool: volume.host.as_deref().and_then(model::service::pool_of).map(str::to_owned),
        provider_location: volume.provider_location.clone(),
        provider_auth: None,
    }
}

/// `host@backend` of a placed volume.
pub(crate) fn backend(volume: &Volume) -> Option<&str> {
    volume.host.as_deref().map(model::service::backend_of)
}

/// Refuses changes on a backend that an administrator has frozen.
pub(crate) fn check_not_frozen(conn: &Conn<'_>, volume: &Volume) -> Result<(), Refused> {
    backend(volume).map_or(Ok(()), |host| check_backend_not_frozen(conn, host))
}

/// The same for the backend `host` (`host@backend`) by itself.
pub(crate) fn check_backend_not_frozen(conn: &Conn<'_>, host: &str) -> Result<(), Refused> {
    let service = store::services::get(conn, model::service::Binary::Volume, host)?;
    if service.is_some_and(|service| service.frozen) {
        let why = "Modification operations are not allowed on frozen storage backends.";
        return Err(Refusal::InvalidInput(why.to_owned()).into());
    }
    Ok(())
}

/// Refuses what never was placed where something has to be done on its backend.
pub(crate) fn check_placed(volume: &Volume) -> Result<(), Refused> {
    if volume.host.is_some() {
        return Ok(());
    }
    let why = format!("Volume {} has not been scheduled to any host.", volume.id);
    Err(Refusal::InvalidVolume(why).into())
}

/// Where an operation that worked on a volume leaves it which was `before`: whether it is used may have changed
/// meanwhile.
pub(crate) fn rested(
    conn: &Conn<'_>,
    id: VolumeId,
    before: VolumeStatus,
) -> Result<VolumeStatus, StoreError> {
    match before {
        VolumeStatus::Available | VolumeStatus::InUse => store::attachments::resting_status(conn, id),
        other => Ok(other),
    }
}

/// Refuses what an operation still works on, whatever status an administrator has given it meanwhile.
pub(crate) fn check_not_held(conn: &Conn<'_>, volume: &Volume) -> Result<(), Refused> {
    match store::operations::holder(conn, &key(volume.id))? {
        None => Ok(()),
        Some(kind) => {
            let why =
                format!("Volume {} is {} while a {kind} of it has not ended.", volume.id, volume.status);
            Err(Refusal::InvalidVolume(why).into())
        }
    }
}

/// The volume of a running operation.
pub(crate) async fn load(store: &store::Store, key: &str) -> Result<Option<Volume>, StoreError> {
    let Some(id) = of_key(key) else { return Ok(None) };
    store.read(move |conn| store::volumes::get(conn, id)).await
}
