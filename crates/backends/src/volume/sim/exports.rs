//! Who was let in to which volume: a file beside the volumes, so that it outlives a process as an export does.

use std::path::Path;

use model::{Connector, VolumeId};
use ports::DriverError;

use super::table::{self, Table};

/// The file. It is there while anybody is in.
const FILE: &str = ".exports.json";

/// The hosts that are in, by volume.
type Exports = Table<Vec<Connector>>;

/// Lets a host in.
pub(super) fn add(directory: &Path, volume: VolumeId, connector: &Connector) -> Result<(), DriverError> {
    let mut exports = read(directory)?;
    let hosts = exports.entry(volume.to_string()).or_default();
    if hosts.iter().any(|host| host.is_same_host(connector)) {
        return Ok(());
    }
    hosts.push(connector.clone());
    write(directory, &exports)
}

/// Lets a host, or everybody, in no longer.
pub(super) fn remove(
    directory: &Path,
    volume: VolumeId,
    connector: Option<&Connector>,
) -> Result<(), DriverError> {
    let mut exports = read(directory)?;
    let Some(hosts) = exports.get_mut(&volume.to_string()) else { return Ok(()) };
    match connector {
        Some(connector) => hosts.retain(|host| !host.is_same_host(connector)),
        None => hosts.clear(),
    }
    exports.retain(|_, hosts| !hosts.is_empty());
    write(directory, &exports)
}

/// Who is in.
pub(super) fn of(directory: &Path, volume: VolumeId) -> Result<Vec<Connector>, DriverError> {
    Ok(read(directory)?.remove(&volume.to_string()).unwrap_or_default())
}

fn read(directory: &Path) -> Result<Exports, DriverError> {
    table::read(directory, FILE)
}

fn write(directory: &Path, exports: &Exports) -> Result<(), DriverError> {
    table::write(directory, FILE, exports)
}
