//! A server of one disk for reading: any client of NBD can look into it. Fixed newstyle, simple replies, one request at a
//! time on each connection.

use std::io::{self, ErrorKind, Read, Write};

use super::handshake::{
    FIXED_NEWSTYLE, INFO_EXPORT, NO_ZEROES, OPT_GO, OPTION_MAGIC, OPTION_REPLY_MAGIC, READ_ONLY, REP_ACK,
    REP_INFO, REP_IS_ERROR, SERVER_MAGIC, broken, u16_of, u32_of, u64_of,
};
use super::reply::{REQUEST_MAGIC, SIMPLE_REPLY_MAGIC};
use crate::volume::Disk;

const OPT_EXPORT_NAME: u32 = 1;
const OPT_ABORT: u32 = 2;
const OPT_LIST: u32 = 3;
const OPT_INFO: u32 = 6;
const REP_SERVER: u32 = 2;
const REP_ERR_UNSUPPORTED: u32 = REP_IS_ERROR | 1;
/// `NBD_FLAG_HAS_FLAGS` and `NBD_FLAG_CAN_MULTI_CONN`: who only reads may do so on several connections.
const HAS_FLAGS: u16 = 1;
const CAN_MULTI_CONNECT: u16 = 1 << 8;
/// Longest option of a client, in bytes.
const MAX_OPTION_BYTES: u32 = 8 << 10;
/// Most options of a client.
const MAX_OPTIONS: usize = 64;
/// Longest request, in bytes: what clients may send without asking.
const MAX_REQUEST_BYTES: u32 = 32 << 20;

const READ: u16 = 0;
const WRITE: u16 = 1;
const DISCONNECT: u16 = 2;
const FLUSH: u16 = 3;
const EPERM: u32 = 1;
const EIO: u32 = 5;
const EINVAL: u32 = 22;

/// Serves `disk` to the client behind `stream` until it goes; whatever name it asks for, it gets this disk.
///
/// # Errors
/// The connection broke, or the client does not keep to the protocol.
pub fn serve_read_only<S: Read + Write>(stream: &mut S, disk: &dyn Disk) -> io::Result<()> {
    if !shake_hands(stream, disk.size_bytes())? {
        return Ok(());
    }
    let mut answer = Vec::new();
    loop {
        let mut request = [0; 28];
        match stream.read_exact(&mut request) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let mut rest = &request[..];
        if u32_of(&mut rest)? != REQUEST_MAGIC {
            return Err(broken("no request"));
        }
        let (_flags, command, cookie) = (u16_of(&mut rest)?, u16_of(&mut rest)?, u64_of(&mut rest)?);
        let (offset, length) = (u64_of(&mut rest)?, u32_of(&mut rest)?);
        let is_within = offset.checked_add(length.into()).is_some_and(|end| end <= disk.size_bytes());
        answer.clear();
        answer.resize(16, 0);
        let error = match command {
            DISCONNECT => return Ok(()),
            READ if !is_within || length > MAX_REQUEST_BYTES => EINVAL,
            READ => {
                answer.resize(16 + length as usize, 0);
                match disk.read_at(&mut answer[16..], offset) {
                    Ok(()) => 0,
                    Err(error) => {
                        tracing::error!(offset, length, %error, "a stretch cannot be read");
                        answer.truncate(16);
                        EIO
                    }
                }
            }
            WRITE => {
                // What it carries has to be taken before the next request.
                let carried = io::copy(&mut Read::by_ref(stream).take(length.into()), &mut io::sink())?;
                if carried < u64::from(length) {
                    return Ok(());
                }
                EPERM
            }
            FLUSH => 0,
            _ => EPERM,
        };
        answer[..4].copy_from_slice(&SIMPLE_REPLY_MAGIC.to_be_bytes());
        answer[4..8].copy_from_slice(&error.to_be_bytes());
        answer[8..16].copy_from_slice(&cookie.to_be_bytes());
        stream.write_all(&answer)?;
    }
}

/// Agrees with the client; false when it only had a look.
fn shake_hands<S: Read + Write>(stream: &mut S, size_bytes: u64) -> io::Result<bool> {
    let mut greeting = [SERVER_MAGIC.to_be_bytes(), OPTION_MAGIC.to_be_bytes()].concat();
    greeting.extend((FIXED_NEWSTYLE | NO_ZEROES).to_be_bytes());
    stream.write_all(&greeting)?;
    let mut flags = [0; 4];
    stream.read_exact(&mut flags)?;
    let without_zeros = u32::from_be_bytes(flags) & u32::from(NO_ZEROES) != 0;
    let export_flags = HAS_FLAGS | READ_ONLY | CAN_MULTI_CONNECT;
    let export = [&size_bytes.to_be_bytes()[..], &export_flags.to_be_bytes()].concat();
    for _ in 0..MAX_OPTIONS {
        let mut head = [0; 16];
        stream.read_exact(&mut head)?;
        let mut rest = &head[..];
        let magic = u64_of(&mut rest)?;
        let (option, length) = (u32_of(&mut rest)?, u32_of(&mut rest)?);
        if magic != OPTION_MAGIC || length > MAX_OPTION_BYTES {
            return Err(broken("no option"));
        }
        let mut data = vec![0; length as usize];
        stream.read_exact(&mut data)?;
        match option {
            OPT_EXPORT_NAME => {
                stream.write_all(&export)?;
                if !without_zeros {
                    stream.write_all(&[0; 124])?;
                }
                return Ok(true);
            }
            OPT_ABORT => {
                reply(stream, option, REP_ACK, &[])?;
                return Ok(false);
            }
            OPT_LIST => {
                reply(stream, option, REP_SERVER, &[0; 4])?;
                reply(stream, option, REP_ACK, &[])?;
            }
            OPT_INFO | OPT_GO => {
                reply(stream, option, REP_INFO, &[&INFO_EXPORT.to_be_bytes()[..], &export].concat())?;
                reply(stream, option, REP_ACK, &[])?;
                if option == OPT_GO {
                    return Ok(true);
                }
            }
            _ => reply(stream, option, REP_ERR_UNSUPPORTED, &[])?,
        }
    }
    Err(broken("too many options"))
}

fn reply<S: Write>(stream: &mut S, option: u32, kind: u32, data: &[u8]) -> io::Result<()> {
    let mut bytes = OPTION_REPLY_MAGIC.to_be_bytes().to_vec();
    bytes.extend(option.to_be_bytes());
    bytes.extend(kind.to_be_bytes());
    bytes.extend(u32::try_from(data.len()).map_err(|_| broken("a reply that is too long"))?.to_be_bytes());
    bytes.extend(data);
    stream.write_all(&bytes)
}
