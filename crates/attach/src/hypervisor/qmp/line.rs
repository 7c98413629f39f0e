//! Lines of bounded length from a socket, within a time.

use std::io::{self, ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

/// Longest line, in bytes. The longest that we ask for describes every node of the block layer, a kilobyte each.
pub(super) const MAX_LINE_BYTES: usize = 4 << 20;
/// How much is read at once.
const CHUNK_BYTES: usize = 16 << 10;
/// The shortest time that a socket can be told to wait; none at all would mean for ever.
const LEAST_WAIT: Duration = Duration::from_millis(1);

/// Reads lines.
#[derive(Debug)]
pub(super) struct Lines {
    stream: UnixStream,
    buffer: Vec<u8>,
    /// How much of the buffer is known to hold no end of a line.
    searched: usize,
}

impl Lines {
    pub(super) const fn new(stream: UnixStream) -> Self {
        Self { stream, buffer: Vec::new(), searched: 0 }
    }

    pub(super) const fn stream(&mut self) -> &mut UnixStream {
        &mut self.stream
    }

    /// The next line without its end; none when `until` has come before it was complete. What came of it is kept.
    pub(super) fn next(&mut self, until: Instant) -> io::Result<Option<Vec<u8>>> {
        loop {
            if let Some(line) = self.take_line() {
                return Ok(Some(line));
            }
            if self.buffer.len() > MAX_LINE_BYTES {
                return Err(io::Error::new(ErrorKind::InvalidData, "a line is too long"));
            }
            let Some(left) = until.checked_duration_since(Instant::now()) else { return Ok(None) };
            self.stream.set_read_timeout(Some(left.max(LEAST_WAIT)))?;
            let mut chunk = [0; CHUNK_BYTES];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.buffer.extend_from_slice(&chunk[..count]),
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn take_line(&mut self) -> Option<Vec<u8>> {
        let found = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let Some(offset) = found else {
            self.searched = self.buffer.len();
            return None;
        };
        let rest = self.buffer.split_off(self.searched + offset + 1);
        let mut line = std::mem::replace(&mut self.buffer, rest);
        self.searched = 0;
        while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
            line.pop();
        }
        Some(line)
    }
}
