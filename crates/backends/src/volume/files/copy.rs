//! Copies the content of a file: by sharing its blocks where the file system can, else only what is not a hole.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use ports::Work;
use ports::work::Unwanted;
use rustix::fs::{SeekFrom, copy_file_range, ioctl_ficlone, seek};
use rustix::io::Errno;

/// How much is copied between two looks at whether the copy is still wanted.
const CHUNK_BYTES: u64 = 8 << 20;
/// How much is copied at once where the kernel does not copy for us; also the grain in which zeros become holes.
const BUFFER_BYTES: usize = 256 << 10;

/// Why a copy or a wipe ended early.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// It was called off.
    Unwanted(Unwanted),
    /// The system refused.
    Io(io::Error),
}

impl From<Unwanted> for Stopped {
    fn from(unwanted: Unwanted) -> Self {
        Self::Unwanted(unwanted)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Errno> for Stopped {
    fn from(errno: Errno) -> Self {
        Self::Io(errno.into())
    }
}

/// Lets `to` share all blocks of `from` (`FICLONE`). The kernel takes them at one moment, even while somebody writes.
/// Says whether the file system could; `to` is unchanged when it could not.
pub(crate) fn reflink(from: &File, to: &File) -> io::Result<bool> {
    match ioctl_ficlone(to, from) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::INVAL | Errno::NOTTY | Errno::NOSYS | Errno::PERM) => {
            Ok(false)
        }
        Err(errno) => Err(errno.into()),
    }
}

/// Copies `from` to `to`, leaving out its holes: `to` is empty, or preallocated and reads as zeros. It becomes at
/// least as long as `from`.
pub(crate) fn copy_sparse(from: &File, to: &File, work: &Work) -> Result<(), Stopped> {
    let len = from.metadata()?.len();
    if to.metadata()?.len() < len {
        to.set_len(len)?;
    }
    work.set_total(len);
    let mut copier = Copier { from, to, by_kernel: true };
    let mut position = 0;
    while let Some((start, end)) = next_data(from, position, len)? {
        work.advance(start - position)?;
        position = start;
        while position < end {
            let copied = copier.copy(position, (end - position).min(CHUNK_BYTES))?;
            if copied == 0 {
                // The file became shorter while it was read; what is missing reads as zeros.
                return Ok(work.advance(len - position)?);
            }
            work.advance(copied)?;
            position += copied;
        }
    }
    Ok(work.advance(len - position)?)
}

/// The next piece of data at or after `position`: where it begins and ends.
fn next_data(file: &File, position: u64, len: u64) -> io::Result<Option<(u64, u64)>> {
    let start = match seek(file, SeekFrom::Data(position)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        // A file system that knows no holes has nothing but data.
        Err(Errno::INVAL) => return Ok((position < len).then_some((position, len))),
        Err(errno) => return Err(errno.into()),
    };
    let end = seek(file, SeekFrom::Hole(start))?.min(len);
    Ok((start < end).then_some((start, end)))
}

struct Copier<'a> {
    from: &'a File,
    to: &'a File,
    by_kernel: bool,
}

impl Copier<'_> {
    /// Copies at most `bytes` at `position`; says how many. None means that `from` ends here.
    fn copy(&mut self, position: u64, bytes: u64) -> io::Result<u64> {
        if self.by_kernel {
            let (mut read_at, mut write_at) = (position, position);
            let at_most = usize::try_from(bytes).unwrap_or(usize::MAX);
            match copy_file_range(self.from, Some(&mut read_at), self.to, Some(&mut write_at), at_most) {
                Ok(copied) => return Ok(copied as u64),
                Err(Errno::INTR) => return self.copy_here(position, bytes),
                Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                    self.by_kernel = false;
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        self.copy_here(position, bytes)
    }

    /// The same through our own memory, leaving out zeros.
    fn copy_here(&self, position: u64, bytes: u64) -> io::Result<u64> {
        let mut buffer =
            vec![0; usize::try_from(bytes).map_or(BUFFER_BYTES, |bytes| bytes.min(BUFFER_BYTES))];
        let read = read_some(self.from, &mut buffer, position)?;
        let piece = &buffer[..read];
        if piece.iter().any(|byte| *byte != 0) {
            self.to.write_all_at(piece, position)?;
        }
        Ok(read as u64)
    }
}

fn read_some(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    loop {
        match file.read_at(buffer, position) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
