//! Requests and their replies, as bytes.

use std::io::{self, Read};

use super::handshake::{broken, u16_of, u32_of, u64_of};
use crate::volume::Extent;

pub(super) const REQUEST_MAGIC: u32 = 0x2560_9513;
pub(super) const SIMPLE_REPLY_MAGIC: u32 = 0x6744_6698;
const STRUCTURED_REPLY_MAGIC: u32 = 0x668e_33ef;

/// What is asked of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Command {
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    WriteZeroes = 6,
    BlockStatus = 7,
}

/// Chunks of structured replies.
const CHUNK_NONE: u16 = 0;
const CHUNK_DATA: u16 = 1;
const CHUNK_HOLE: u16 = 2;
const CHUNK_STATUS: u16 = 5;
/// Set in the types of chunks that are errors.
const CHUNK_IS_ERROR: u16 = 1 << 15;
/// Set in the flags of the last chunk.
const DONE: u16 = 1;
/// `NBD_STATE_ZERO` of `base:allocation`: the stretch reads as zeros.
const STATE_ZERO: u32 = 1 << 1;

/// Longest chunk that is not data, in bytes; a status of 8000 stretches.
const MAX_CHUNK_BYTES: u32 = 64 << 10;
/// Most chunks of one reply.
const MAX_CHUNKS: usize = 64 << 10;

/// The 28 bytes of a request.
pub(super) fn request(command: Command, cookie: u64, offset: u64, length: u32) -> [u8; 28] {
    let mut bytes = [0; 28];
    bytes[0..4].copy_from_slice(&REQUEST_MAGIC.to_be_bytes());
    bytes[6..8].copy_from_slice(&(command as u16).to_be_bytes());
    bytes[8..16].copy_from_slice(&cookie.to_be_bytes());
    bytes[16..24].copy_from_slice(&offset.to_be_bytes());
    bytes[24..28].copy_from_slice(&length.to_be_bytes());
    bytes
}

