//! Looking at an image while it passes by.

use std::io;

use crate::detect::{Report, look};
use crate::formats::needed_later;
use crate::source::{MAX_READ_BYTES, Source, Unread};

/// What is kept of the beginning: the region tables of VHDX end at 320 KiB.
const HEAD_BYTES: usize = 320 * 1024;
/// What is kept of the end: the footer of a VHD.
const TAIL_BYTES: usize = 512;

/// An image that passes by. It keeps the beginning, the end, and the few stretches between them that its header points
/// to: at most four megabytes, whatever the image says.
#[derive(Debug, Default)]
pub struct Stream {
    head: Vec<u8>,
    tail: Vec<u8>,
    captures: Option<Vec<Capture>>,
    length: u64,
}

/// A stretch behind the head that is wanted.
#[derive(Debug)]
struct Capture {
    at: u64,
    end: u64,
    bytes: Vec<u8>,
}

impl Stream {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let room = HEAD_BYTES - self.head.len();
        let (for_head, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(for_head);
        self.length += for_head.len() as u64;
        if self.head.len() == HEAD_BYTES && self.captures.is_none() {
            self.captures = Some(self.plan());
        }
        if !rest.is_empty() {
            self.capture(rest);
            self.length += rest.len() as u64;
        }
        self.keep_tail(bytes);
    }

    /// What it was.
    ///
    /// # Errors
    /// None: nothing is read.
    pub fn finish(self) -> io::Result<Report> {
        look(&self)
    }

    fn plan(&self) -> Vec<Capture> {
        let wanted = needed_later(self).into_iter().filter_map(|(at, length)| {
            let end = at.checked_add(length as u64)?;
            let at = at.max(HEAD_BYTES as u64);
            (at < end).then_some(Capture { at, end, bytes: Vec::new() })
        });
        wanted.collect()
    }

    fn capture(&mut self, bytes: &[u8]) {
        let (from, to) = (self.length, self.length + bytes.len() as u64);
        for capture in self.captures.iter_mut().flatten() {
            let (begin, end) = (capture.at.max(from), capture.end.min(to));
            if begin < end {
                let index = |at: u64| usize::try_from(at - from).unwrap_or(bytes.len());
                capture.bytes.extend_from_slice(&bytes[index(begin)..index(end)]);
            }
        }
    }

    fn keep_tail(&mut self, bytes: &[u8]) {
        if bytes.len() >= TAIL_BYTES {
            self.tail.clear();
            self.tail.extend_from_slice(&bytes[bytes.len() - TAIL_BYTES..]);
            return;
        }
        let surplus = (self.tail.len() + bytes.len()).saturating_sub(TAIL_BYTES);
        self.tail.drain(..surplus);
        self.tail.extend_from_slice(bytes);
    }
}

/// The part of `held`, which stands at `held_at`, from `at` to `end`.
fn within(held: &[u8], held_at: u64, at: u64, end: u64) -> Option<&[u8]> {
    let index = |at: u64| usize::try_from(at.checked_sub(held_at)?).ok();
    held.get(index(at)?..index(end)?)
}

impl Source for Stream {
    fn len(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, length: usize) -> Result<Vec<u8>, Unread> {
        let end = offset.checked_add(length as u64).filter(|end| *end <= self.length).ok_or(Unread::Gone)?;
        if length > MAX_READ_BYTES {
            return Err(Unread::Gone);
        }
        let head_bytes = self.head.len() as u64;
        if let Some(part) = within(&self.head, 0, offset, end) {
            return Ok(part.to_vec());
        }
        if let Some(part) = within(&self.tail, self.length - self.tail.len() as u64, offset, end) {
            return Ok(part.to_vec());
        }
        let from = offset.max(head_bytes);
        let mut captures = self.captures.iter().flatten();
        let behind = captures.find_map(|capture| within(&capture.bytes, capture.at, from, end));
        let behind = behind.ok_or(Unread::Gone)?;
        let front = within(&self.head, 0, offset.min(head_bytes), head_bytes).unwrap_or_default();
        Ok([front, behind].concat())
    }
}
