//! A directory for files that are needed for as long as a call takes, and that nobody has set space aside for.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::DriverError;
use crate::volume::{Disk, Extent};

/// What is left to others on the same file system, such as the database.
const SPARE_BYTES: u64 = 256 << 20;
/// How much is written between two looks at what is left.
const LOOK_EVERY_BYTES: u64 = 32 << 20;

/// Such a directory, of one process alone.
#[derive(Debug, Clone)]
pub struct Scratch {
    directory: PathBuf,
    spare_bytes: u64,
}

/// The place of a file, which is removed when this is dropped.
#[derive(Debug)]
pub struct ScratchFile {
    scratch: Scratch,
    path: PathBuf,
}

/// A disk in a scratch file. Writing to it ends before the file system is full or the file longer than it may be.
#[derive(Debug)]
pub struct Bounded<'d> {
    disk: &'d dyn Disk,
    file: &'d ScratchFile,
    most_bytes: u64,
    written_bytes: AtomicU64,
}

impl Scratch {
    /// The scratch in `directory`, which no other process uses: what is in it was left by one that was killed, and goes.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn take(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        match fs::remove_dir_all(&directory) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(Self { directory, spare_bytes: SPARE_BYTES }),
        }
    }

    /// The place of a file called `name`. Nothing is there.
    ///
    /// # Errors
    /// The directory cannot be made, or there is no room in it.
    pub fn file(&self, name: &str) -> Result<ScratchFile, DriverError> {
        let path = self.directory.join(name);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        let removed = made.and_then(|()| match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => self.check_room(),
        });
        removed.map_err(DriverError::io(format!("making {}", path.display())))?;
        Ok(ScratchFile { scratch: self.clone(), path })
    }

    fn check_room(&self) -> io::Result<()> {
        let stat = rustix::fs::statvfs(&self.directory)?;
        let free_bytes = stat.f_bavail.saturating_mul(stat.f_frsize);
        if free_bytes >= self.spare_bytes {
            return Ok(());
        }
        let why = format!(
            "{free_bytes} bytes are free in {}, and {} are left to others",
            self.directory.display(),
            self.spare_bytes
        );
        Err(io::Error::new(io::ErrorKind::StorageFull, why))
    }
}

impl ScratchFile {
    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `disk`, whose bytes go into this file, which may become `most_bytes` long.
    #[must_use]
    pub fn bounded<'d>(&'d self, disk: &'d dyn Disk, most_bytes: u64) -> Bounded<'d> {
        Bounded { disk, file: self, most_bytes, written_bytes: AtomicU64::new(0) }
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "{} is left until the next start", self.path.display());
        }
    }
}

impl Bounded<'_> {
    /// Looks from time to time whether `more_bytes` may be written.
    fn check(&self, more_bytes: u64) -> io::Result<()> {
        let before = self.written_bytes.fetch_add(more_bytes, Ordering::Relaxed);
        if before / LOOK_EVERY_BYTES == before.saturating_add(more_bytes) / LOOK_EVERY_BYTES {
            return Ok(());
        }
        self.file.scratch.check_room()?;
        let length_bytes = fs::metadata(&self.file.path)?.len();
        if length_bytes <= self.most_bytes {
            return Ok(());
        }
        let why =
            format!("it has {length_bytes} bytes before it is whole, and {} are allowed", self.most_bytes);
        Err(io::Error::new(io::ErrorKind::StorageFull, why))
    }
}

impl Disk for Bounded<'_> {
    fn size_bytes(&self) -> u64 {
        self.disk.size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.disk.read_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.check(bytes.len() as u64)?;
        self.disk.write_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.disk.zero_at(offset_bytes, length_bytes)
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        self.disk.extent_at(offset_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.sync()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::volume::FileDisk;

    static CHUNK: [u8; 1 << 20] = [1; 1 << 20];

    /// Writes `chunks` MiB.
    fn fill(file: &ScratchFile, most_bytes: u64, chunks: u64) -> io::Result<()> {
        let disk = File::options().read(true).write(true).create_new(true).open(file.path()).unwrap();
        disk.set_len(chunks << 20).unwrap();
        let disk = FileDisk::new(disk).unwrap();
        let bounded = file.bounded(&disk, most_bytes);
        (0..chunks).try_for_each(|at| bounded.write_at(&CHUNK, at << 20))
    }

    #[test]
    fn a_file_ends_where_it_may_not_become_longer() {
        let home = tempfile::tempdir().unwrap();
        let scratch = Scratch { spare_bytes: 0, ..Scratch::take(home.path().join("scratch")).unwrap() };
        fill(&scratch.file("good").unwrap(), 40 << 20, 40).unwrap();
        let refused = fill(&scratch.file("long").unwrap(), 39 << 20, 40).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
        assert!(refused.to_string().contains(&(39_u64 << 20).to_string()), "{refused}");
        assert_eq!(fs::read_dir(home.path().join("scratch")).unwrap().count(), 0, "each is removed");
    }

    #[test]
    fn what_is_left_to_others_is_not_touched() {
        let home = tempfile::tempdir().unwrap();
        let full = Scratch { spare_bytes: u64::MAX, ..Scratch::take(home.path().join("scratch")).unwrap() };
        let refused = full.file("file").unwrap_err();
        assert!(!refused.may_pass(), "{refused}");
    }

    #[test]
    fn what_a_dead_process_left_goes_at_the_next_start() {
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("scratch");
        let file = Scratch { spare_bytes: 0, ..Scratch::take(&directory).unwrap() }.file("dead").unwrap();
        fs::write(file.path(), b"half").unwrap();
        std::mem::forget(file);
        Scratch::take(&directory).unwrap();
        assert!(!directory.exists());
    }
}
