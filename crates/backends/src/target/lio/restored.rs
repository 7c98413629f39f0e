//! A target of the kernel in the words of rtslib, by which a reboot restores it.

use std::path::Path;

use ports::DriverError;
use serde_json::{Value, json};

use super::saved::{self, Entry};
use super::{LUN, Lio, chap_of, discards, serial_of};
use crate::target::Iqn;

impl Lio {
    /// Has a reboot restore the target as it is now. A failure is told to nobody but the log: what is attached is offered
    /// anew by the service too.
    pub(super) fn save(&self, target: &Iqn) {
        let Some(file) = saved::default_file() else { return };
        if let Err(error) = self.save_in(&file, target) {
            tracing::warn!(%target, error = error.chain(), "a reboot will not restore the target");
        }
    }

    pub(super) fn save_in(&self, file: &Path, target: &Iqn) -> Result<(), DriverError> {
        saved::put(file, target, self.entry(target)?)
    }

    /// The target as rtslib restores it; none where it is not there.
    fn entry(&self, target: &Iqn) -> Result<Option<Entry>, DriverError> {
        let (device, group) = (self.device(target)?, self.group(target));
        if !device.exists() || !group.exists() {
            return Ok(None);
        }
        let (name, serial) = (target.as_str(), serial_of(&device)?);
        let portals = group.child("np").children()?;
        let portals: Vec<Value> = portals.iter().filter_map(|portal| portal_entry(portal.name())).collect();
        let mut access = Vec::new();
        for acl in group.child("acls").children()? {
            let protected = acl.child(LUN).read("write_protect")?.trim() == "1";
            access.push(json!({
                "node_wwn": acl.name(),
                "chap_userid": acl.read("auth/userid")?.trim(),
                "chap_password": acl.read("auth/password")?.trim(),
                "mapped_luns": [{"index": 0, "tpg_lun": 0, "write_protect": protected}],
            }));
        }
        let asks = group.read("attrib/authentication")?.trim() == "1";
        let chap = if asks { chap_of(&group)? } else { None };
        let (user, secret) = chap.as_ref().map(|chap| (chap.user(), chap.expose_secret())).unzip();
        let discards = u8::from(discards(&device)?);
        Ok(Some(Entry {
            device: json!({
                "name": name, "plugin": "block", "dev": device.read("udev_path")?.trim(), "wwn": serial,
                "readonly": false, "write_back": false,
                "attributes": {"emulate_tpu": discards, "emulate_tpws": discards},
            }),
            target: json!({
                "wwn": name,
                "fabric": "iscsi",
                "tpgs": [{
                    "tag": 1,
                    "enable": true,
                    "attributes": {
                        "authentication": u8::from(asks), "generate_node_acls": 0, "demo_mode_write_protect": 1,
                    },
                    "luns": [{"index": 0, "storage_object": format!("/backstores/block/{name}")}],
                    "chap_userid": user,
                    "chap_password": secret,
                    "node_acls": access,
                    "portals": portals,
                }],
            }),
        }))
    }
}

/// `192.0.2.1:3260` or `[2001:db8::1]:3260`.
fn portal_entry(name: &str) -> Option<Value> {
    let (address, port) = name.rsplit_once(':')?;
    let port: u16 = port.parse().ok()?;
    Some(json!({"ip_address": address, "port": port, "iser": false, "offload": false}))
}
