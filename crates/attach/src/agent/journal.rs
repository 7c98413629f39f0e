//! What this host is doing with which volume: one small file for each, written before anything is done.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use model::VolumeId;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::hypervisor::{DeviceName, Vm};
use crate::initiator::{Connection, Device, Facts};
use crate::machine::{sync_directory_of, write_private};

/// Longest entry that is read, in bytes.
const MAX_ENTRY_BYTES: u64 = 1 << 20;
/// More than the header of a LUKS container takes (16 MiB), and less than a volume can grow by (1 GiB).
const MAX_HEADER_BYTES: u64 = 64 << 20;
/// How the files of entries end.
const ENDING: &str = ".json";

/// What is about to be done with a volume, or was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// The service is asked to reserve the volume. Whether it has is not known.
    Reserving,
    /// The volume is reserved; the service is told who connects.
    Offering,
    /// It says how; the host connects.
    Connecting,
    /// The device is there; the service is told so.
    Connected,
    /// It is attached.
    Attached,
    /// The host disconnects.
    Disconnecting,
    /// Nothing is left on the host; the service is told to forget the attachment.
    Releasing,
}

/// A volume and this host.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// The volume.
    pub volume_id: VolumeId,
    /// What is being done.
    pub phase: Phase,
    /// The attachment, once the service has one.
    pub attachment_id: Option<String>,
    /// Attachments that the volume had before this one was asked for.
    #[serde(default)]
    pub before: Vec<String>,
    /// Whether the volume is only read.
    pub read_only: bool,
    /// The virtual machine of this host that has it; the host itself when there is none.
    #[serde(default)]
    pub vm: Option<Vm>,
    /// The name that the guest is to give it, or gives it.
    #[serde(default)]
    pub guest_device: Option<DeviceName>,
    /// How it is connected to this host; without secrets.
    pub connection: Option<Connection>,
    /// What has to be known to undo that.
    #[serde(default)]
    pub facts: Facts,
    /// Whether its content is encrypted.
    #[serde(default)]
    pub encrypted: bool,
    /// Its device.
    pub device: Option<Device>,
    /// Since when it is attached, by the service's clock.
    pub attached_at: Option<String>,
}

impl Entry {
    /// A volume that is about to be reserved, and has these attachments already.
    #[must_use]
    pub const fn new(volume_id: VolumeId, read_only: bool, before: Vec<String>) -> Self {
        let facts = Facts { means: None, foreign: Vec::new(), wwid: None, mapped: false };
        Self {
            volume_id,
            phase: Phase::Reserving,
            attachment_id: None,
            before,
            read_only,
            connection: None,
            vm: None,
            guest_device: None,
            facts,
            encrypted: false,
            device: None,
            attached_at: None,
        }
    }

    /// Whether `device` is as large as its volume, of `bytes`: all of it, or all but the header of its encryption.
    pub(super) const fn fills(&self, device: &Device, bytes: u64) -> bool {
        let header = if self.encrypted { MAX_HEADER_BYTES } else { 0 };
        device.bytes.saturating_add(header) >= bytes
    }
}

/// All of this host's entries.
#[derive(Debug, Clone)]
pub struct Journal {
    entries: PathBuf,
    locks: PathBuf,
}

