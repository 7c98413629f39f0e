//! Offering volumes over iSCSI, and what a host is told to reach them.

use std::net::SocketAddr;
use std::path::Path;

use model::Connector;
use ports::DriverError;
use ports::volume::{Access, Connection, Export, VolumeRef};
use serde_json::{Map, Value, json};

use super::name::LvName;
use super::{LvmDriver, device};
use crate::target::{Chap, Iqn, Offer, Target};

/// The group of portals that every target of ours has.
const PORTAL_GROUP: u64 = 1;

impl LvmDriver {
    pub(super) fn offer_to(
        &self,
        helper: &dyn Target,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let name = LvName::volume(volume.id);
        self.activate_if_needed(&self.existing(name)?)?;
        let initiator = initiator_of(connector)?;
        let chap = self.chap_of(volume)?;
        let target = self.target_name(name)?;
        let path = device::path(self.group.name(), &name.to_string());
        let serial = volume.id.to_string();
        let discards = self.is_thin()?;
        let offer = Offer { target: &target, device: &path, serial: &serial, chap: chap.as_ref(), discards };
        if self.is_of_another(helper, &target, &path)? {
            // What the volume was before it moved here.
            helper.remove(&target)?;
        }
        helper.ensure(&offer)?;
        helper.admit(&offer, &initiator, access)?;
        let address = (&target, helper.lun());
        Ok(self.connection(volume, address, chap.as_ref(), connector.multipath()))
    }

    pub(super) fn withdraw_from(
        &self,
        helper: &dyn Target,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let name = LvName::volume(volume.id);
        let target = self.target_name(name)?;
        if self.is_of_another(helper, &target, &device::path(self.group.name(), &name.to_string()))? {
            return Ok(());
        }
        match connector {
            Some(connector) => helper.expel(&target, &initiator_of(connector)?),
            None => helper.remove(&target),
        }
    }

    /// Whether the target offers something else than `device`: a volume has the same target in every group, and while it
    /// moves there are two of it.
    fn is_of_another(&self, helper: &dyn Target, target: &Iqn, device: &Path) -> Result<bool, DriverError> {
        Ok(helper.describe(target)?.is_some_and(|offered| offered.device != device))
    }

    pub(super) fn target_name(&self, name: LvName) -> Result<Iqn, DriverError> {
        let text = format!("{}{name}", self.options.target.prefix);
        text.parse().map_err(|why| DriverError::Refused(format!("target_prefix: {text} is {why}")))
    }

    /// What initiators have to know: what was kept, what an administrator chose, or something new.
    fn chap_of(&self, volume: &VolumeRef) -> Result<Option<Chap>, DriverError> {
        if !self.options.target.use_chap {
            return Ok(None);
        }
        if let Some(kept) = volume.provider_auth.as_ref().and_then(Chap::kept) {
            return Ok(Some(kept));
        }
        match &self.options.target.chap {
            Some(chosen) => Ok(Some(chosen.clone())),
            None => Chap::random().map(Some),
        }
    }

    fn connection(
        &self,
        volume: &VolumeRef,
        (target, lun): (&Iqn, u64),
        chap: Option<&Chap>,
        multipath: bool,
    ) -> Connection {
        let portals: Vec<String> =
            self.options.target.portals.all().iter().map(SocketAddr::to_string).collect();
        let mut data = Map::new();
        data.insert("target_discovered".to_owned(), json!(false));
        data.insert("target_iqn".to_owned(), json!(target.as_str()));
        data.insert("target_portal".to_owned(), json!(portals[0]));
        data.insert("target_lun".to_owned(), json!(lun));
        data.insert("volume_id".to_owned(), json!(volume.id.to_string()));
        if portals.len() > 1 || multipath {
            data.insert("target_iqns".to_owned(), vec![target.as_str(); portals.len()].into());
            data.insert("target_luns".to_owned(), vec![lun; portals.len()].into());
            data.insert("target_portals".to_owned(), portals.clone().into());
        }
        if let Some(chap) = chap {
            data.insert("auth_method".to_owned(), json!("CHAP"));
            data.insert("auth_username".to_owned(), json!(chap.user()));
            data.insert("auth_password".to_owned(), json!(chap.expose_secret()));
        }
        data.insert("discard".to_owned(), Value::Bool(self.is_thin().unwrap_or(false)));
        let location = format!("{},{PORTAL_GROUP} {target} {lun}", portals.join(";"));
        let export = Export { provider_location: Some(location), provider_auth: chap.map(Chap::to_keep) };
        Connection { export, ..Connection::new("iscsi", data) }
    }
}

fn initiator_of(connector: &Connector) -> Result<Iqn, DriverError> {
    let text = connector.initiator().ok_or(DriverError::Connector("initiator"))?;
    text.parse().map_err(|why| DriverError::Refused(format!("initiator: {text} is {why}")))
}
