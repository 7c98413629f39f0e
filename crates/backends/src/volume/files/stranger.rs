//! Files that somebody else has named: finding them, giving them our names, and giving them back.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;

use ports::DriverError;
use ports::volume::manage::MAX_LISTED;
use ports::volume::{Access, FoundKind, Named, Reference};
use rustix::fs::{AtFlags, Dir, FileType, RenameFlags};
use rustix::io::Errno;

use super::{Directory, FileName};

/// Longest name of a file, in bytes (`NAME_MAX`).
const MAX_NAME_BYTES: usize = 255;

/// The name of a file right in the directory: never a path, never hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainName(String);

impl PlainName {
    /// The name in a reference.
    pub(crate) fn of(reference: &Reference) -> Result<Self, DriverError> {
        let name = reference.required_name()?;
        Self::parse(name).ok_or_else(|| {
            let shown: String = name.chars().take(MAX_NAME_BYTES).collect();
            DriverError::Refused(format!("{shown:?} is not the name of a file in the backend's directory"))
        })
    }

    fn parse(name: &str) -> Option<Self> {
        let bad = |c: char| c == '/' || c.is_control();
        let good = !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.starts_with('.');
        (good && !name.contains(bad)).then(|| Self(name.to_owned()))
    }

    /// What a file of this name would be to us.
    pub(crate) fn ours(&self) -> Option<FoundKind> {
        FileName::parse(&self.0).map(FileName::kind)
    }
}

impl fmt::Display for PlainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a file of ours that was put out of sight.
fn aside(name: FileName) -> String {
    format!(".aside-{name}")
}

impl Directory {
    /// What could be a volume.
    pub(crate) fn volumes_by_name(&self) -> Result<Vec<Named>, DriverError> {
        self.plain_files(|ours| matches!(ours, None | Some(FoundKind::Volume(_))))
    }

    /// What could be a snapshot.
    pub(crate) fn snapshots_by_name(&self) -> Result<Vec<Named>, DriverError> {
        self.plain_files(|ours| matches!(ours, Some(FoundKind::Snapshot(_))))
    }

    /// The plain files that are not hidden, ours and others', in no order.
    fn plain_files(&self, is_wanted: fn(Option<FoundKind>) -> bool) -> Result<Vec<Named>, DriverError> {
        let listing =
            |errno: Errno| DriverError::io(format!("listing {}", self.path().display()))(errno.into());
        let mut names = Vec::new();
        for found in Dir::read_from(self.handle()).map_err(listing)? {
            let found = found.map_err(listing)?;
            let Some(name) = found.file_name().to_str().ok().and_then(PlainName::parse) else { continue };
            let ours = name.ours();
            if !is_wanted(ours) {
                continue;
            }
            match rustix::fs::statat(self.handle(), found.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                    names.push(Named { reference: Reference::name(name.0), ours, origin: None });
                }
                Ok(_) | Err(Errno::NOENT) => {}
                Err(errno) => return Err(listing(errno)),
            }
            if names.len() > MAX_LISTED {
                let shown = self.path().display();
                return Err(DriverError::Refused(format!("{shown} holds more than {MAX_LISTED} files")));
            }
        }
        Ok(names)
    }

    /// Opens somebody's file; refuses one that has further names, by which others would keep it.
    pub(crate) fn open_stranger(&self, name: &PlainName, access: Access) -> Result<File, DriverError> {
        let missing = || DriverError::Missing { what: name.to_string() };
        let file = self.open_named(name, access)?.ok_or_else(missing)?;
        let links = file.metadata().map_err(self.failure("looking at", name, 0))?.nlink();
        if links > 1 {
            return Err(DriverError::Refused(format!("{name} has {links} names")));
        }
        Ok(file)
    }

    /// Gives the file `from` our name `to`; durable when this returns. Already so is a success.
    pub(crate) fn take_in(&self, from: &PlainName, to: FileName) -> Result<(), DriverError> {
        if self.open_file(to, Access::Read)?.is_none() {
            self.open_stranger(from, Access::Read)?;
            self.name_anew(from, &to)?;
        } else {
            self.drop_second_name(from, &to)?;
        }
        self.sync()
    }

    /// Gives our file `from` the name `to`; durable when this returns. Already so, or no such file, is a success.
    pub(crate) fn hand_out(&self, from: FileName, to: &PlainName) -> Result<(), DriverError> {
        if self.open_file(from, Access::Read)?.is_some() && !self.drop_second_name(&from, to)? {
            self.name_anew(&from, to)?;
        }
        self.sync()
    }

    /// Puts a file of ours out of sight; already so, or no such file, is a success.
    pub(crate) fn put_aside(&self, name: FileName) -> Result<(), DriverError> {
        match self.open_file(name, Access::Read)? {
            Some(_) => self.name_anew(&name, &aside(name)),
            None => Ok(()),
        }
    }

    /// Undoes [`Directory::put_aside`].
    pub(crate) fn bring_back(&self, name: FileName) -> Result<(), DriverError> {
        match self.open_named(&aside(name), Access::Read)? {
            Some(_) => self.name_anew(&aside(name), &name),
            None => Ok(()),
        }
    }

    /// Removes a file that was put aside, if it was.
    pub(crate) fn remove_aside(&self, name: FileName) -> Result<(), DriverError> {
        match rustix::fs::unlinkat(self.handle(), aside(name), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.failure("removing", aside(name), 0)(errno.into())),
        }
    }

    /// Renames, and never replaces.
    fn name_anew(&self, from: &dyn fmt::Display, to: &dyn fmt::Display) -> Result<(), DriverError> {
        let (old, new) = (from.to_string(), to.to_string());
        let handle = self.handle();
        let renamed = match rustix::fs::renameat_with(handle, &old, handle, &new, RenameFlags::NOREPLACE) {
            // Not every file system can refuse to replace, but every one can refuse a second name of a name.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::linkat(handle, &old, handle, &new, AtFlags::empty())
                    .and_then(|()| rustix::fs::unlinkat(handle, &old, AtFlags::empty()))
            }
            renamed => renamed,
        };
        renamed.map_err(|errno| match errno {
            Errno::EXIST => DriverError::Refused(format!("there is a file {new} already")),
            errno => self.failure("naming", &new, 0)(io::Error::from(errno)),
        })
    }

    /// Where both names are one file, because naming it anew was interrupted, removes the old one. Says whether they
    /// were.
    fn drop_second_name(&self, old: &dyn fmt::Display, kept: &dyn fmt::Display) -> Result<bool, DriverError> {
        let stat = |name: &dyn fmt::Display| match rustix::fs::statat(
            self.handle(),
            name.to_string(),
            AtFlags::SYMLINK_NOFOLLOW,
        ) {
            Ok(stat) => Ok(Some((stat.st_dev, stat.st_ino))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.failure("looking at", name.to_string(), 0)(errno.into())),
        };
        let (one, other) = (stat(old)?, stat(kept)?);
        if one.is_none() || one != other {
            return Ok(false);
        }
        rustix::fs::unlinkat(self.handle(), old.to_string(), AtFlags::empty())
            .map_err(|errno| self.failure("removing", old.to_string(), 0)(errno.into()))?;
        Ok(true)
    }
}
