//! Overwrites a file with zeros.

use std::fs::File;
use std::os::unix::fs::FileExt;

use ports::Work;

use super::Stopped;

/// How much is written at once.
const CHUNK_BYTES: usize = 1 << 20;

/// Overwrites the first `bytes` of `file`, or all of it when it is shorter, and waits until that is on the disk.
pub(crate) fn wipe(file: &File, bytes: u64, work: &Work) -> Result<(), Stopped> {
    let total = file.metadata()?.len().min(bytes);
    work.set_total(total);
    let zeros = vec![0; CHUNK_BYTES];
    let mut position = 0;
    while position < total {
        let chunk = usize::try_from(total - position).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        file.write_all_at(&zeros[..chunk], position)?;
        work.advance(chunk as u64)?;
        position += chunk as u64;
    }
    Ok(file.sync_data()?)
}
