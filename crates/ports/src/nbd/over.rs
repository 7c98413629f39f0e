//! QEMU as the reader of what only we can read: it asks a server of ours for the bytes, and serves the disk in them.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use serde_json::json;

use super::qemu::open_within;
use super::serve::serve_read_only;
use crate::DriverError;
use crate::exec::Exec;
use crate::volume::{Access, Disk};

/// Opens the disk in `data`, which are of the kind that QEMU calls `driver`, for reading; `what` names it in errors, and
/// QEMU may use so much processor time, in seconds.
///
/// # Errors
/// As [`super::open`].
pub fn open_over(
    exec: &Exec,
    what: &str,
    driver: &str,
    data: Box<dyn Disk>,
    cpu_seconds: u64,
) -> Result<Box<dyn Disk>, DriverError> {
    let failed = |error| DriverError::io(format!("serving the data of {what}"))(error);
    let place = exec.socket_place().map_err(failed)?;
    let listener = UnixListener::bind(place.path()).map_err(failed)?;
    let name = what.to_owned();
    let serving = move || {
        // QEMU has one connection, for as long as it has the disk open.
        let served: io::Result<()> =
            listener.accept().and_then(|(mut stream, _)| serve_read_only(&mut stream, &*data));
        if let Err(error) = served {
            tracing::debug!(%error, name, "whoever read it is gone");
        }
    };
    thread::Builder::new().name("image-nbd".to_owned()).spawn(serving).map_err(failed)?;
    let mut node = json!({
        "driver": driver,
        "file": { "driver": "nbd", "server": { "type": "unix", "path": place.path() } },
    });
    if matches!(driver, "qcow2" | "vmdk") {
        node["backing"] = serde_json::Value::Null;
    }
    let opened = open_within(exec, what, &node, Access::Read, cpu_seconds);
    if opened.is_err() {
        // Where QEMU never came, the server still waits for it.
        let _ = UnixStream::connect(place.path());
    }
    opened
}
