//! Offering the volumes of one backend over iSCSI, each by a target of its own, and what a host is told to reach them.

use std::net::SocketAddr;
use std::path::Path;

use model::Connector;
use ports::DriverError;
use ports::volume::{Access, Connection, Export, VolumeRef};
use serde_json::{Map, json};

use super::{Chap, Iqn, Offer, Target, TargetOptions};

/// The group of portals that every target of ours has.
const PORTAL_GROUP: u64 = 1;

/// The targets of a backend.
#[derive(Debug)]
pub struct Offering {
    target: Box<dyn Target>,
    options: TargetOptions,
}

/// What is offered of a volume.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// Its name on the backend, which ends the name of its target.
    pub name: &'a str,
    /// The device or file.
    pub device: &'a Path,
    /// Whether initiators may give space back.
    pub discards: bool,
}

impl Offering {
    /// Targets of `target`, as `options` say.
    #[must_use]
    pub fn new(target: Box<dyn Target>, options: TargetOptions) -> Self {
        Self { target, options }
    }

    /// What makes them.
    #[must_use]
    pub fn target(&self) -> &dyn Target {
        &*self.target
    }

    /// Lets the host `connector` in to `volume`, and says how it gets there.
    ///
    /// # Errors
    /// The host has no iSCSI name, or the target's own.
    pub fn connect(
        &self,
        volume: &VolumeRef,
        unit: &Unit<'_>,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let initiator = initiator_of(connector)?;
        let chap = self.chap_of(volume)?;
        let target = self.name(unit.name)?;
        let serial = volume.id.to_string();
        let offer = Offer {
            target: &target,
            device: unit.device,
            serial: &serial,
            chap: chap.as_ref(),
            discards: unit.discards,
        };
        if self.is_of_another(&target, unit.device)? {
            // What the volume was before it moved here.
            self.target.remove(&target)?;
        }
        self.target.ensure(&offer)?;
        self.target.admit(&offer, &initiator, access)?;
        Ok(self.connection(volume, &offer, connector.multipath()))
    }

    /// Lets the host `connector` in no longer to the volume that is called `name` and is `device`; without one, nobody.
    ///
    /// # Errors
    /// It is still in.
    pub fn disconnect(
        &self,
        name: &str,
        device: &Path,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let target = self.name(name)?;
        if self.is_of_another(&target, device)? {
            return Ok(());
        }
        match connector {
            Some(connector) => self.target.expel(&target, &initiator_of(connector)?),
            None => self.target.remove(&target),
        }
    }

    /// Whether the host `connector` is let in to the volume that is called `name` and is `device`.
    ///
    /// # Errors
    /// The target's own.
    pub fn lets_in(&self, name: &str, device: &Path, connector: &Connector) -> Result<bool, DriverError> {
        let offered = self.target.describe(&self.name(name)?)?.filter(|offered| offered.device == device);
        let initiators = offered.map(|offered| offered.initiators).unwrap_or_default();
        Ok(initiators.iter().any(|known| connector.initiator() == Some(known.as_str())))
    }

    /// Lets initiators see that the volume that is called `name` has grown.
    ///
    /// # Errors
    /// The target's own.
    pub fn resized(&self, name: &str) -> Result<(), DriverError> {
        self.target.resized(&self.name(name)?)
    }

    /// Whether the target offers something else than `device`: a volume has the same target on every backend, and while
    /// it moves there are two of it.
    fn is_of_another(&self, target: &Iqn, device: &Path) -> Result<bool, DriverError> {
        Ok(self.target.describe(target)?.is_some_and(|offered| offered.device != device))
    }

    fn name(&self, of_volume: &str) -> Result<Iqn, DriverError> {
        let text = format!("{}{of_volume}", self.options.prefix);
        text.parse().map_err(|why| DriverError::Refused(format!("target_prefix: {text} is {why}")))
    }

    /// What initiators have to know: what came with the volume, what an administrator chose, or something new. What came
    /// with it counts in any case: whoever was told it will say it.
    fn chap_of(&self, volume: &VolumeRef) -> Result<Option<Chap>, DriverError> {
        if let Some(kept) = volume.provider_auth.as_ref().and_then(Chap::kept) {
            return Ok(Some(kept));
        }
        match &self.options.chap {
            _ if !self.options.use_chap => Ok(None),
            Some(chosen) => Ok(Some(chosen.clone())),
            None => Chap::random().map(Some),
        }
    }

    fn connection(&self, volume: &VolumeRef, offer: &Offer<'_>, multipath: bool) -> Connection {
        let (target, lun) = (offer.target, self.target.lun());
        let portals: Vec<String> = self.options.portals.all().iter().map(SocketAddr::to_string).collect();
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
        if let Some(chap) = offer.chap {
            data.insert("auth_method".to_owned(), json!("CHAP"));
            data.insert("auth_username".to_owned(), json!(chap.user()));
            data.insert("auth_password".to_owned(), json!(chap.expose_secret()));
        }
        data.insert("discard".to_owned(), json!(offer.discards));
        let location = format!("{},{PORTAL_GROUP} {target} {lun}", portals.join(";"));
        let export =
            Export { provider_location: Some(location), provider_auth: offer.chap.map(Chap::to_keep) };
        Connection { export, ..Connection::new("iscsi", data) }
    }
}

fn initiator_of(connector: &Connector) -> Result<Iqn, DriverError> {
    let text = connector.initiator().ok_or(DriverError::Connector("initiator"))?;
    text.parse().map_err(|why| DriverError::Refused(format!("initiator: {text} is {why}")))
}
