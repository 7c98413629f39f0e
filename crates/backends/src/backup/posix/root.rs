//! The directory itself: every file below it is reached relative to an open handle, and never through a link.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileExt};
use std::path::PathBuf;

use ports::DriverError;
use ports::backup::{FoundObject, ObjectName};
use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// Where objects lie that are being written.
const UNFINISHED: &str = ".unfinished";
/// Modes as Cinder gives them: readable by the group, which a second service may be in.
const DIRECTORY_MODE: Mode = Mode::from_raw_mode(0o770);
const FILE_MODE: Mode = Mode::from_raw_mode(0o660);

/// A directory of backups.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
}

impl Root {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Makes the directory if it is missing, and looks whether objects can be put into it.
    pub(super) fn check(&self) -> Result<(), DriverError> {
        let shown = self.path.display();
        if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o770).create(&self.path) {
            return Err(DriverError::Refused(format!("{shown} cannot be made: {error}")));
        }
        let root = self.open_root()?;
        let allowed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::accessat(&root, ".", allowed, AtFlags::EACCESS).map_err(|errno| {
            DriverError::Refused(format!("{shown} is not writable: {}", io::Error::from(errno)))
        })?;
        self.make_directory(&root, UNFINISHED).map(drop)
    }

    pub(super) fn put(&self, object: &ObjectName, bytes: &[u8]) -> Result<(), DriverError> {
        let root = self.open_root()?;
        let unfinished = self.make_directory(&root, UNFINISHED)?;
        let directory = self.make_directory(&root, object.container())?;
        let temporary = a_name_of_its_own()?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&unfinished, &temporary, flags, FILE_MODE)
            .map_err(|errno| failure("making a file for", object, errno.into(), bytes.len()))?;
        let mut file = File::from(file);
        let written = self.write(&mut file, bytes).and_then(|()| {
            rustix::fs::renameat(&unfinished, &temporary, &directory, object.name())?;
            rustix::fs::fsync(&directory)?;
            Ok(())
        });
        written.map_err(|error| {
            // What stays behind is found by the next sweep.
            let _ = rustix::fs::unlinkat(&unfinished, &temporary, AtFlags::empty());
            failure("writing", object, error, bytes.len())
        })
    }

    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Opens an object; its length comes with it.
    pub(super) fn open(&self, object: &ObjectName) -> Result<(File, u64), DriverError> {
        let missing = || DriverError::Missing { what: object.to_string() };
        let directory = self.directory(&self.open_root()?, object.container())?.ok_or_else(missing)?;
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&directory, object.name(), flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT) => return Err(missing()),
            Err(errno) => return Err(failure("opening", object, errno.into(), 0)),
        };
        let found = file.metadata().map_err(|error| failure("looking at", object, error, 0))?;
        if !found.is_file() {
            return Err(DriverError::Refused(format!("{object} is no file")));
        }
        Ok((file, found.len()))
    }

    /// Fills `buffer` as far as the file reaches.
    pub(super) fn read(
        &self,
        file: &File,
        object: &ObjectName,
        buffer: &mut [u8],
        offset_bytes: u64,
    ) -> Result<usize, DriverError> {
        let mut filled = 0;
        while filled < buffer.len() {
            match file.read_at(&mut buffer[filled..], offset_bytes + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failure("reading", object, error, 0)),
            }
        }
        Ok(filled)
    }

    pub(super) fn list(&self, container: &str, prefix: &str) -> Result<Vec<FoundObject>, DriverError> {
        // A name that cannot be one leads nowhere.
        if !ObjectName::is_container(container) {
            return Ok(Vec::new());
        }
        let Some(directory) = self.directory(&self.open_root()?, container)? else { return Ok(Vec::new()) };
        let failed = |errno: Errno| DriverError::io(format!("listing {container}"))(errno.into());
        let mut found = Vec::new();
        for entry in Dir::read_from(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Ok(name) = entry.file_name().to_str() else { continue };
            if name.starts_with('.') || !name.starts_with(prefix) {
                continue;
            }
            let stat = match rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(errno) => return Err(failed(errno)),
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
                let size_bytes = u64::try_from(stat.st_size).unwrap_or(0);
                found.push(FoundObject { name: name.to_owned(), size_bytes: Some(size_bytes) });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    pub(super) fn remove(&self, object: &ObjectName) -> Result<(), DriverError> {
        let Some(directory) = self.directory(&self.open_root()?, object.container())? else { return Ok(()) };
        match rustix::fs::unlinkat(&directory, object.name(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(errno) => return Err(failure("removing", object, errno.into(), 0)),
        }
        rustix::fs::fsync(&directory).map_err(|errno| failure("removing", object, errno.into(), 0))
    }

    /// Removes what nobody writes any more: nobody holds its lock.
    pub(super) fn sweep(&self) -> Result<usize, DriverError> {
        let unfinished = self.make_directory(&self.open_root()?, UNFINISHED)?;
        let failed = |errno: Errno| DriverError::io(format!("sweeping {UNFINISHED}"))(errno.into());
        let mut swept = 0;
        for entry in Dir::read_from(&unfinished).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
            let Ok(file) = rustix::fs::openat(&unfinished, name, flags, Mode::empty()) else { continue };
            let dead = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
            if dead && rustix::fs::unlinkat(&unfinished, name, AtFlags::empty()).is_ok() {
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn open_root(&self) -> Result<OwnedFd, DriverError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::open(&self.path, flags, Mode::empty())
            .map_err(|errno| DriverError::io(format!("opening {}", self.path.display()))(errno.into()))
    }

    /// Opens a directory below the root; none when it is not there.
    fn directory(&self, root: &OwnedFd, path: &str) -> Result<Option<OwnedFd>, DriverError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        match rustix::fs::openat2(root, path, flags, Mode::empty(), within) {
            Ok(directory) => Ok(Some(directory)),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(DriverError::io(format!("opening the container {path}"))(errno.into())),
        }
    }

    /// Opens a directory below the root, and makes it and those above it if they are missing.
    fn make_directory(&self, root: &OwnedFd, path: &str) -> Result<OwnedFd, DriverError> {
        if let Some(directory) = self.directory(root, path)? {
            return Ok(directory);
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for part in ends.map(|end| &path[..end]) {
            match rustix::fs::mkdirat(root, part, DIRECTORY_MODE) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(errno) => {
                    return Err(DriverError::io(format!("making the container {part}"))(errno.into()));
                }
            }
        }
        let missing = || DriverError::Missing { what: format!("the container {path}, just made,") };
        self.directory(root, path)?.ok_or_else(missing)
    }
}

/// A name that no other process gives to a file, on other hosts that share the directory neither: numbers of processes
/// are the same there.
fn a_name_of_its_own() -> Result<String, DriverError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| DriverError::Refused(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

/// A full store says so with numbers.
fn failure(doing: &str, object: &ObjectName, error: io::Error, asked_bytes: usize) -> DriverError {
    if error.kind() == io::ErrorKind::StorageFull || error.kind() == io::ErrorKind::QuotaExceeded {
        return DriverError::NoSpace { asked_bytes: asked_bytes as u64, free_bytes: 0 };
    }
    DriverError::io(format!("{doing} {object}"))(error)
}
