//! Fibre Channel: the fabric makes the paths, the host has to look for the units on them.

use std::path::PathBuf;

use super::connection::FcPath;
use super::iscsi::{DEVICE_WITHIN, devices_of};
use super::scsi::{Unit, names_in, says, wait_for};
use crate::AttachError;
use crate::machine::Machine;

/// How many looks for devices pass before the adapters are asked to look again.
const LOOKS_PER_SCAN: u32 = 40;

/// A port of the storage as an adapter of this host sees it.
struct Seen {
    host: String,
    channel: String,
    target: String,
}

/// Sees to it that there is a device at the end of every path that carries.
pub(super) fn connect(
    machine: &dyn Machine,
    paths: &[FcPath],
    multipath: bool,
) -> Result<Vec<Unit>, AttachError> {
    if names_in(&machine.at("sys/class/fc_host")).is_empty() {
        return Err(AttachError::CannotHere("this host has no Fibre Channel adapter".to_owned()));
    }
    let mut looks = 0;
    // Several paths come one after the other: once there is one, the others get a moment too.
    let found = wait_for(machine, DEVICE_WITHIN, || {
        if looks % LOOKS_PER_SCAN == 0 {
            scan(machine, paths);
        }
        looks += 1;
        let units = units(machine, paths);
        let expected: usize = paths.iter().map(|path| seen(machine, path).len()).sum();
        let enough = !units.is_empty() && (!multipath || units.len() >= expected || looks > LOOKS_PER_SCAN);
        enough.then_some(units)
    });
    let lun = paths.first().map_or(0, |path| path.lun);
    let mut units = found.ok_or(AttachError::NoDevice { within: DEVICE_WITHIN, paths: paths.len(), lun })?;
    if !multipath {
        units.truncate(1);
    }
    Ok(units)
}

/// The devices of the paths that have one.
pub(super) fn units(machine: &dyn Machine, paths: &[FcPath]) -> Vec<Unit> {
    devices(machine, paths).iter().filter_map(|device| Unit::at(device)).collect()
}

/// The SCSI devices of the paths that have one. What was cut off may not have become a block device yet.
pub(super) fn devices(machine: &dyn Machine, paths: &[FcPath]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        for target in names_in(&machine.at("sys/class/fc_transport")) {
            let class = machine.at("sys/class/fc_transport").join(&target);
            if !says(&class.join("port_name")).is_some_and(|name| is_same(&name, &path.wwpn)) {
                continue;
            }
            let ending = format!(":{}", path.lun);
            let Ok(dir) = class.join("device").canonicalize() else { continue };
            let of_lun = |device: &PathBuf| device.to_string_lossy().ends_with(&ending);
            found.extend(devices_of(&dir).into_iter().filter(of_lun));
        }
    }
    found.dedup();
    found
}

/// Has the adapters look for the units: through the ports that they see, and everywhere where they see none of them.
fn scan(machine: &dyn Machine, paths: &[FcPath]) {
    for path in paths {
        let seen = seen(machine, path);
        let mut orders: Vec<(String, String)> = seen
            .iter()
            .map(|port| (port.host.clone(), format!("{} {} {}", port.channel, port.target, path.lun)))
            .collect();
        if orders.is_empty() {
            let hosts = names_in(&machine.at("sys/class/fc_host"));
            orders.extend(hosts.into_iter().map(|host| (host, format!("- - {}", path.lun))));
        }
        for (host, order) in orders {
            let file = machine.at("sys/class/scsi_host").join(&host).join("scan");
            if let Err(error) = machine.order(&file, &order) {
                tracing::debug!(host, %error, "not looked");
            }
        }
    }
}

/// Where adapters of this host see the port: `rport-{host}:{channel}-{number}`, with the number of the SCSI target.
fn seen(machine: &dyn Machine, path: &FcPath) -> Vec<Seen> {
    let ports = machine.at("sys/class/fc_remote_ports");
    let names = names_in(&ports).into_iter();
    names
        .filter_map(|name| {
            let port = ports.join(&name);
            is_same(&says(&port.join("port_name"))?, &path.wwpn).then_some(())?;
            let target = says(&port.join("scsi_target_id")).filter(|id| id.parse::<u32>().is_ok())?;
            let (host, rest) = name.strip_prefix("rport-")?.split_once(':')?;
            let (channel, _) = rest.split_once('-')?;
            Some(Seen { host: format!("host{host}"), channel: channel.to_owned(), target })
        })
        .collect()
}

/// Whether sysfs' name of a port is this one.
fn is_same(name: &str, wwpn: &str) -> bool {
    name.trim_start_matches("0x").eq_ignore_ascii_case(wwpn)
}
