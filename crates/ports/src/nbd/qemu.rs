//! `qemu-nbd` as the server of one disk, for as long as the disk is open.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::connection::Connection;
use super::disk::{MAX_CONNECTIONS, NbdDisk};
use super::handshake::Agreed;
use crate::DriverError;
use crate::exec::{Call, Exec, ExecError, Running};
use crate::volume::{Access, Disk};

const PROGRAM: &str = "qemu-nbd";
/// How long it may take until it listens.
const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// How long to wait between two looks whether it does.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// How long a server that does not serve may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(5);
/// How much address space it may have.
const ADDRESS_SPACE_BYTES: u64 = 8 << 30;

/// Opens `node`, a block node in the words of QEMU's `blockdev-add`, for our own reading or writing; `what` names it
/// in errors.
///
/// A node must name the driver of each of its layers and rule out every further file (`"backing": null`): nothing is
/// probed, and no file is opened because the content of another says so.
///
/// # Errors
/// There is no `qemu-nbd`; somebody else writes to the disk ([`DriverError::Busy`]); QEMU cannot open it.
pub fn open(exec: &Exec, what: &str, node: &Value, access: Access) -> Result<Box<dyn Disk>, DriverError> {
    open_with(exec, what, node, access, None)
}

/// A secret that a node names.
#[derive(Clone, Copy)]
pub struct Lent<'a> {
    /// What the node calls it.
    pub id: &'a str,
    /// The secret itself: it goes through a pipe, and is in no argument, file or log.
    pub bytes: &'a [u8],
}

/// The same, where `node` names a `secret`.
///
/// # Errors
/// As [`open`].
pub fn open_with(
    exec: &Exec,
    what: &str,
    node: &Value,
    access: Access,
    secret: Option<Lent<'_>>,
) -> Result<Box<dyn Disk>, DriverError> {
    start(exec, what, |socket| call(socket, node, access, secret))
}

/// The same, and the server may use so much processor time, in seconds: for what somebody else has made.
///
/// # Errors
/// As [`open`].
pub fn open_within(
    exec: &Exec,
    what: &str,
    node: &Value,
    access: Access,
    cpu_seconds: u64,
) -> Result<Box<dyn Disk>, DriverError> {
    start(exec, what, |socket| call(socket, node, access, None).cpu_seconds(cpu_seconds))
}

fn start(exec: &Exec, what: &str, call: impl FnOnce(&Path) -> Call) -> Result<Box<dyn Disk>, DriverError> {
    let failed = |error| DriverError::io(format!("serving {what}"))(error);
    let place = exec.socket_place().map_err(failed)?;
    let server = exec.start(call(place.path())).map_err(|error| told(what, error))?;
    let (connection, agreed) = connect(place.path(), &server, what)?;
    Ok(Box::new(NbdDisk::new(connection, agreed, server, place)))
}

fn call(socket: &Path, node: &Value, access: Access, secret: Option<Lent<'_>>) -> Call {
    let mut socket_option = std::ffi::OsString::from("--socket=");
    socket_option.push(socket);
    let mut call = Call::new(PROGRAM)
        .address_space_bytes(ADDRESS_SPACE_BYTES)
        .arg(socket_option)
        .arg(format!("--shared={MAX_CONNECTIONS}"))
        .args(["--cache=writeback", "--aio=threads", "--discard=unmap"]);
    if let Some(Lent { id, bytes }) = secret {
        call = call.arg(format!("--object=secret,id={id},file=/dev/stdin")).stdin(bytes);
    }
    if access == Access::Read {
        call = call.arg("--read-only");
    }
    call.arg(format!("json:{node}"))
}

/// Connects as soon as the server listens; it exits when it cannot open the disk.
fn connect(socket: &Path, server: &Running, what: &str) -> Result<(Connection, Agreed), DriverError> {
    let until = Instant::now() + LISTENS_WITHIN;
    loop {
        let error = match Connection::open(socket) {
            Ok(open) => return Ok(open),
            Err(error) => error,
        };
        let not_yet = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused);
        // It listens before it opens the disk: one that ends now knows better than the socket why.
        match server.ended(if not_yet { LOOK_EVERY } else { ENDS_WITHIN }) {
            Some(Err(error)) => return Err(told(what, error)),
            None if not_yet && Instant::now() < until => {}
            _ => return Err(DriverError::io(format!("connecting to the server of {what}"))(error)),
        }
    }
}

/// What to do about a server that does not serve.
fn told(what: &str, error: ExecError) -> DriverError {
    match error {
        ExecError::NotFound { .. } => {
            DriverError::Refused(format!("opening {what} needs {PROGRAM}, which is not installed"))
        }
        ExecError::Failed { ref stderr, .. } if stderr.contains("\" lock") => {
            DriverError::Busy { what: what.to_owned(), by: "another process".to_owned() }
        }
        error => error.into(),
    }
}
