//! What stores of objects that are asked over HTTP have in common: trying again, and what an answer means.

use std::fmt::Write as _;
use std::io;
use std::thread;
use std::time::Duration;

use md5::{Digest, Md5};
use ports::DriverError;
use ports::backup::ObjectName;

use crate::http::Reply;

/// Longest that is waited before a request is made again.
const MAX_PAUSE: Duration = Duration::from_secs(30);
/// Largest object that is put in one request, in bytes: 5 GiB, as both kinds of stores have it.
pub(crate) const MAX_OBJECT_BYTES: u64 = 5 << 30;
/// What an answer may have beyond the object in it, in bytes: a page of a list, or why there is none.
pub(crate) const MAX_PAGE_BYTES: u64 = 8 << 20;

/// How often a request is made, and how long is waited in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tries {
    /// How often in all; at least once.
    pub(crate) attempts: u32,
    /// Before the second; twice as long before each further one.
    pub(crate) pause: Duration,
}

impl Tries {
    /// Asks until there is an answer that is more than a sign of trouble.
    ///
    /// # Errors
    /// There was none. `doing` says what was asked.
    pub(crate) fn ask<E: std::fmt::Display>(
        self,
        doing: &str,
        ask: impl Fn() -> Result<Reply, E>,
    ) -> Result<Reply, DriverError> {
        let mut pause = self.pause;
        let mut left = self.attempts.max(1);
        loop {
            left -= 1;
            let why = match ask() {
                Ok(reply) if !is_trouble(reply.status) => return Ok(reply),
                Ok(reply) => answer(&reply),
                Err(error) => error.to_string(),
            };
            if left == 0 {
                return Err(DriverError::Io { what: doing.to_owned(), source: io::Error::other(why) });
            }
            tracing::warn!(doing, why, "trying again");
            thread::sleep(pause.min(MAX_PAUSE));
            pause = pause.saturating_mul(2);
        }
    }
}

/// Whether the same request may be answered otherwise a little later.
const fn is_trouble(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// What an answer that is none means. `asked_bytes` were to be put.
pub(crate) fn refusal(doing: &str, reply: &Reply, asked_bytes: usize) -> DriverError {
    match reply.status {
        404 => DriverError::Missing { what: doing.to_owned() },
        413 | 507 => DriverError::NoSpace { asked_bytes: asked_bytes as u64, free_bytes: 0 },
        _ => DriverError::Refused(format!("{doing}: {}", answer(reply))),
    }
}

/// An answer in a few words.
fn answer(reply: &Reply) -> String {
    let text = String::from_utf8_lossy(&reply.body);
    let shown: String = text.chars().filter(|it| !it.is_control()).take(300).collect();
    format!("status {} {shown}", reply.status).trim_end().to_owned()
}

/// What is asked about an object.
pub(crate) struct Question<'q> {
    pub(crate) method: &'static str,
    pub(crate) headers: &'q [(&'q str, &'q str)],
    /// Largest answer.
    pub(crate) most_bytes: u64,
}

impl Question<'static> {
    fn of(method: &'static str) -> Self {
        Self { method, headers: &[], most_bytes: MAX_PAGE_BYTES }
    }
}

