//! A volume group on a LUN of a SAN that every compute host has: no host is told of a target, each activates the logical
//! volume itself.
//!
//! LVM lets only one host change the group, and that is this one. To let a host in is to put its name on the logical volume
//! as a tag, and to deactivate it here; nobody else is let in while it is there. The name is what tells hosts apart (`host`
//! of the connector); a host whose lvm.conf activates only what has its own tag cannot take what is not its own.

use model::Connector;
use ports::DriverError;
use ports::volume::{Access, Connection, VolumeRef};
use serde_json::{Map, Value, json};

use super::name::LvName;
use super::options::{Lun, Protocol};
use super::report::Lv;
use super::{LvmDriver, device};

/// How the tag of a host begins; what follows is its name, without what a tag cannot have.
const HOST_TAG: &str = "besser.host.";
/// Longest name of a host in a tag.
const MAX_HOST_CHARS: usize = 255;

impl LvmDriver {
    /// Lets the host have the logical volume, for itself alone.
    pub(super) fn give_to(
        &self,
        lun: &Lun,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        let name = LvName::volume(volume.id);
        let lv = self.existing(name)?;
        let tag = host_tag(connector)?;
        if let Some(other) = lv.tags_with(HOST_TAG).find(|known| **known != tag) {
            let by = other.trim_start_matches(HOST_TAG).to_owned();
            return Err(DriverError::Busy { what: name.to_string(), by });
        }
        // First the tag: from then on nobody here opens it, and then it can be deactivated.
        if !lv.has_tag(&tag) {
            self.group.tag(&lv.name, &tag)?;
        }
        if lv.is_active {
            self.group.deactivate(&lv.name)?;
        }
        Ok(Connection::new("local", self.described(lun, volume, &tag, access)))
    }

    fn described(&self, lun: &Lun, volume: &VolumeRef, tag: &str, access: Access) -> Map<String, Value> {
        let name = LvName::volume(volume.id).to_string();
        let path = device::path(self.group.name(), &name);
        let mut data = Map::new();
        data.insert("device_path".to_owned(), json!(path.display().to_string()));
        data.insert("volume_id".to_owned(), json!(volume.id.to_string()));
        data.insert("volume_group".to_owned(), json!(self.group.name()));
        data.insert("logical_volume".to_owned(), json!(name));
        data.insert("activation".to_owned(), json!("exclusive"));
        data.insert("activation_tag".to_owned(), json!(tag));
        data.insert("read_only".to_owned(), json!(access == Access::Read));
        data.insert("discard".to_owned(), json!(false));
        let mut san = Map::new();
        san.insert("protocol".to_owned(), json!(lun.protocol.name()));
        if let Some(number) = lun.number {
            san.insert("target_lun".to_owned(), json!(number));
        }
        if lun.protocol == Protocol::Iscsi {
            let portals = self.options.target.portals.all();
            san.insert("target_portal".to_owned(), json!(portals[0].to_string()));
            san.insert("target_iqn".to_owned(), json!(self.options.target.prefix));
            // The secret opens the volumes of everybody on the LUN, and this is told to whoever has one of them.
            if self.options.target.chap.is_some() {
                san.insert("auth_method".to_owned(), json!("CHAP"));
            }
        }
        data.insert("san".to_owned(), Value::Object(san));
        data
    }

    /// Takes the logical volume back from a host, or from whoever has it.
    pub(super) fn take_from(
        &self,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        let name = LvName::volume(volume.id);
        let Some(lv) = self.group.find(name)? else { return Ok(()) };
        let only = connector.map(host_tag).transpose()?;
        for tag in lv.tags_with(HOST_TAG).filter(|tag| only.as_ref().is_none_or(|only| only == *tag)) {
            self.group.untag(&lv.name, tag)?;
        }
        Ok(())
    }

    /// Sees to it that no host has the logical volume, or what it is a snapshot of: two kernels that use one device ruin it.
    pub(super) fn must_be_free(&self, lv: &Lv) -> Result<(), DriverError> {
        if self.lun().is_none() {
            return Ok(());
        }
        let origin = lv.origin.as_deref().filter(|_| lv.is_thick_snapshot());
        let origin = origin.map(|origin| self.group.named(origin)).transpose()?.flatten();
        for lv in [Some(lv), origin.as_ref()].into_iter().flatten() {
            if let Some(tag) = lv.tags_with(HOST_TAG).next() {
                let by = tag.trim_start_matches(HOST_TAG).to_owned();
                return Err(DriverError::Busy { what: lv.name.clone(), by });
            }
        }
        Ok(())
    }
}

fn host_tag(connector: &Connector) -> Result<String, DriverError> {
    let host = connector.host().ok_or(DriverError::Connector("host"))?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_+.-".contains(c);
    if host.is_empty() || host.len() > MAX_HOST_CHARS || !host.chars().all(is_plain) {
        return Err(DriverError::Refused("the name of the host cannot be a tag of LVM".to_owned()));
    }
    Ok(format!("{HOST_TAG}{host}"))
}
