//! A directory with one file per image, called by the image's identifier and nothing else.
//!
//! That is the layout of Glance's `file` store, so a directory that was Glance's can be read. What is still being put
//! is called `.unfinished-{image}-{attempt}`; every attempt has a name of its own, so that a late one never ends up
//! under the name of another, and is locked while somebody writes it.

mod writer;

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use model::ImageId;
use ports::DriverError;
use ports::image::{FoundImage, ImageCapabilities, ImageStore, ImageWriter, StoreSpace};
use ports::volume::{Disk, FileDisk};
use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

/// What the names of half-made files begin with.
const UNFINISHED: &str = ".unfinished-";
/// The unit of `st_blocks`, whatever the file system's own (stat(2)).
const BLOCK_BYTES: u64 = 512;

/// Images as files of a directory.
#[derive(Debug, Clone)]
pub struct FileImageStore {
    directory: PathBuf,
}

impl FileImageStore {
    /// The store in `directory`, which [`ImageStore::check`] makes when it is missing.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self { directory: directory.into() }
    }

    fn file(&self, image: ImageId) -> PathBuf {
        self.directory.join(image.to_string())
    }

    /// The directory's plain files by name.
    fn files(&self) -> Result<Vec<(String, fs::Metadata)>, DriverError> {
        let cannot = |error| self.failure("listing", &self.directory, error);
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            match entry.metadata() {
                Ok(found) if found.is_file() => files.push((name, found)),
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(cannot(error)),
            }
        }
        Ok(files)
    }

    fn sync(&self) -> Result<(), DriverError> {
        let synced = File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(|error| self.failure("syncing", &self.directory, error))
    }

    /// Turns a failed file operation into the error that says what can be done about it.
    fn failure(&self, what: &str, path: &Path, error: io::Error) -> DriverError {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                let free_bytes = self.space().map_or(0, |space| space.free_bytes);
                DriverError::NoSpace { asked_bytes: free_bytes.saturating_add(1), free_bytes }
            }
            _ => DriverError::io(format!("{what} {}", path.display()))(error),
        }
    }
}

impl ImageStore for FileImageStore {
    fn capabilities(&self) -> ImageCapabilities {
        ImageCapabilities { kind: "file", sparse: true, local_files: true, shared: false }
    }

    fn check(&self) -> Result<(), DriverError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(|error| self.failure("making", &self.directory, error))?;
        rustix::fs::access(&self.directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
            .map_err(|errno| {
                let why = io::Error::from(errno);
                DriverError::Refused(format!("{} is not writable: {why}", self.directory.display()))
            })
    }

    fn space(&self) -> Result<StoreSpace, DriverError> {
        let stat = rustix::fs::statvfs(&self.directory).map_err(|errno| {
            DriverError::io(format!("measuring {}", self.directory.display()))(errno.into())
        })?;
        Ok(StoreSpace {
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    fn begin(&self, image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError> {
        Ok(Box::new(writer::Writer::create(self.clone(), image)?))
    }

    fn open(&self, image: ImageId) -> Result<Box<dyn Disk>, DriverError> {
        let path = self.file(image);
        // Without NONBLOCK the opening of a planted pipe would wait for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&path, flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT) => return Err(DriverError::Missing { what: format!("image {image}") }),
            Err(Errno::LOOP) => return Err(foreign(&path)),
            Err(errno) => return Err(self.failure("opening", &path, errno.into())),
        };
        let found = file.metadata().map_err(|error| self.failure("looking at", &path, error))?;
        if !found.is_file() {
            return Err(foreign(&path));
        }
        let disk = FileDisk::new(file).map_err(|error| self.failure("measuring", &path, error))?;
        Ok(Box::new(disk))
    }

    fn path_of(&self, image: ImageId) -> Option<PathBuf> {
        Some(self.file(image))
    }

    fn url_of(&self, image: ImageId) -> String {
        format!("file://{}", self.file(image).display())
    }

    fn remove(&self, image: ImageId) -> Result<(), DriverError> {
        let path = self.file(image);
        match fs::remove_file(&path) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failure("removing", &path, error)),
        }
    }

    fn list(&self) -> Result<Vec<FoundImage>, DriverError> {
        let images = self.files()?.into_iter().filter_map(|(name, found)| {
            let id: ImageId = name.parse().ok()?;
            let used_bytes = found.blocks().saturating_mul(BLOCK_BYTES);
            let modified_s = u64::try_from(found.mtime()).unwrap_or(0);
            let image = FoundImage { id, size_bytes: found.len(), used_bytes, modified_s };
            (id.to_string() == name).then_some(image)
        });
        Ok(images.collect())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        let mut removed = 0;
        for (name, _) in self.files()?.iter().filter(|(name, _)| is_unfinished(name)) {
            let path = self.directory.join(name);
            if !is_dead(&path).map_err(|error| self.failure("locking", &path, error))? {
                continue;
            }
            match fs::remove_file(&path) {
                Ok(()) => removed += 1,
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(self.failure("removing", &path, error)),
            }
        }
        if removed > 0 {
            self.sync()?;
        }
        Ok(removed)
    }
}

/// Whether a file carries our mark of something half-made: exactly the form that we write.
fn is_unfinished(name: &str) -> bool {
    /// Characters of an identifier.
    const ID: usize = 36;
    let Some(rest) = name.strip_prefix(UNFINISHED) else { return false };
    let (Some(image), Some(attempt)) = (rest.get(..ID), rest.get(ID + 1..)) else { return false };
    rest.as_bytes().get(ID) == Some(&b'-') && [image, attempt].iter().all(|id| id.parse::<ImageId>().is_ok())
}

/// Whether nobody writes the file any more: who writes it holds a lock on it.
fn is_dead(path: &Path) -> io::Result<bool> {
    let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(false),
        opened => opened?,
    };
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Ok(false),
        locked => Ok(locked.map(|()| true)?),
    }
}

fn foreign(path: &Path) -> DriverError {
    DriverError::Refused(format!("{} is not a file of ours", path.display()))
}

#[cfg(test)]
mod tests;
