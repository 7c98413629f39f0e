//! The simulation of an initiator: it opens what a simulated backend offers, as long as it is let in.

use std::path::Path;

use model::VolumeId;
use ports::DriverError;
use ports::volume::{Access, Connection, Disk, Initiator, ProviderAuth, There, VolumeRef};
use serde_json::{Map, json};

use super::super::files::{Directory, FileName, disk, existing};
use super::exports;

/// Reads what simulated backends of this host offer.
#[derive(Debug, Clone, Copy)]
pub struct SimInitiator;

/// What a host is told that is let in to `volume`, which lies in `directory`.
pub(super) fn way_to(directory: &Path, volume: &VolumeRef) -> Connection {
    let mut data = Map::new();
    data.insert("target_portal".to_owned(), json!(directory.display().to_string()));
    data.insert("target_iqn".to_owned(), json!(volume.id.to_string()));
    data.insert("target_lun".to_owned(), json!(0));
    data.insert("volume_id".to_owned(), json!(volume.id.to_string()));
    if let Some((user, secret)) = volume.provider_auth.as_ref().and_then(ProviderAuth::chap) {
        data.insert("auth_username".to_owned(), json!(user));
        data.insert("auth_password".to_owned(), json!(secret));
    }
    Connection::new("iscsi", data)
}

impl Initiator for SimInitiator {
    fn open(&self, what: &str, there: &There, auth: &ProviderAuth) -> Result<Box<dyn Disk>, DriverError> {
        let refused = |why: &str| DriverError::Refused(format!("{what}: {why}"));
        let id: VolumeId = there.target.parse().map_err(|_| refused("no volume of a simulation"))?;
        let path = Path::new(&there.portal);
        let is_in = exports::of(path, id)?.iter().any(|host| host.initiator() == Some(&there.initiator));
        if !is_in || auth.chap().is_none() {
            return Err(refused("we are not let in"));
        }
        disk(existing(&Directory::open(path)?, FileName::volume(id), Access::Read)?)
    }
}
