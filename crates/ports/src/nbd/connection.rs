//! One connection: one request after the other.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use super::handshake::{Agreed, shake_hands};
use super::reply::{self, Command, Failed, Into, request};

/// How long the server may be silent. A flush waits for a disk.
const PATIENCE: Duration = Duration::from_secs(600);

/// A connection to a server. After a failure that broke it, it is of no use any more.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<UnixStream>,
    next_cookie: u64,
}

impl Connection {
    /// Connects to the socket `path`, and agrees with its server.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Agreed)> {
        let mut stream = UnixStream::connect(path)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let agreed = shake_hands(&mut stream)?;
        Ok((Self { stream: BufReader::new(stream), next_cookie: 0 }, agreed))
    }

    /// Sends one request, with the data of a write, and waits for its reply.
    pub(super) fn call(
        &mut self,
        command: Command,
        (offset, length): (u64, u32),
        data: &[u8],
        into: Into<'_>,
    ) -> Result<(), Failed> {
        self.next_cookie = self.next_cookie.wrapping_add(1);
        let mut stream = self.stream.get_ref();
        stream.write_all(&request(command, self.next_cookie, offset, length))?;
        stream.write_all(data)?;
        reply::read(&mut Patient(&mut self.stream), self.next_cookie, into)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Only to be polite: a server takes the end of the connection for the same.
        let _ = self.stream.get_ref().write_all(&request(Command::Disconnect, 0, 0, 0));
    }
}

/// Says a silence of the server as what it is.
struct Patient<'a>(&'a mut BufReader<UnixStream>);

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::Error::new(io::ErrorKind::TimedOut, "nbd: the server is silent"),
            _ => error,
        })
    }
}