/// A volume that nobody else on this host touches meanwhile. The lock ends with the process, however it ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Journal {
    /// The journal in `dir`, which is made if it is not there, for its owner alone.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let journal = Self { entries: dir.join("attachments"), locks: dir.join("locks") };
        for dir in [&journal.entries, &journal.locks] {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        Ok(journal)
    }

    /// Takes a volume, if nobody has it.
    ///
    /// # Errors
    /// The lock cannot be made.
    pub fn lock(&self, volume: VolumeId) -> io::Result<Option<Lock>> {
        let path = self.locks.join(volume.to_string());
        loop {
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
            match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => {}
                Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
                Err(errno) => return Err(errno.into()),
            }
            // Whoever had it before may have removed the file that we have opened.
            let same = fs::metadata(&path)
                .is_ok_and(|now| file.metadata().is_ok_and(|ours| ours.ino() == now.ino()));
            if same {
                return Ok(Some(Lock { path, _file: file }));
            }
        }
    }

    /// Keeps an entry: durable when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn keep(&self, entry: &Entry) -> io::Result<()> {
        write_private(&self.file(entry.volume_id), &serde_json::to_vec_pretty(entry)?)
    }

    /// The entry of a volume.
    ///
    /// # Errors
    /// There is one that cannot be read: what it is about has to be looked at by a person.
    pub fn find(&self, volume: VolumeId) -> io::Result<Option<Entry>> {
        let path = self.file(volume);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        let length = match fs::metadata(&path) {
            Ok(meta) => meta.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(named(error)),
        };
        if length > MAX_ENTRY_BYTES {
            return Err(named(io::ErrorKind::FileTooLarge.into()));
        }
        let entry: Entry =
            serde_json::from_slice(&fs::read(&path).map_err(named)?).map_err(|error| named(error.into()))?;
        if entry.volume_id == volume {
            Ok(Some(entry))
        } else {
            Err(named(io::Error::other("it is about another volume")))
        }
    }

    /// Forgets a volume: durable when this returns.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self, volume: VolumeId) -> io::Result<()> {
        let path = self.file(volume);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        sync_directory_of(&path)
    }

    /// The volumes that have an entry, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn volumes(&self) -> io::Result<Vec<VolumeId>> {
        let mut volumes = Vec::new();
        for entry in fs::read_dir(&self.entries)? {
            let name = entry?.file_name();
            let volume = name.to_str().and_then(|name| name.strip_suffix(ENDING)?.parse::<VolumeId>().ok());
            volumes.extend(volume);
        }
        volumes.sort_unstable();
        Ok(volumes)
    }

    /// Removes the files of locks that nobody has: processes that were killed have left them.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.locks)? {
            let name = entry?.file_name();
            if let Some(volume) = name.to_str().and_then(|name| name.parse().ok()) {
                drop(self.lock(volume)?);
            }
        }
        Ok(())
    }

    fn file(&self, volume: VolumeId) -> PathBuf {
        self.entries.join(format!("{volume}{ENDING}"))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // One that stays is taken by the next who wants it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "6e0bcb1c-8e5c-4a3b-9a4c-1f4c2f0f8f11";

    #[test]
    fn entries_are_kept_and_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let mut entry = Entry::new(ID.parse().unwrap(), true, vec!["other".to_owned()]);
        journal.keep(&entry).unwrap();
        entry.phase = Phase::Attached;
        journal.keep(&entry).unwrap();
        assert_eq!(journal.volumes().unwrap(), [entry.volume_id]);
        let found = journal.find(entry.volume_id).unwrap().unwrap();
        assert_eq!((found.phase, found.before, found.read_only), (Phase::Attached, entry.before, true));
        journal.forget(entry.volume_id).unwrap();
        journal.forget(entry.volume_id).unwrap();
        assert!(journal.find(entry.volume_id).unwrap().is_none());
        assert_eq!(fs::read_dir(dir.path().join("attachments")).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let (one, other) = (ID.parse().unwrap(), ID.replace("6e0b", "6e0c").parse().unwrap());
        fs::write(journal.file(one), "{").unwrap();
        assert!(journal.find(one).unwrap_err().to_string().contains(ID));
        journal.keep(&Entry::new(other, false, Vec::new())).unwrap();
        fs::rename(journal.file(other), journal.file(one)).unwrap();
        assert!(journal.find(one).unwrap_err().to_string().contains("another volume"));
    }

    #[test]
    fn a_volume_has_one_who_works_on_it() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let id = ID.parse().unwrap();
        let lock = journal.lock(id).unwrap();
        assert!(lock.is_some() && journal.lock(id).unwrap().is_none());
        drop(lock);
        assert!(journal.lock(id).unwrap().is_some());
        assert_eq!(fs::read_dir(dir.path().join("locks")).unwrap().count(), 0);
    }
}
