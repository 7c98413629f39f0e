//! qcow2 files, made and grown by `qemu-img`.
//!
//! The format is always said, never probed, and no program gets to see a file whose header was not looked at here.
//! `qemu-img` takes QEMU's own locks when it writes, so it refuses a file that a running machine has open.

mod header;
mod standing;

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use ports::exec::Call;
use ports::volume::bases::MAX_HEIGHT;
use ports::volume::{Access, Disk, FoundKind};
use ports::{DriverError, Exec, ExecError, Work, nbd};
use serde_json::{Value, json};

use self::header::{Distrust, Header};
use super::directories::Directories;
use super::format::{BaseUse, Format};
use crate::volume::files::{Directory, Entry, Exclusive, FileName, existing};

const PROGRAM: &str = "qemu-img";
/// How long one run may take; preallocating is a matter of metadata.
const TIME_LIMIT: Duration = Duration::from_secs(600);
/// How much address space one run may have.
const ADDRESS_SPACE_BYTES: u64 = 4 << 30;
/// How much processor time one run may use.
const CPU_SECONDS: u64 = 120;

/// Volumes as qcow2 files.
#[derive(Debug)]
pub(super) struct Qcow2 {
    pub(super) preallocate: bool,
    pub(super) exec: Exec,
    pub(super) directories: Arc<Directories>,
}

impl Qcow2 {
    fn run(&self, work: &Work, args: Vec<OsString>) -> Result<(), DriverError> {
        let call = Call::new(PROGRAM)
            .args(args)
            .time_limit(TIME_LIMIT)
            .address_space_bytes(ADDRESS_SPACE_BYTES)
            .cpu_seconds(CPU_SECONDS);
        self.exec.run(work, &call).map(drop).map_err(|error| match error {
            ExecError::NotFound { .. } => {
                DriverError::Refused(format!("image_format = qcow2 needs {PROGRAM}, which is not installed"))
            }
            error => error.into(),
        })
    }

    fn header(directory: &Directory, name: &dyn Display, file: &File) -> Result<Header, DriverError> {
        let mut start = [0; header::LEN];
        match file.read_exact_at(&mut start, 0) {
            Ok(()) => {}
            // What the file is too short for stays zero, and is refused as what it is: no header.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(directory.failure("reading", name, 0)(error)),
        }
        Header::read(&start).map_err(|distrust| distrusted(directory, name, &distrust))
    }

    /// The same of a file that stands on nothing.
    fn header_alone(directory: &Directory, name: &dyn Display, file: &File) -> Result<Header, DriverError> {
        let header = Self::header(directory, name, file)?;
        match header.backing {
            None => Ok(header),
            Some(_) => Err(distrusted(directory, name, &Distrust::BackingFile)),
        }
    }

    fn create(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let preallocation = if self.preallocate { "falloc" } else { "off" };
        // An own empty file first: it has our permissions, and qemu-img cannot be led through a link.
        let file = directory.create_anew(name)?;
        self.run(
            work,
            vec![
                "create".into(),
                "-q".into(),
                "-f".into(),
                "qcow2".into(),
                "-o".into(),
                format!("compat=1.1,preallocation={preallocation}").into(),
                directory.path_of(name).into(),
                bytes.to_string().into(),
            ],
        )?;
        Self::header_alone(directory, &name, &file)?;
        file.sync_all().map_err(directory.failure("syncing", name, bytes))
    }
}

impl Format for Qcow2 {
    fn check(&self) -> Result<(), DriverError> {
        self.run(&Work::new(), vec!["--version".into()])
    }

    fn make_blank(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        self.require_space(directory, bytes)?;
        if let Err(error) = self.create(directory, work, name.unfinished(), bytes) {
            directory.remove(name.unfinished())?;
            return Err(error);
        }
        directory.publish(name)
    }

