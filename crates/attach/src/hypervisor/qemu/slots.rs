//! Where a new disk goes.
//!
//! A machine of the type `pc` has a bus whose slots take devices while it runs, and QEMU finds a free one. On `q35` only
//! root ports do, each of which takes one device.

use serde_json::{Value, json};

use super::Qemu;
use crate::hypervisor::PlugError;

/// The class of PCI devices that are bridges, ports included.
const BRIDGE: u64 = 0x0604;

impl Qemu {
    /// Adds `device` in the first free slot.
    pub(super) fn add_to_free_slot(&mut self, device: Value) -> Result<(), PlugError> {
        let buses = self.session.execute("query-pci", Value::Null)?;
        let (ports, used) = ports(&buses);
        if let Some(port) = ports.first() {
            let mut device = device;
            device["bus"] = json!(port);
            return self.session.execute("device_add", device).map(drop);
        }
        let added = self.session.execute("device_add", device);
        added.map(drop).map_err(|error| match error {
            PlugError::Refused { vm, why, .. } if is_full(&why) => {
                let ports = if used > 0 { format!("{used} ports, all taken; ") } else { String::new() };
                PlugError::Full { vm, why: format!("{ports}{why}") }
            }
            other => other,
        })
    }
}

fn is_full(why: &str) -> bool {
    why.contains("no slot/function available") || why.contains("does not support hotplugging")
}

/// The free ports, and how many are taken.
fn ports(buses: &Value) -> (Vec<&str>, usize) {
    let devices =
        buses.as_array().into_iter().flatten().filter_map(|bus| bus["devices"].as_array()).flatten();
    let bridges =
        devices.filter(|device| device["class_info"]["class"] == BRIDGE && device["pci_bridge"].is_object());
    let named =
        bridges.filter_map(|bridge| Some((bridge["qdev_id"].as_str()?, &bridge["pci_bridge"]["devices"])));
    let (mut free, mut used) = (Vec::new(), 0);
    for (name, devices) in named.filter(|(name, _)| !name.is_empty()) {
        if devices.as_array().is_none_or(Vec::is_empty) {
            free.push(name);
        } else {
            used += 1;
        }
    }
    (free, used)
}
