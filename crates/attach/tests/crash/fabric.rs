//! A fabric with one port of the storage, seen by two adapters.

use std::fs;
use std::os::unix::fs::symlink;

use attach::machine::Machine;
use serde_json::{Value, json};

use crate::host::{PlayedHost, WWPN};

/// A host with two adapters.
pub(crate) fn host() -> PlayedHost {
    let host = PlayedHost::new();
    for number in [11, 12] {
        host.write(&format!("sys/class/fc_host/host{number}/port_name"), "0x1000000000000001\n");
        host.write(&format!("sys/class/scsi_host/host{number}/scan"), "");
        let port = format!("sys/class/fc_remote_ports/rport-{number}:0-3");
        host.write(&format!("{port}/port_name"), &format!("0x{WWPN}\n"));
        host.write(&format!("{port}/scsi_target_id"), "2\n");
        let target = format!("target{number}:0:2");
        let device = host.at(&format!("sys/devices/fc/host{number}/{target}"));
        fs::create_dir_all(&device).unwrap();
        host.write(&format!("sys/class/fc_transport/{target}/port_name"), &format!("0x{WWPN}\n"));
        symlink(device, host.at(&format!("sys/class/fc_transport/{target}/device"))).unwrap();
    }
    host
}

/// What a service says of the way there.
pub(crate) fn offer() -> Value {
    json!({
        "driver_volume_type": "fibre_channel", "target_discovered": true, "target_wwn": [WWPN], "target_lun": 5,
        "initiator_target_map": {"1000000000000001": [WWPN]},
    })
}
