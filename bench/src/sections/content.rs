//! What stands on a volume whose bytes are stored or moved. Everybody gets the same.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::arguments::Content;

/// 1 GiB, in MiB.
pub(super) const GIB_MIB: u64 = 1024;
/// What is written at a time, in bytes.
const PIECE_BYTES: usize = 1 << 20;
/// What changes at a time, in bytes.
const CHANGE_BYTES: usize = 64 << 10;
/// Of so many places one changes: 1 %.
const CHANGE_ONE_OF: u64 = 100;

/// Fills the first `mib` of the volume.
pub(super) fn fill(volume: &Path, content: Content, mib: u64) -> io::Result<()> {
    let file = File::options().write(true).open(volume)?;
    let mut source = Source::new(content, 1);
    for piece in 0..mib {
        let bytes = match content {
            Content::Half if piece % 2 == 1 => vec![0; PIECE_BYTES],
            _ => source.bytes(PIECE_BYTES),
        };
        file.write_all_at(&bytes, piece * PIECE_BYTES as u64)?;
    }
    file.sync_all()
}

/// Changes 1 % of it, in places all over.
pub(super) fn change(volume: &Path, content: Content, mib: u64) -> io::Result<()> {
    let file = File::options().write(true).open(volume)?;
    let mut source = Source::new(content, 0x5EED);
    let places = mib * (PIECE_BYTES / CHANGE_BYTES) as u64;
    for place in (0..places).step_by(usize::try_from(CHANGE_ONE_OF).unwrap_or(1)) {
        file.write_all_at(&source.bytes(CHANGE_BYTES), place * CHANGE_BYTES as u64)?;
    }
    file.sync_all()
}

/// Bytes of one kind, the same ones every time.
struct Source {
    noise: Noise,
    /// The words of a text; none where bytes are not to shrink.
    words: Vec<Vec<u8>>,
}

/// How many different words a text has.
const WORDS: u64 = 4096;
/// Words of one line.
const LINE: u64 = 12;

impl Source {
    fn new(content: Content, seed: u64) -> Self {
        let mut noise = Noise(seed);
        let mut letters = Noise(7);
        let words = match content {
            Content::Random | Content::Half => Vec::new(),
            Content::Text => (0..WORDS).map(|_| letters.word()).collect(),
        };
        noise.next();
        Self { noise, words }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 16);
        while bytes.len() < length {
            // Some words are much more frequent than others.
            let (one, other) = (self.noise.next(), self.noise.next());
            match self.words.get(usize::try_from((one % WORDS).min(other % WORDS)).unwrap_or(0)) {
                None => bytes.extend(one.to_le_bytes()),
                Some(word) => {
                    bytes.extend(word);
                    bytes.push(if other % LINE == 0 { b'\n' } else { b' ' });
                }
            }
        }
        bytes.truncate(length);
        bytes
    }
}

/// A generator of numbers (xorshift).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Three to nine small letters.
    fn word(&mut self) -> Vec<u8> {
        let length = 3 + self.next() % 7;
        (0..length).map(|_| b'a' + u8::try_from(self.next() % 26).unwrap_or(0)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of its places of 64 KiB a volume of 13 MiB has changed, and whether it is text.
    fn changed(content: Content) -> (usize, bool) {
        let volume = tempfile::NamedTempFile::new().unwrap();
        volume.as_file().set_len(16 << 20).unwrap();
        fill(volume.path(), content, 13).unwrap();
        let before = std::fs::read(volume.path()).unwrap();
        change(volume.path(), content, 13).unwrap();
        let after = std::fs::read(volume.path()).unwrap();
        assert_eq!((before.len(), after.len()), (16 << 20, 16 << 20));
        assert!(after[13 << 20..].iter().all(|byte| *byte == 0));
        let pairs = before.chunks(CHANGE_BYTES).zip(after.chunks(CHANGE_BYTES));
        (pairs.filter(|(one, other)| one != other).count(), after[..13 << 20].is_ascii())
    }

    #[test]
    fn one_place_of_a_hundred_changes() {
        // 208 places.
        assert_eq!(changed(Content::Random), (3, false));
        assert_eq!(changed(Content::Half), (3, false));
        assert_eq!(changed(Content::Text), (3, true));
    }
}
