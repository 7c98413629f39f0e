//! What this host is doing with which volume: one small file for each, written before anything is done.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use model::VolumeId;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use crate::hypervisor::{Cache, DeviceName, Vm};
use crate::initiator::{Connection, Device, Facts};
use crate::machine::{sync_directory_of, write_private};

/// Longest entry that is read, in bytes.
const MAX_ENTRY_BYTES: u64 = 1 << 20;
/// More than the header of a LUKS container takes (16 MiB), and less than a volume can grow by (1 GiB).
const MAX_HEADER_BYTES: u64 = 64 << 20;
/// How the files of entries end.
const ENDING: &str = ".json";
/// Most entries of one volume: machines of one host that have it.
const MAX_ENTRIES: u32 = 1000;

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
    /// Which of the volume's entries this is; one that several machines of this host have has one for each.
    #[serde(default)]
    pub number: u32,
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
    /// What lies between that machine and the storage.
    #[serde(default)]
    pub cache: Cache,
    /// Whether the machine has released it, and only the host has not yet.
    #[serde(default)]
    pub unplugged: bool,
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
            number: 0,
            phase: Phase::Reserving,
            attachment_id: None,
            before,
            read_only,
            connection: None,
            vm: None,
            guest_device: None,
            cache: Cache::None,
            unplugged: false,
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
        write_private(&self.file(entry.volume_id, entry.number), &serde_json::to_vec_pretty(entry)?)
    }

    /// The entry of a volume, the first of them where there are several.
    ///
    /// # Errors
    /// There is one that cannot be read: what it is about has to be looked at by a person.
    pub fn find(&self, volume: VolumeId) -> io::Result<Option<Entry>> {
        Ok(self.all_of(volume)?.into_iter().next())
    }

    /// The entries of a volume, in order: more than one where several machines of this host have it.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn all_of(&self, volume: VolumeId) -> io::Result<Vec<Entry>> {
        let files = self.files()?.into_iter().filter(|(found, _)| *found == volume);
        let found = files.map(|(_, number)| self.read(volume, number)).collect::<io::Result<Vec<_>>>()?;
        Ok(found.into_iter().flatten().collect())
    }

    /// The entry `number` of a volume, if there is one.
    fn read(&self, volume: VolumeId, number: u32) -> io::Result<Option<Entry>> {
        let path = self.file(volume, number);
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
        if (entry.volume_id, entry.number) == (volume, number) {
            Ok(Some(entry))
        } else {
            Err(named(io::Error::other("it is about another volume")))
        }
    }

    /// Forgets an entry: durable when this returns.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn forget(&self, entry: &Entry) -> io::Result<()> {
        let path = self.file(entry.volume_id, entry.number);
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
        let mut volumes: Vec<_> = self.files()?.into_iter().map(|(volume, _)| volume).collect();
        volumes.dedup();
        Ok(volumes)
    }

    /// The volume and the number of every entry, in order.
    fn files(&self) -> io::Result<Vec<(VolumeId, u32)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.entries)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(named));
        }
        found.sort_unstable();
        Ok(found)
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

    fn file(&self, volume: VolumeId, number: u32) -> PathBuf {
        let number = if number == 0 { String::new() } else { format!(".{number}") };
        self.entries.join(format!("{volume}{number}{ENDING}"))
    }
}

/// The volume and the number in the name of a file.
fn named(name: &str) -> Option<(VolumeId, u32)> {
    let name = name.strip_suffix(ENDING)?;
    let (volume, number) = match name.split_once('.') {
        Some((volume, number)) => (volume, number.parse().ok().filter(|number| *number > 0)?),
        None => (name, 0),
    };
    Some((volume.parse().ok()?, number))
}

/// A number that none of these has.
pub(super) fn free_number(entries: &[Entry]) -> Option<u32> {
    (0..MAX_ENTRIES).find(|number| entries.iter().all(|entry| entry.number != *number))
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
        assert_eq!(
            (found.phase, found.before, found.read_only),
            (Phase::Attached, entry.before.clone(), true)
        );
        journal.forget(&entry).unwrap();
        journal.forget(&entry).unwrap();
        assert!(journal.find(entry.volume_id).unwrap().is_none());
        assert_eq!(fs::read_dir(dir.path().join("attachments")).unwrap().count(), 0);
    }

    #[test]
    fn several_machines_have_entries_of_one_volume() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let volume = ID.parse().unwrap();
        for number in 0..3 {
            assert_eq!(free_number(&journal.all_of(volume).unwrap()), Some(number));
            journal.keep(&Entry { number, ..Entry::new(volume, false, Vec::new()) }).unwrap();
        }
        journal.forget(&Entry { number: 1, ..Entry::new(volume, false, Vec::new()) }).unwrap();
        let left = journal.all_of(volume).unwrap();
        assert_eq!(left.iter().map(|entry| entry.number).collect::<Vec<_>>(), [0, 2]);
        assert_eq!((free_number(&left), journal.volumes().unwrap()), (Some(1), vec![volume]));
        fs::write(dir.path().join("attachments").join(format!("{volume}.0.json")), "{").unwrap();
        assert_eq!(journal.all_of(volume).unwrap().len(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let (one, other) = (ID.parse().unwrap(), ID.replace("6e0b", "6e0c").parse().unwrap());
        fs::write(journal.file(one, 0), "{").unwrap();
        assert!(journal.find(one).unwrap_err().to_string().contains(ID));
        journal.keep(&Entry::new(other, false, Vec::new())).unwrap();
        fs::rename(journal.file(other, 0), journal.file(one, 0)).unwrap();
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
