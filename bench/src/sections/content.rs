//! What stands on a volume whose bytes are stored or moved. Everybody gets the same.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// What is written at a time, in bytes.
const PIECE_BYTES: usize = 1 << 20;
/// Pieces of the volume.
const PIECES: u64 = 1024;
/// Pieces of 64 KiB that change: 1 % of 1 GiB.
const CHANGES: u64 = 164;

/// Fills the volume: every other piece random, the others zeros that were written.
pub(super) fn fill(volume: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(volume)?;
    let zeros = vec![0; PIECE_BYTES];
    let mut noise = Noise(1);
    for piece in 0..PIECES {
        let at = piece * PIECE_BYTES as u64;
        match piece % 2 {
            0 => file.write_all_at(&noise.bytes(PIECE_BYTES), at)?,
            _ => file.write_all_at(&zeros, at)?,
        }
    }
    file.sync_all()
}

/// Changes 1 % of it, in places all over.
pub(super) fn change(volume: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(volume)?;
    let mut noise = Noise(0x5EED);
    for number in 0..CHANGES {
        let at = number * (PIECES * PIECE_BYTES as u64 / CHANGES) / 65_536 * 65_536;
        file.write_all_at(&noise.bytes(65_536), at)?;
    }
    file.sync_all()
}

/// A generator of bytes that do not shrink (xorshift).
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        for word in bytes.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            word.copy_from_slice(&self.0.to_le_bytes()[..word.len()]);
        }
        bytes
    }
}
