//! The arguments of `qemu-storage-daemon`. None of them is a secret.

use serde_json::{Value, json};

use super::Place;
use crate::AttachError;
use crate::initiator::connection::{Connection, Format, Way};

/// The program.
pub(super) const PROGRAM: &str = "qemu-storage-daemon";
/// The node that is the disk.
pub(super) const DISK: &str = "disk";
/// Longest path of a socket (unix(7), `sun_path`).
const MAX_SOCKET_PATH_BYTES: usize = 107;

pub(super) fn arguments(
    place: &Place,
    connection: &Connection,
    initiator: Option<&str>,
) -> Result<Vec<String>, AttachError> {
    let dir = place.dir.display().to_string();
    let socket = place.socket().display().to_string();
    if dir.contains(',') || socket.len() > MAX_SOCKET_PATH_BYTES {
        return Err(AttachError::CannotHere(format!("{dir} has a comma or is too long for a socket")));
    }
    let mut args = vec!["--daemonize".to_owned(), "--pidfile".to_owned(), format!("{dir}/pid")];
    let mut option = |name: &str, value: String| args.extend([format!("--{name}"), value]);
    if connection.chap.is_some() {
        let secret =
            json!({"qom-type": "secret", "id": "chap", "file": place.secret().display().to_string()});
        option("object", secret.to_string());
    }
    option("blockdev", protocol(connection, initiator)?.to_string());
    option("blockdev", format(connection).to_string());
    option("chardev", format!("socket,id=qmp,path={socket},server=on,wait=off"));
    option("monitor", "chardev=qmp".to_owned());
    let export = json!({
        "type": "fuse", "id": "disk", "node-name": DISK, "mountpoint": place.disk().display().to_string(),
        "writable": !connection.read_only, "growable": false, "allow-other": "off",
    });
    option("export", export.to_string());
    Ok(args)
}

/// How the bytes are got at.
fn protocol(connection: &Connection, initiator: Option<&str>) -> Result<Value, AttachError> {
    let mut node = match &connection.way {
        Way::Iscsi { paths } => {
            let path = paths.first().ok_or(AttachError::BadConnection("no path"))?;
            let mut node = json!({
                "driver": "iscsi", "transport": "tcp", "portal": path.portal, "target": path.iqn, "lun": path.lun,
            });
            if let Some(name) = initiator {
                node["initiator-name"] = json!(name);
            }
            if let Some(chap) = &connection.chap {
                node["user"] = json!(chap.user);
                node["password-secret"] = json!("chap");
            }
            node
        }
        Way::Local { path, .. } => json!({"driver": "file", "filename": path.display().to_string()}),
        Way::LogicalVolume { volume } => {
            return Err(AttachError::NoPath(format!(
                "{}/{} is no disk of a server",
                volume.group, volume.name
            )));
        }
        Way::FibreChannel { .. } => {
            return Err(AttachError::CannotHere("Fibre Channel needs an adapter of this host".to_owned()));
        }
    };
    node["node-name"] = json!("storage");
    node["read-only"] = json!(connection.read_only);
    Ok(node)
}

/// What the bytes mean. A file names no other file: nothing is probed, and nothing is opened because content says so.
fn format(connection: &Connection) -> Value {
    let mut node = match &connection.way {
        Way::Local { format: Format::Qcow2, .. } => json!({"driver": "qcow2", "backing": null}),
        _ => json!({"driver": "raw"}),
    };
    node["file"] = json!("storage");
    node["node-name"] = json!(DISK);
    node["read-only"] = json!(connection.read_only);
    node
}
