//! The haggling phase: agreeing on structured replies and on the one unnamed export.

use std::io::{self, ErrorKind, Read, Write};

/// What the server starts with: `NBDMAGIC`.
pub(super) const SERVER_MAGIC: u64 = u64::from_be_bytes(*b"NBDMAGIC");
/// What options are marked with: `IHAVEOPT`.
pub(super) const OPTION_MAGIC: u64 = u64::from_be_bytes(*b"IHAVEOPT");
/// What replies to options are marked with.
pub(super) const OPTION_REPLY_MAGIC: u64 = 0x0003_e889_0455_65a9;
/// `NBD_FLAG_FIXED_NEWSTYLE` and `NBD_FLAG_NO_ZEROES`, the same bits on both sides.
pub(super) const FIXED_NEWSTYLE: u16 = 1;
pub(super) const NO_ZEROES: u16 = 1 << 1;
/// Longest reply to an option, in bytes. They are a few dozen bytes, or an error's text.
const MAX_REPLY_BYTES: u32 = 8 << 10;
/// Most replies to one option.
const MAX_REPLIES: usize = 64;

pub(super) const OPT_GO: u32 = 7;
const OPT_STRUCTURED_REPLY: u32 = 8;
const OPT_SET_META_CONTEXT: u32 = 10;
pub(super) const REP_ACK: u32 = 1;
pub(super) const REP_INFO: u32 = 3;
const REP_META_CONTEXT: u32 = 4;
pub(super) const REP_IS_ERROR: u32 = 1 << 31;
pub(super) const INFO_EXPORT: u16 = 0;
/// The context that tells which stretches read as zeros.
const ALLOCATION: &[u8] = b"base:allocation";

/// Transmission flags: what the export can do.
pub(super) const CAN_FLUSH: u16 = 1 << 2;
pub(super) const READ_ONLY: u16 = 1 << 1;
pub(super) const CAN_WRITE_ZEROES: u16 = 1 << 6;

/// What was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Agreed {
    /// Length of the disk.
    pub(super) size_bytes: u64,
    /// Transmission flags.
    pub(super) flags: u16,
    /// The number of the context `base:allocation`; none when the server keeps no account.
    pub(super) allocation: Option<u32>,
}

/// An answer that the protocol does not allow.
pub(super) fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, format!("nbd: {what}"))
}

/// Agrees with the server behind `stream`.
pub(super) fn shake_hands<S: Read + Write>(stream: &mut S) -> io::Result<Agreed> {
    let mut greeting = [0; 18];
    stream.read_exact(&mut greeting)?;
    let mut rest = &greeting[..];
    if u64_of(&mut rest)? != SERVER_MAGIC || u64_of(&mut rest)? != OPTION_MAGIC {
        return Err(broken("the greeting is not one of fixed newstyle"));
    }
    let flags = u16_of(&mut rest)?;
    if flags & FIXED_NEWSTYLE == 0 {
        return Err(broken("the server is too old"));
    }
    stream.write_all(&u32::from(flags & (FIXED_NEWSTYLE | NO_ZEROES)).to_be_bytes())?;
    ask(stream, OPT_STRUCTURED_REPLY, &[], |kind, _| Err(unexpected(kind)))?;
    let allocation = agree_on_allocation(stream)?;
    let (size_bytes, flags) = go(stream)?;
    Ok(Agreed { size_bytes, flags, allocation })
}

fn agree_on_allocation<S: Read + Write>(stream: &mut S) -> io::Result<Option<u32>> {
    let mut data = Vec::new();
    data.extend(0_u32.to_be_bytes());
    data.extend(1_u32.to_be_bytes());
    data.extend(u32::try_from(ALLOCATION.len()).unwrap_or(0).to_be_bytes());
    data.extend(ALLOCATION);
    let mut number = None;
    ask(stream, OPT_SET_META_CONTEXT, &data, |kind, mut reply| {
        if kind != REP_META_CONTEXT {
            return Err(unexpected(kind));
        }
        let id = u32_of(&mut reply)?;
        if reply == ALLOCATION {
            number = Some(id);
        }
        Ok(())
    })?;
    Ok(number)
}

fn go<S: Read + Write>(stream: &mut S) -> io::Result<(u64, u16)> {
    let mut export = None;
    // The unnamed export, and no further information asked for.
    ask(stream, OPT_GO, &[0; 6], |kind, mut reply| {
        if kind != REP_INFO {
            return Err(unexpected(kind));
        }
        if u16_of(&mut reply)? == INFO_EXPORT {
            export = Some((u64_of(&mut reply)?, u16_of(&mut reply)?));
        }
        Ok(())
    })?;
    export.ok_or_else(|| broken("the server does not say how large the disk is"))
}

/// Sends an option, and hands its replies to `take` until the server has acknowledged it.
fn ask<S: Read + Write>(
    stream: &mut S,
    option: u32,
    data: &[u8],
    mut take: impl FnMut(u32, &[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut asked = Vec::with_capacity(16 + data.len());
    asked.extend(OPTION_MAGIC.to_be_bytes());
    asked.extend(option.to_be_bytes());
    asked.extend(u32::try_from(data.len()).map_err(|_| broken("an option that is too long"))?.to_be_bytes());
    asked.extend(data);
    stream.write_all(&asked)?;
    for _ in 0..MAX_REPLIES {
        let mut head = [0; 20];
        stream.read_exact(&mut head)?;
        let mut head = &head[..];
        if u64_of(&mut head)? != OPTION_REPLY_MAGIC || u32_of(&mut head)? != option {
            return Err(broken("a reply to something that was not asked"));
        }
        let (kind, length) = (u32_of(&mut head)?, u32_of(&mut head)?);
        if length > MAX_REPLY_BYTES {
            return Err(broken("a reply that is too long"));
        }
        let mut reply = vec![0; length as usize];
        stream.read_exact(&mut reply)?;
        match kind {
            REP_ACK => return Ok(()),
            kind if kind & REP_IS_ERROR != 0 => {
                let told: String =
                    String::from_utf8_lossy(&reply).chars().filter(|c| !c.is_control()).take(200).collect();
                return Err(broken(&format!("option {option} is refused ({kind:#x}) {told}")));
            }
            kind => take(kind, &reply)?,
        }
    }
    Err(broken("too many replies"))
}

fn unexpected(kind: u32) -> io::Error {
    broken(&format!("a reply of unexpected type {kind}"))
}

/// Takes a big-endian number from the start of `bytes`.
macro_rules! number {
    ($name:ident, $type:ty) => {
        pub(super) fn $name(bytes: &mut &[u8]) -> io::Result<$type> {
            let (first, rest) =
                bytes.split_first_chunk().ok_or_else(|| broken("a reply that is too short"))?;
            *bytes = rest;
            Ok(<$type>::from_be_bytes(*first))
        }
    };
}

number!(u16_of, u16);
number!(u32_of, u32);
number!(u64_of, u64);
