//! Putting an image into a file: zeros become holes, the name comes last.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, fchown};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use model::ImageId;
use ports::DriverError;
use ports::image::ImageWriter;
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{FileImageStore, UNFINISHED};

/// Zeros are looked for in blocks of this many bytes, aligned in the file.
const BLOCK_BYTES: usize = 64 * 1024;
/// What zeros are compared with.
const ZEROS: &[u8] = &[0; 4096];
/// What is written is handed to the disk each time this much has come together, so that the end does not have to wait
/// for all of it.
const HAND_OVER_BYTES: u64 = 64 << 20;

/// A file that is being filled.
#[derive(Debug)]
pub(super) struct Writer {
    store: FileImageStore,
    image: ImageId,
    path: PathBuf,
    file: File,
    at: u64,
    handed_over: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// Whether nothing is to be removed any more.
    named: bool,
}

impl Writer {
    pub(super) fn create(store: FileImageStore, image: ImageId) -> Result<Self, DriverError> {
        loop {
            // The attempt is a name of its own, for which an identifier does as well as any.
            let path = store.directory.join(format!("{UNFINISHED}{image}-{}", ImageId::random()));
            let made = make_locked(&path).map_err(|error| store.failure("making", &path, error))?;
            // A start of another process may have taken it for a dead one's before it was locked.
            let Some(file) = made else { continue };
            return Ok(Self { store, image, path, file, at: 0, handed_over: 0, syncing: None, named: false });
        }
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (length, zero) = self.next_run(rest);
            let (run, behind) = rest.split_at(length);
            if !zero {
                self.file.write_all_at(run, self.at)?;
            }
            self.at += run.len() as u64;
            rest = behind;
        }
        if self.at - self.handed_over >= HAND_OVER_BYTES {
            self.hand_over()?;
        }
        Ok(())
    }

    /// Has the disk begin with what was written, while more comes. What makes the data durable is the sync at the end.
    fn hand_over(&mut self) -> io::Result<()> {
        if self.syncing.as_ref().is_some_and(|syncing| !syncing.is_finished()) {
            return Ok(());
        }
        self.synced()?;
        let file = self.file.try_clone()?;
        let syncing = std::thread::Builder::new().name("image-sync".to_owned());
        self.syncing = Some(syncing.spawn(move || file.sync_data())?);
        self.handed_over = self.at;
        Ok(())
    }

    /// Where root writes into the directory of another user, whose processes read it too, the image is that user's.
    fn hand_to_owner(&self) -> io::Result<()> {
        let (directory, file) = (fs::metadata(&self.store.directory)?, self.file.metadata()?);
        let owner = (directory.uid(), directory.gid());
        if owner == (file.uid(), file.gid()) || !rustix::process::geteuid().is_root() {
            return Ok(());
        }
        if let Err(error) = fchown(&self.file, Some(owner.0), Some(owner.1)) {
            // Not every server of files lets root of a client do that.
            tracing::warn!(%error, path = %self.path.display(), "the owner of the directory may be unable to read it");
        }
        Ok(())
    }

    /// Waits for the disk, which may say now that it failed before.
    fn synced(&mut self) -> io::Result<()> {
        match self.syncing.take().map(JoinHandle::join) {
            None => Ok(()),
            Some(Ok(synced)) => synced,
            Some(Err(_)) => Err(io::Error::other("a sync failed badly")),
        }
    }

    /// How many of the bytes are alike, by block: zeros, or not.
    fn next_run(&self, bytes: &[u8]) -> (usize, bool) {
        let into_block = usize::try_from(self.at % BLOCK_BYTES as u64).unwrap_or(0);
        let mut end = (BLOCK_BYTES - into_block).min(bytes.len());
        let zero = is_zero(&bytes[..end]);
        while end < bytes.len() {
            let next = (end + BLOCK_BYTES).min(bytes.len());
            if is_zero(&bytes[end..next]) != zero {
                break;
            }
            end = next;
        }
        (end, zero)
    }

    fn publish(&mut self) -> Result<(), DriverError> {
        let synced = self.synced();
        let failed = |error| self.store.failure("finishing", &self.path, error);
        synced.map_err(failed)?;
        // What ends in zeros was not written up to its end.
        self.file.set_len(self.at).and_then(|()| self.hand_to_owner()).map_err(failed)?;
        self.file.sync_all().map_err(failed)?;
        fs::rename(&self.path, self.store.file(self.image)).map_err(failed)?;
        self.named = true;
        self.store.sync()
    }
}

/// Makes a file that is locked for as long as it is open, so that it is seen that somebody writes it; none when it was
/// removed before it was locked.
fn make_locked(path: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?);
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => return Ok(None),
        locked => locked?,
    }
    Ok((file.metadata()?.nlink() > 0).then_some(file))
}

fn is_zero(bytes: &[u8]) -> bool {
    // Two slices are compared as fast as memory is read.
    bytes.chunks(ZEROS.len()).all(|chunk| chunk == &ZEROS[..chunk.len()])
}

impl ImageWriter for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), DriverError> {
        let asked_bytes = bytes.len() as u64;
        self.put(bytes).map_err(|error| match self.store.failure("writing", &self.path, error) {
            DriverError::NoSpace { free_bytes, .. } => DriverError::NoSpace { asked_bytes, free_bytes },
            other => other,
        })
    }

    fn skip(&mut self, length_bytes: u64) -> Result<(), DriverError> {
        let end = self.at.checked_add(length_bytes).filter(|end| i64::try_from(*end).is_ok());
        self.at =
            end.ok_or_else(|| DriverError::Refused("an image is longer than a file can be".to_owned()))?;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<u64, DriverError> {
        self.publish()?;
        Ok(self.at)
    }

    fn leave(mut self: Box<Self>) {
        self.named = true;
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if !self.named
            && let Err(error) = fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "{} is left until the next start", self.path.display());
        }
    }
}