    fn virtual_bytes(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError> {
        Ok(Self::header(directory, name, file)?.virtual_bytes)
    }

    fn virtual_bytes_of_stranger(
        &self,
        directory: &Directory,
        name: &dyn Display,
        file: &File,
    ) -> Result<u64, DriverError> {
        Ok(Self::header_alone(directory, name, file)?.virtual_bytes)
    }

    fn grow(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let old_bytes = Self::header(directory, &name, file)?.virtual_bytes;
        // qemu-img opens what the file stands on.
        self.ground(directory, name, file)?;
        if old_bytes >= bytes {
            return Ok(());
        }
        // Only to say it better than qemu-img, which takes its own lock next.
        drop(Exclusive::of(directory, name, file)?);
        self.require_space(directory, bytes - old_bytes)?;
        let mut args: Vec<OsString> = vec!["resize".into(), "-q".into(), "-f".into(), "qcow2".into()];
        if self.preallocate {
            args.push("--preallocation=falloc".into());
        }
        args.extend([directory.path_of(name).into(), bytes.to_string().into()]);
        self.run(work, args)
    }

    /// A writer keeps parts of the tables in its memory.
    fn is_whole_at_any_moment(&self) -> bool {
        false
    }

    fn make_alone(
        &self,
        directory: &Directory,
        work: &Work,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        self.create(directory, work, name, bytes)
    }

    fn base_use(&self) -> Option<BaseUse> {
        // What stands on a base takes its space as it is written.
        (!self.preallocate).then_some(BaseUse::Stands)
    }

    fn ground(
        &self,
        directory: &Directory,
        name: FileName,
        file: &File,
    ) -> Result<Option<FileName>, DriverError> {
        if name.base_id().is_some() && !name.is_layer() {
            return Ok(None);
        }
        let Some(backing) = Self::header(directory, &name, file)?.backing else { return Ok(None) };
        let base = self.directories.referred_to(&backing.name);
        let base = base.filter(|base| backing.format.as_deref() == Some(standing::format_of(*base)));
        let other = || distrusted(directory, &name, &Distrust::OtherBase(backing.name));
        base.map(Some).ok_or_else(other)
    }

    fn write_standing(
        &self,
        directory: &Directory,
        name: FileName,
        file: &File,
        base: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        standing::write(file, &self.directories.reference_to(base), standing::format_of(base), bytes)
            .and_then(|()| file.sync_all())
            .map_err(directory.failure("writing", name, bytes))?;
        self.ground(directory, name, file).map(drop)
    }

    fn provisioned_bytes(&self, directory: &Directory, entry: &Entry) -> u64 {
        let is_raw_base = entry.name.base_id().is_some() && !entry.name.is_layer();
        if is_raw_base || entry.name.is_offered() {
            return entry.bytes;
        }
        let header = directory
            .open_file(entry.name, Access::Read)
            .and_then(|file| file.map(|file| Self::header(directory, &entry.name, &file)).transpose());
        header.ok().flatten().map_or(entry.bytes, |header| header.virtual_bytes)
    }

    fn image_node(&self, name: FileName) -> Result<Option<Value>, DriverError> {
        self.node(name, true, 0).map(Some)
    }

    fn open(
        &self,
        directory: &Directory,
        name: FileName,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError> {
        let file = existing(directory, name, access)?;
        let virtual_bytes = Self::header(directory, &name, &file)?.virtual_bytes;
        // A snapshot never changes, so its readers need not keep others from copying it.
        let is_sealed = matches!(name.kind(), FoundKind::Snapshot(_) | FoundKind::Base(_));
        let node = self.node(name, is_sealed, 0)?;
        let disk = nbd::open(&self.exec, &name.to_string(), &node, access)?;
        if disk.size_bytes() != virtual_bytes {
            let (shown, served) = (directory.path_of(name), disk.size_bytes());
            let told = format!("{}: {virtual_bytes} bytes became {served}", shown.display());
            return Err(DriverError::Refused(told));
        }
        Ok(disk)
    }
}

impl Qcow2 {
    /// Whether there is space for `bytes` more when they are taken at once.
    fn require_space(&self, directory: &Directory, bytes: u64) -> Result<(), DriverError> {
        let free_bytes = directory.space()?.free_bytes;
        if self.preallocate && bytes > free_bytes {
            return Err(DriverError::NoSpace { asked_bytes: bytes, free_bytes });
        }
        Ok(())
    }

    /// The file `name` with everything below it, each of it named by us. `height` files are above it.
    fn node(&self, name: FileName, is_sealed: bool, height: u64) -> Result<Value, DriverError> {
        if height > MAX_HEIGHT {
            return Err(DriverError::Refused(format!("more than {MAX_HEIGHT} bases stand on {name}")));
        }
        let directory = self.directories.of(name)?;
        let file = existing(directory, name, Access::Read)?;
        let path = directory.path_of(name);
        let path = path.to_str().ok_or_else(|| {
            DriverError::Refused(format!("{} cannot be told to {PROGRAM}: it is not UTF-8", path.display()))
        })?;
        let locking = if is_sealed { "off" } else { "on" };
        let plain = json!({ "driver": "file", "filename": path, "locking": locking, "aio": "threads" });
        if name.base_id().is_some() && !name.is_layer() {
            return Ok(json!({ "driver": "raw", "file": plain }));
        }
        let below = self.ground(directory, name, &file)?;
        let below = below.map(|base| self.node(base, true, height + 1)).transpose()?;
        Ok(json!({ "driver": "qcow2", "backing": below, "file": plain }))
    }
}

fn distrusted(directory: &Directory, name: &dyn Display, why: &Distrust) -> DriverError {
    DriverError::Refused(format!("{}: {why}", directory.path_of(name).display()))
}