/// Where a reply goes.
pub(super) enum Into<'a> {
    /// The command has no answer but that it was done.
    Nothing,
    /// What stands at this offset.
    Data { buffer: &'a mut [u8], offset: u64 },
    /// The stretches at the offset that was asked about, by this context; the first run of those that are alike.
    Status { context: u32, found: &'a mut Option<Extent> },
}

/// A request that failed: either its server said so, or nothing more can be believed of the connection.
#[derive(Debug)]
pub(super) enum Failed {
    Refused(io::Error),
    Broken(io::Error),
}

impl From<io::Error> for Failed {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Reads the reply to the request `cookie`.
pub(super) fn read<R: Read>(stream: &mut R, cookie: u64, into: Into<'_>) -> Result<(), Failed> {
    let mut reply = Reply { into, got_bytes: 0, error: None };
    for _ in 0..MAX_CHUNKS {
        let mut magic = [0; 4];
        stream.read_exact(&mut magic)?;
        let done = match u32::from_be_bytes(magic) {
            SIMPLE_REPLY_MAGIC => reply.simple(stream, cookie)?,
            STRUCTURED_REPLY_MAGIC => reply.chunk(stream, cookie)?,
            _ => return Err(broken("not a reply").into()),
        };
        if done {
            return reply.finish();
        }
    }
    Err(broken("too many chunks").into())
}

struct Reply<'a> {
    into: Into<'a>,
    got_bytes: u64,
    error: Option<io::Error>,
}

impl Reply<'_> {
    /// A reply without chunks: allowed for everything that is answered by nothing.
    fn simple<R: Read>(&mut self, stream: &mut R, cookie: u64) -> io::Result<bool> {
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        let mut head = &head[..];
        let error = u32_of(&mut head)?;
        must_be(cookie, u64_of(&mut head)?)?;
        match (&self.into, error) {
            (_, error) if error != 0 => self.error = Some(refusal(error, &[])),
            (Into::Nothing, _) => {}
            _ => return Err(broken("a simple reply to a request that is answered by chunks")),
        }
        Ok(true)
    }

    /// One chunk; says whether it is the last.
    fn chunk<R: Read>(&mut self, stream: &mut R, cookie: u64) -> io::Result<bool> {
        let mut head = [0; 16];
        stream.read_exact(&mut head)?;
        let mut head = &head[..];
        let (flags, kind) = (u16_of(&mut head)?, u16_of(&mut head)?);
        must_be(cookie, u64_of(&mut head)?)?;
        let length = u32_of(&mut head)?;
        if kind == CHUNK_DATA {
            self.data(stream, length)?;
        } else {
            if length > MAX_CHUNK_BYTES {
                return Err(broken("a chunk that is too long"));
            }
            let mut payload = vec![0; length as usize];
            stream.read_exact(&mut payload)?;
            self.payload(kind, &payload)?;
        }
        Ok(flags & DONE != 0)
    }

    fn data<R: Read>(&mut self, stream: &mut R, length: u32) -> io::Result<()> {
        let mut at = [0; 8];
        stream.read_exact(&mut at)?;
        let bytes = u64::from(length).checked_sub(8).ok_or_else(|| broken("a chunk that is too short"))?;
        let part = self.part(u64::from_be_bytes(at), bytes)?;
        stream.read_exact(part)
    }

    fn payload(&mut self, kind: u16, mut payload: &[u8]) -> io::Result<()> {
        match kind {
            CHUNK_NONE => Ok(()),
            CHUNK_HOLE => {
                let (at, bytes) = (u64_of(&mut payload)?, u32_of(&mut payload)?);
                self.part(at, bytes.into())?.fill(0);
                Ok(())
            }
            CHUNK_STATUS => self.status(payload),
            kind if kind & CHUNK_IS_ERROR != 0 => {
                let error = u32_of(&mut payload)?;
                let length = usize::from(u16_of(&mut payload)?);
                self.error = Some(refusal(error, payload.get(..length).unwrap_or_default()));
                Ok(())
            }
            _ => Err(broken("a chunk of unknown type")),
        }
    }

    /// The part of the buffer that belongs to `bytes` at `at` of the disk.
    fn part(&mut self, at: u64, bytes: u64) -> io::Result<&mut [u8]> {
        let Into::Data { buffer, offset } = &mut self.into else {
            return Err(broken("data that was not asked for"));
        };
        let start = at.checked_sub(*offset).and_then(|start| usize::try_from(start).ok());
        let length = usize::try_from(bytes).ok();
        let range = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
        self.got_bytes = self.got_bytes.saturating_add(bytes);
        range.and_then(|range| buffer.get_mut(range)).ok_or_else(|| broken("data from elsewhere"))
    }

    fn status(&mut self, mut payload: &[u8]) -> io::Result<()> {
        let Into::Status { context, found } = &mut self.into else {
            return Err(broken("a status that was not asked for"));
        };
        if u32_of(&mut payload)? != *context {
            return Ok(());
        }
        while !payload.is_empty() {
            let length_bytes = u64::from(u32_of(&mut payload)?);
            let is_zero = u32_of(&mut payload)? & STATE_ZERO != 0;
            if length_bytes == 0 {
                return Err(broken("an empty stretch"));
            }
            match found {
                None => **found = Some(Extent { length_bytes, is_zero }),
                Some(extent) if extent.is_zero == is_zero => extent.length_bytes += length_bytes,
                Some(_) => return Ok(()),
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failed> {
        if let Some(error) = self.error {
            return Err(Failed::Refused(error));
        }
        match self.into {
            Into::Data { buffer, .. } if self.got_bytes != buffer.len() as u64 => {
                Err(broken("a reply without all of the data").into())
            }
            Into::Status { found: None, .. } => Err(broken("a reply without a status").into()),
            _ => Ok(()),
        }
    }
}

fn must_be(cookie: u64, got: u64) -> io::Result<()> {
    if got == cookie { Ok(()) } else { Err(broken("a reply to another request")) }
}

/// The protocol's errors have the numbers that Linux gives them.
fn refusal(error: u32, told: &[u8]) -> io::Error {
    let system = io::Error::from_raw_os_error(i32::try_from(error).unwrap_or(0));
    let told: String = String::from_utf8_lossy(told).chars().filter(|c| !c.is_control()).take(200).collect();
    if told.is_empty() { system } else { io::Error::new(system.kind(), format!("{system}: {told}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(flags: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
        let mut bytes = STRUCTURED_REPLY_MAGIC.to_be_bytes().to_vec();
        bytes.extend(flags.to_be_bytes());
        bytes.extend(kind.to_be_bytes());
        bytes.extend(7_u64.to_be_bytes());
        bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    fn data(at: u64, bytes: &[u8]) -> Vec<u8> {
        [&at.to_be_bytes(), bytes].concat()
    }

    fn read_data(reply: &[u8]) -> Result<[u8; 8], Failed> {
        let mut buffer = [9; 8];
        read(&mut &*reply, 7, Into::Data { buffer: &mut buffer, offset: 100 }).map(|()| buffer)
    }

    fn is_broken<T: std::fmt::Debug>(result: Result<T, Failed>) {
        assert!(matches!(result, Err(Failed::Broken(_))), "{result:?}");
    }

    #[test]
    fn data_may_come_in_any_order_but_all_of_it() {
        let hole = [&104_u64.to_be_bytes()[..], &4_u32.to_be_bytes()].concat();
        let whole =
            [chunk(0, CHUNK_HOLE, &hole), chunk(DONE, CHUNK_DATA, &data(100, &[1, 2, 3, 4]))].concat();
        assert_eq!(read_data(&whole).unwrap(), [1, 2, 3, 4, 0, 0, 0, 0]);
        is_broken(read_data(&chunk(DONE, CHUNK_DATA, &data(100, &[1; 4]))));
        is_broken(read_data(&whole[..whole.len() - 1]));
    }

    #[test]
    fn what_does_not_belong_to_the_request_breaks_the_connection() {
        is_broken(read_data(&chunk(DONE, CHUNK_DATA, &data(99, &[1; 8]))));
        is_broken(read_data(&chunk(DONE, CHUNK_DATA, &data(101, &[1; 8]))));
        is_broken(read_data(&chunk(DONE, CHUNK_DATA, &data(u64::MAX, &[1; 8]))));
        is_broken(read_data(&chunk(DONE, CHUNK_DATA, &[1; 7])));
        is_broken(read_data(&chunk(DONE, 3, &[])));
        is_broken(read_data(&chunk(DONE, CHUNK_NONE, &vec![0; MAX_CHUNK_BYTES as usize + 1])));
        let mut other = chunk(DONE, CHUNK_DATA, &data(100, &[1; 8]));
        other[15] = 8;
        is_broken(read_data(&other));
        is_broken(read_data(b"nonsense"));
        let mut buffer = [0; 8];
        let simple = [&SIMPLE_REPLY_MAGIC.to_be_bytes()[..], &[0; 4], &7_u64.to_be_bytes()].concat();
        is_broken(read(&mut &*simple, 7, Into::Data { buffer: &mut buffer, offset: 0 }));
        assert!(read(&mut &*simple, 7, Into::Nothing).is_ok());
    }

    #[test]
    fn a_refusal_is_told_and_the_connection_goes_on() {
        let told = [&28_u32.to_be_bytes()[..], &4_u16.to_be_bytes(), b"full"].concat();
        let error = read_data(&chunk(DONE, CHUNK_IS_ERROR | 1, &told)).unwrap_err();
        let Failed::Refused(error) = error else { panic!("{error:?}") };
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert!(error.to_string().ends_with(": full"), "{error}");
    }

    #[test]
    fn a_status_is_its_first_run_of_alike_stretches() {
        let status = |words: &[u32]| {
            let payload: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
            let mut found = None;
            let reply = chunk(DONE, CHUNK_STATUS, &payload);
            read(&mut &*reply, 7, Into::Status { context: 5, found: &mut found }).map(|()| found)
        };
        let extent = |length_bytes, is_zero| Some(Extent { length_bytes, is_zero });
        assert_eq!(status(&[5, 10, 3, 20, 2, 30, 0]).unwrap(), extent(30, true));
        assert_eq!(status(&[5, u32::MAX, 1, u32::MAX, 0]).unwrap(), extent(2 * u64::from(u32::MAX), false));
        is_broken(status(&[5, 0, 1]));
        is_broken(status(&[5, 1]));
        is_broken(status(&[6, 10, 3]));
        is_broken(status(&[5]));
    }
}
