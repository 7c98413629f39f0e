//! A server's export as a disk: a few connections, so that several requests are under way at the same time.

use std::io::{self, ErrorKind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connection::Connection;
use super::handshake::{Agreed, CAN_FLUSH, CAN_WRITE_ZEROES, READ_ONLY, broken};
use super::reply::{Command, Failed, Into};
use crate::exec::{Running, SocketPlace};
use crate::volume::{Disk, Extent};

/// Most connections, and so most requests at the same time.
pub(super) const MAX_CONNECTIONS: usize = 8;
/// Most bytes of one request that carries data. Servers take 32 MiB.
const MAX_DATA_BYTES: usize = 4 << 20;
/// Most bytes of one request that carries none.
const MAX_STRETCH_BYTES: u64 = 1 << 30;
/// How long a server may take to end that nobody is connected to; it closes its files.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

/// A disk behind a server of ours.
#[derive(Debug)]
pub(super) struct NbdDisk {
    // In this order they end: the connections, the server, which ends with the last of them, and its place.
    connections: Mutex<Connections>,
    one_is_free: Condvar,
    agreed: Agreed,
    server: Running,
    place: SocketPlace,
}

#[derive(Debug, Default)]
struct Connections {
    idle: Vec<Connection>,
    in_use: usize,
}

impl NbdDisk {
    /// The disk that `server` serves at `place`, over `first` and further connections.
    pub(super) fn new(first: Connection, agreed: Agreed, server: Running, place: SocketPlace) -> Self {
        let connections = Mutex::new(Connections { idle: vec![first], in_use: 0 });
        Self { connections, one_is_free: Condvar::new(), agreed, server, place }
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that nobody else uses.
    fn take(&self) -> io::Result<Connection> {
        let mut connections = self.connections();
        loop {
            if let Some(idle) = connections.idle.pop() {
                connections.in_use += 1;
                return Ok(idle);
            }
            if connections.in_use < MAX_CONNECTIONS {
                connections.in_use += 1;
                break;
            }
            connections = self.one_is_free.wait(connections).unwrap_or_else(PoisonError::into_inner);
        }
        drop(connections);
        self.connect().inspect_err(|_| self.give_back(None))
    }

    fn connect(&self) -> io::Result<Connection> {
        let (connection, agreed) = Connection::open(self.place.path())?;
        if agreed != self.agreed {
            return Err(broken("the disk has changed"));
        }
        Ok(connection)
    }

    fn give_back(&self, connection: Option<Connection>) {
        let mut connections = self.connections();
        connections.in_use -= 1;
        connections.idle.extend(connection);
        drop(connections);
        self.one_is_free.notify_one();
    }

    fn call(&self, command: Command, at: (u64, u32), data: &[u8], into: Into<'_>) -> io::Result<()> {
        let mut connection = self.take()?;
        match connection.call(command, at, data, into) {
            Ok(()) => {
                self.give_back(Some(connection));
                Ok(())
            }
            Err(Failed::Refused(error)) => {
                self.give_back(Some(connection));
                Err(error)
            }
            Err(Failed::Broken(error)) => {
                self.give_back(None);
                Err(error)
            }
        }
    }

    fn check(&self, offset_bytes: u64, length_bytes: u64, beyond: ErrorKind) -> io::Result<()> {
        match offset_bytes.checked_add(length_bytes) {
            Some(end) if end <= self.agreed.size_bytes => Ok(()),
            _ => {
                let size_bytes = self.agreed.size_bytes;
                let why = format!("{length_bytes} bytes at {offset_bytes} of a disk of {size_bytes} bytes");
                Err(io::Error::new(beyond, why))
            }
        }
    }

    fn must_be_writable(&self) -> io::Result<()> {
        if self.agreed.flags & READ_ONLY == 0 { Ok(()) } else { Err(ErrorKind::ReadOnlyFilesystem.into()) }
    }

    /// Lets the server end, which it does by itself once nobody is connected.
    fn leave(&mut self) {
        self.connections().idle.clear();
        match self.server.ended(ENDS_WITHIN) {
            Some(Ok(_)) => {}
            Some(Err(error)) => tracing::warn!(%error, "the server of a disk did not end well"),
            None => tracing::warn!(place = %self.place.path().display(), "the server of a disk is ended"),
        }
    }
}

impl Drop for NbdDisk {
    fn drop(&mut self) {
        self.leave();
    }
}

/// The length of a part that is no longer than a limit which fits.
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

impl Disk for NbdDisk {
    fn size_bytes(&self) -> u64 {
        self.agreed.size_bytes
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, buffer.len() as u64, ErrorKind::UnexpectedEof)?;
        let mut offset = offset_bytes;
        for part in buffer.chunks_mut(MAX_DATA_BYTES) {
            let length = part.len();
            self.call(Command::Read, (offset, short(length)), &[], Into::Data { buffer: part, offset })?;
            offset += length as u64;
        }
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, bytes.len() as u64, ErrorKind::InvalidInput)?;
        self.must_be_writable()?;
        let mut offset = offset_bytes;
        for part in bytes.chunks(MAX_DATA_BYTES) {
            self.call(Command::Write, (offset, short(part.len())), part, Into::Nothing)?;
            offset += part.len() as u64;
        }
        Ok(())
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.check(offset_bytes, length_bytes, ErrorKind::InvalidInput)?;
        self.must_be_writable()?;
        let end = offset_bytes + length_bytes;
        let mut offset = offset_bytes;
        if self.agreed.flags & CAN_WRITE_ZEROES == 0 {
            let zeros = vec![0; MAX_DATA_BYTES];
            while offset < end {
                let length = usize::try_from(end - offset).map_or(MAX_DATA_BYTES, |l| l.min(MAX_DATA_BYTES));
                self.write_at(&zeros[..length], offset)?;
                offset += length as u64;
            }
            return Ok(());
        }
        while offset < end {
            let length = (end - offset).min(MAX_STRETCH_BYTES);
            let at = (offset, u32::try_from(length).unwrap_or(u32::MAX));
            self.call(Command::WriteZeroes, at, &[], Into::Nothing)?;
            offset += length;
        }
        Ok(())
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        let rest = self.agreed.size_bytes.saturating_sub(offset_bytes);
        let all_of_it = Extent { length_bytes: rest, is_zero: false };
        let Some(context) = self.agreed.allocation.filter(|_| rest > 0) else { return Ok(all_of_it) };
        let mut found = None;
        let asked = u32::try_from(rest.min(MAX_STRETCH_BYTES)).unwrap_or(u32::MAX);
        let into = Into::Status { context, found: &mut found };
        self.call(Command::BlockStatus, (offset_bytes, asked), &[], into)?;
        Ok(found.map_or(all_of_it, |extent| Extent { length_bytes: extent.length_bytes.min(rest), ..extent }))
    }

    fn sync(&self) -> io::Result<()> {
        if self.agreed.flags & CAN_FLUSH == 0 {
            return Err(io::Error::new(ErrorKind::Unsupported, "nbd: the server cannot flush"));
        }
        self.call(Command::Flush, (0, 0), &[], Into::Nothing)
    }
}
