//! The directory itself: every file in it is reached relative to one open handle, and never through a link.

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use ports::DriverError;
use ports::volume::{Access, Found, FoundKind};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use super::group_sync::GroupSync;
use super::{FileName, Stopped};

/// An open directory of volume files.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    handle: OwnedFd,
    syncs: GroupSync,
}

/// One of our files as it lies in the directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) name: FileName,
    /// Its length.
    pub(crate) bytes: u64,
    /// What it takes on the disk.
    pub(crate) used_bytes: u64,
}

/// What the file system says of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Space {
    /// The same for all directories of one file system.
    pub(crate) file_system_id: u64,
    pub(crate) total_bytes: u64,
    pub(crate) free_bytes: u64,
}

impl Directory {
    /// Opens `path`, which must be a directory that we can write to. It is made if only it is missing, not its parent.
    pub(crate) fn open(path: &Path) -> Result<Self, DriverError> {
        // Programs that are handed a path run elsewhere.
        let path = &std::path::absolute(path).map_err(DriverError::io("asking for the current directory"))?;
        let shown = path.display();
        match fs::symlink_metadata(path) {
            Ok(found) if found.is_symlink() => {
                let target = fs::read_link(path).unwrap_or_default();
                return Err(DriverError::Refused(format!(
                    "{shown} is a symbolic link to {}: name the directory itself",
                    target.display()
                )));
            }
            Ok(found) if !found.is_dir() => {
                return Err(DriverError::Refused(format!("{shown} is not a directory")));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(DriverError::io(format!("looking for {shown}"))(error)),
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::open(path, flags, Mode::empty())
            .map_err(|errno| DriverError::io(format!("opening {shown}"))(errno.into()))?;
        let allowed = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::accessat(&handle, ".", allowed, AtFlags::EACCESS).map_err(|errno| {
            DriverError::Refused(format!("{shown} is not writable: {}", io::Error::from(errno)))
        })?;
        Ok(Self { path: path.to_owned(), handle, syncs: GroupSync::default() })
    }

    /// Whether the path still leads to the directory that is open: not so after something was mounted over it.
    pub(crate) fn confirm(&self) -> Result<(), DriverError> {
        let ours = rustix::fs::fstat(&self.handle).map_err(|errno| self.io("looking at", errno))?;
        let there = fs::symlink_metadata(&self.path);
        if there.is_ok_and(|there| (there.dev(), there.ino()) == (ours.st_dev, ours.st_ino)) {
            return Ok(());
        }
        let shown = self.path.display();
        Err(DriverError::Refused(format!("{shown} is no longer the directory that was there at start")))
    }

    /// Where the file `name` is, for programs that need a path.
    pub(crate) fn path_of(&self, name: impl Display) -> PathBuf {
        self.path.join(name.to_string())
    }

    /// The open directory.
    pub(super) const fn handle(&self) -> &OwnedFd {
        &self.handle
    }

    /// The directory's own path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens a file; none when it is not there. Whatever is not a plain file is refused.
    pub(crate) fn open_file(&self, name: FileName, access: Access) -> Result<Option<File>, DriverError> {
        self.open_named(&name, access)
    }

    /// The same for a name that need not be ours.
    pub(super) fn open_named(&self, name: &dyn Display, access: Access) -> Result<Option<File>, DriverError> {
        let mode = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::RDWR,
        };
        // Without NONBLOCK the opening of a planted pipe would wait for ever.
        let flags = mode | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::openat(&self.handle, name.to_string(), flags, Mode::empty()) {
            Ok(handle) => File::from(handle),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => return Err(self.foreign(name)),
            Err(errno) => return Err(self.failure("opening", name, 0)(errno.into())),
        };
        let found = file.metadata().map_err(self.failure("looking at", name, 0))?;
        if found.is_file() { Ok(Some(file)) } else { Err(self.foreign(name)) }
    }

    /// Makes an empty file where the caller has seen none.
    pub(crate) fn create(&self, name: FileName) -> Result<File, DriverError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match rustix::fs::openat(&self.handle, name.to_string(), flags, Mode::RUSR | Mode::WUSR) {
            Ok(handle) => Ok(File::from(handle)),
            Err(Errno::EXIST) => Err(self.foreign(name)),
            Err(errno) => Err(self.failure("making", name, 0)(errno.into())),
        }
    }

    /// Makes an empty file in place of whatever an interrupted call left under the name.
    pub(crate) fn create_anew(&self, name: FileName) -> Result<File, DriverError> {
        self.remove(name)?;
        self.create(name)
    }