/// A store that is asked for its objects one by one.
pub(crate) trait Asked {
    /// Asks about an object; `doing` says what for.
    fn ask_about(&self, object: &ObjectName, doing: &str, asked: &Question<'_>)
    -> Result<Reply, DriverError>;
}

/// All of an object. Whether it has at most `most_bytes` is asked first: an answer that is too long would be read for
/// nothing, and asked for again.
pub(crate) fn get(store: &impl Asked, object: &ObjectName, most_bytes: u64) -> Result<Vec<u8>, DriverError> {
    let doing = format!("getting {object}");
    match length(object, &store.ask_about(object, &doing, &Question::of("HEAD"))?)? {
        Some(length) if length > most_bytes => {
            let why = format!("{object} has {length} bytes, more than {most_bytes}");
            return Err(DriverError::Refused(why));
        }
        _ => {}
    }
    let most_bytes = most_bytes.saturating_add(MAX_PAGE_BYTES);
    let all = Question { most_bytes, ..Question::of("GET") };
    let reply = store.ask_about(object, &doing, &all)?;
    if reply.is_success() { Ok(reply.body) } else { Err(refusal(&object.to_string(), &reply, 0)) }
}

/// The bytes of an object at `offset_bytes`, as far as it has them; how many those are.
pub(crate) fn get_range(
    store: &impl Asked,
    object: &ObjectName,
    offset_bytes: u64,
    buffer: &mut [u8],
) -> Result<usize, DriverError> {
    if buffer.is_empty() {
        return Ok(0);
    }
    let last = offset_bytes.saturating_add(buffer.len() as u64).saturating_sub(1);
    let range = format!("bytes={offset_bytes}-{last}");
    // A server that knows no ranges is of use for small objects only.
    let most_bytes = buffer.len() as u64 + MAX_PAGE_BYTES;
    let part = Question { method: "GET", headers: &[("range", &range)], most_bytes };
    let reply = store.ask_about(object, &format!("reading {object}"), &part)?;
    fill(buffer, offset_bytes, &reply).ok_or_else(|| refusal(&object.to_string(), &reply, 0))
}

/// The length of an object, in bytes.
pub(crate) fn length_of(store: &impl Asked, object: &ObjectName) -> Result<u64, DriverError> {
    let doing = format!("looking at {object}");
    let found = length(object, &store.ask_about(object, &doing, &Question::of("HEAD"))?)?;
    found.ok_or_else(|| DriverError::Refused(format!("nobody says how long {object} is")))
}

/// Removes an object. Already gone is a success.
pub(crate) fn remove(store: &impl Asked, object: &ObjectName) -> Result<(), DriverError> {
    let doing = format!("removing {object}");
    let reply = store.ask_about(object, &doing, &Question::of("DELETE"))?;
    if reply.is_success() || reply.status == 404 { Ok(()) } else { Err(refusal(&doing, &reply, 0)) }
}

/// What the answer to `HEAD` says of the length of an object, in bytes.
fn length(object: &ObjectName, head: &Reply) -> Result<Option<u64>, DriverError> {
    if !head.is_success() {
        return Err(refusal(&object.to_string(), head, 0));
    }
    Ok(head.header("content-length").and_then(|length| length.parse().ok()))
}

/// A page of a list, as `read` reads it; none when there is nothing that could be listed.
pub(crate) fn page<T>(
    doing: &str,
    reply: &Reply,
    read: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, DriverError> {
    if reply.status == 404 {
        return Ok(None);
    }
    if !reply.is_success() {
        return Err(refusal(doing, reply, 0));
    }
    let odd = || DriverError::Refused(format!("{doing}: the answer is no list"));
    read(&reply.body).map(Some).ok_or_else(odd)
}

/// Puts the answer to a `Range` into `buffer`; how much there was. None when it is no such answer.
fn fill(buffer: &mut [u8], offset_bytes: u64, reply: &Reply) -> Option<usize> {
    let part = match reply.status {
        206 => reply.body.as_slice(),
        // The whole object: its server knows no ranges.
        200 => reply.body.get(usize::try_from(offset_bytes).ok()?..).unwrap_or_default(),
        416 => &[],
        _ => return None,
    };
    let length = part.len().min(buffer.len());
    buffer[..length].copy_from_slice(&part[..length]);
    Some(length)
}

/// An MD5 sum.
pub(crate) fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// Hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Percent-encodes what is neither a letter, a digit nor one of `-_.~`; slashes only when `slashes` says so.
pub(crate) fn encode(text: &str, slashes: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) || byte == b'/' && !slashes {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
