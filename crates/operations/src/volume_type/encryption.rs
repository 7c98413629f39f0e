//! How the volumes of a type are encrypted. It is fixed while there are any: what is written already would be lost.

use model::encryption::{ControlLocation, Encryption};
use model::refusal::Noun;
use model::{EncryptionId, Refusal, VolumeTypeId};
use store::encryptions::Edit;
use store::{Conn, StoreError};

use super::check_may;
use crate::{Desk, Refused, Requester};

/// How they shall be encrypted.
#[derive(Debug, Clone)]
pub struct Create {
    /// The format.
    pub provider: String,
    /// Algorithm and mode.
    pub cipher: Option<String>,
    /// Size of the key, in bits.
    pub key_size_bits: Option<u64>,
    /// Who encrypts.
    pub control_location: ControlLocation,
}

/// Encrypts the volumes of a type from now on.
///
/// # Errors
/// Not found; a refusal when it has volumes, or they are already; or the store's own failure.
pub async fn set(desk: &Desk, who: &Requester, id: VolumeTypeId, new: Create) -> Result<Encryption, Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        check_unused(conn, id, "create")?;
        check_there(conn, id)?;
        let made = Encryption {
            id: EncryptionId::random(),
            provider: new.provider,
            cipher: new.cipher,
            key_size_bits: new.key_size_bits,
            control_location: new.control_location,
            created_at: conn.now(),
            updated_at: None,
        };
        store::encryptions::insert(conn, id, &made).map_err(|error| match error {
            StoreError::Duplicate(_) => {
                let why = format!("Volume type encryption for type {id} already exists.");
                Refusal::BadRequest(why).into()
            }
            other => Refused::from(other),
        })?;
        Ok(made)
    })
    .await
}

/// Changes how the volumes of a type are encrypted.
///
/// # Errors
/// Not found; a refusal when it has volumes; or the store's own failure.
pub async fn change(desk: &Desk, who: &Requester, id: VolumeTypeId, edit: Edit) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        check_there(conn, id)?;
        check_unused(conn, id, "update")?;
        check_encrypted(conn, id)?;
        Ok(store::encryptions::edit(conn, id, &edit)?)
    })
    .await
}

/// Encrypts the volumes of a type no longer.
///
/// # Errors
/// Not found; a refusal when it has volumes; or the store's own failure.
pub async fn unset(desk: &Desk, who: &Requester, id: VolumeTypeId) -> Result<(), Refused> {
    let who = who.clone();
    desk.admit(move |conn, _| {
        check_may(&who)?;
        check_unused(conn, id, "delete")?;
        check_encrypted(conn, id)?;
        Ok(store::encryptions::remove(conn, id)?)
    })
    .await
}

/// The refusal of what is asked about an encryption that the type does not have.
#[must_use]
pub fn missing(id: impl std::fmt::Display) -> Refusal {
    Refusal::Absent(format!("Volume type encryption for type {id} does not exist."))
}

fn check_there(conn: &Conn<'_>, id: VolumeTypeId) -> Result<(), Refused> {
    match store::volume_types::get(conn, id)? {
        Some(_) => Ok(()),
        None => Err(Refusal::not_found(Noun::VolumeType, id).into()),
    }
}

fn check_encrypted(conn: &Conn<'_>, id: VolumeTypeId) -> Result<(), Refused> {
    match store::encryptions::of_type(conn, id)? {
        Some(_) => Ok(()),
        None => Err(missing(id).into()),
    }
}

fn check_unused(conn: &Conn<'_>, id: VolumeTypeId, doing: &str) -> Result<(), Refused> {
    if store::volumes::any_of_type(conn, id)? {
        let why = format!("Cannot {doing} encryption specs. Volume type in use.");
        return Err(Refusal::BadRequest(why).into());
    }
    Ok(())
}