    /// Gives a finished file its real name. Its content must be durable already; the name is only after
    /// [`Directory::sync`].
    pub(crate) fn publish(&self, name: FileName) -> Result<(), DriverError> {
        let (from, to) = (name.unfinished().to_string(), name.to_string());
        let renamed =
            rustix::fs::renameat_with(&self.handle, &from, &self.handle, &to, RenameFlags::NOREPLACE);
        match renamed {
            Ok(()) => Ok(()),
            // Not every file system can refuse to replace; nothing was there when the caller looked.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::renameat(&self.handle, &from, &self.handle, &to)
                    .map_err(|errno| self.failure("naming", name, 0)(errno.into()))
            }
            Err(Errno::EXIST) => Err(self.foreign(name)),
            Err(errno) => Err(self.failure("naming", name, 0)(errno.into())),
        }
    }

    /// Gives a finished file its real name in place of the file that has it: whoever looks finds the one or the other,
    /// after a power failure too. Its content must be durable already.
    pub(crate) fn replace(&self, name: FileName) -> Result<(), DriverError> {
        let (from, to) = (name.unfinished().to_string(), name.to_string());
        rustix::fs::renameat(&self.handle, &from, &self.handle, &to)
            .map_err(|errno| self.failure("replacing", name, 0)(errno.into()))?;
        self.sync()
    }

    /// Removes a file; says whether there was one. Durable only after [`Directory::sync`].
    pub(crate) fn remove(&self, name: FileName) -> Result<bool, DriverError> {
        match rustix::fs::unlinkat(&self.handle, name.to_string(), AtFlags::empty()) {
            Ok(()) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(Errno::ISDIR) => Err(self.foreign(name)),
            Err(errno) => Err(self.failure("removing", name, 0)(errno.into())),
        }
    }

    /// Makes the directory's entries durable, sharing the effort with concurrent callers.
    pub(crate) fn sync(&self) -> Result<(), DriverError> {
        self.syncs
            .run(|| rustix::fs::fsync(&self.handle).map_err(io::Error::from))
            .map_err(DriverError::io(format!("syncing {}", self.path.display())))
    }

    /// Our files, in no order. Links, directories and other people's files are not among them.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, DriverError> {
        let listing = |errno| self.io("listing", errno);
        let mut entries = Vec::new();
        for found in Dir::read_from(&self.handle).map_err(listing)? {
            let found = found.map_err(listing)?;
            let Some(name) = found.file_name().to_str().ok().and_then(FileName::parse) else { continue };
            match rustix::fs::statat(&self.handle, found.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                    entries.push(Entry::new(name, &stat));
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(listing(errno)),
            }
        }
        Ok(entries)
    }

    /// Our files as the reconciler wants them.
    pub(crate) fn found(&self) -> Result<Vec<Found>, DriverError> {
        let found = |entry: Entry| Found {
            kind: entry.name.kind(),
            name: entry.name.to_string(),
            used_bytes: entry.used_bytes,
        };
        Ok(self.entries()?.into_iter().map(found).collect())
    }

    /// Removes what carries the mark of something unfinished; says how many there were.
    pub(crate) fn sweep(&self) -> Result<usize, DriverError> {
        let mut removed = 0;
        for entry in self.entries()? {
            if entry.name.kind() == FoundKind::Unfinished && self.remove(entry.name)? {
                removed += 1;
            }
        }
        if removed > 0 {
            self.sync()?;
        }
        Ok(removed)
    }

    /// Asks the file system for its size.
    pub(crate) fn space(&self) -> Result<Space, DriverError> {
        let stat = rustix::fs::fstatvfs(&self.handle).map_err(|errno| self.io("measuring", errno))?;
        Ok(Space {
            file_system_id: stat.f_fsid,
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
        })
    }

    /// Turns a failed file operation that needed `asked_bytes` into the error that says what can be done about it.
    pub(crate) fn failure(
        &self,
        what: &'static str,
        name: impl Display,
        asked_bytes: u64,
    ) -> impl FnOnce(io::Error) -> DriverError {
        move |error| {
            let what = format!("{what} {}", self.path_of(name).display());
            match error.kind() {
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                    let free_bytes = self.space().map_or(0, |space| space.free_bytes);
                    DriverError::NoSpace { asked_bytes, free_bytes }
                }
                ErrorKind::FileTooLarge => DriverError::Refused(format!(
                    "{what}: no file of {asked_bytes} bytes fits this file system"
                )),
                _ => DriverError::io(what)(error),
            }
        }
    }

    /// The same for a copy or a wipe, which can also be called off.
    pub(crate) fn stopped(
        &self,
        what: &'static str,
        name: FileName,
        asked_bytes: u64,
    ) -> impl FnOnce(Stopped) -> DriverError {
        move |stopped| match stopped {
            Stopped::Unwanted(unwanted) => unwanted.into(),
            Stopped::Io(error) => self.failure(what, name, asked_bytes)(error),
        }
    }

    fn io(&self, what: &'static str, errno: Errno) -> DriverError {
        DriverError::io(format!("{what} {}", self.path.display()))(errno.into())
    }

    fn foreign(&self, name: impl Display) -> DriverError {
        DriverError::Refused(format!("{} is not a file of ours", self.path_of(name).display()))
    }
}

impl Entry {
    fn new(name: FileName, stat: &Stat) -> Self {
        /// The unit of `st_blocks`, whatever the file system's own (stat(2)).
        const BLOCK_BYTES: u64 = 512;
        Self {
            name,
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            used_bytes: u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(BLOCK_BYTES),
        }
    }
}

fn make(path: &Path) -> Result<(), DriverError> {
    let parent = path.parent().unwrap_or(path);
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => File::open(parent)
            .and_then(|parent| parent.sync_all())
            .map_err(DriverError::io(format!("syncing {}", parent.display()))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let (path, parent) = (path.display(), parent.display());
            Err(DriverError::Refused(format!("{path} cannot be made: there is no {parent}")))
        }
        Err(error) => Err(DriverError::io(format!("making {}", path.display()))(error)),
    }
}
