//! The LUN that a shared volume group lies on, where it is reached over iSCSI: logged in to before the first logical volume of
//! it is activated here, and out of after the last.
//!
//! A session that was there already is the host's own business. Ours are marked by a file, made before the login and removed
//! after the logout; one lock keeps whoever comes from whoever leaves. The secret of such a LUN opens the volumes of everybody
//! on it, so no service tells it: it is in a file of this host.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::secret::Secret;
use rustix::fs::{FlockOperation, flock};

use super::connection::{Chap, Connection, IscsiPath, Way};
use super::facts::Facts;
use super::scsi::{Unit, names_in, wait_for};
use super::{Initiator, iscsi};
use crate::AttachError;
use crate::machine::{Machine, sync_directory_of};

/// Most bytes of the file of secrets.
const MAX_SECRETS_BYTES: u64 = 1 << 16;
/// What nobody but the owner may do with it.
const OTHERS: u32 = 0o077;
/// How long whoever looks at a disk whose last volume has gone, as udev does, may be in the way.
const FREE_WITHIN: Duration = Duration::from_secs(10);

/// Where this host keeps what it knows of such LUNs.
#[derive(Debug, Clone)]
pub struct Luns {
    /// Marks of our sessions.
    marks: PathBuf,
    /// Lines of `target user secret`; a secret may have blanks.
    secrets: PathBuf,
}

/// Nobody else of this host logs in or out while it lives.
pub(super) struct Turn {
    _file: File,
}

impl Luns {
    /// Marks are kept in the directory `marks`, which is made when it is needed; `secrets` is a file with a line
    /// `target user secret` for each target that asks for one, and need not be there.
    #[must_use]
    pub const fn new(marks: PathBuf, secrets: PathBuf) -> Self {
        Self { marks, secrets }
    }

    fn mark(&self, lun: &IscsiPath) -> PathBuf {
        self.marks.join(format!("{},{}", lun.iqn, lun.lun))
    }

    /// Whether the session to its target is one of ours, made for this LUN or another.
    fn is_ours(&self, lun: &IscsiPath) -> bool {
        let start = format!("{},", lun.iqn);
        names_in(&self.marks).iter().any(|name| name.starts_with(&start))
    }

    fn turn(&self) -> Result<Turn, AttachError> {
        let make = || {
            DirBuilder::new().recursive(true).mode(0o700).create(&self.marks)?;
            let path = self.marks.join("lock");
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path)?;
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        };
        make()
            .map(|file| Turn { _file: file })
            .map_err(AttachError::io("waiting for others to log in or out"))
    }

    /// What this host says to `target`; nothing where nobody has said what.
    fn chap(&self, target: &str) -> Result<Option<Chap>, AttachError> {
        let unreadable = || AttachError::io(format!("reading {}", self.secrets.display()));
        let meta = match fs::metadata(&self.secrets) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            meta => meta.map_err(unreadable())?,
        };
        if meta.mode() & OTHERS != 0 {
            let why = format!("{} has secrets, and others may read it (chmod 600)", self.secrets.display());
            return Err(AttachError::CannotHere(why));
        }
        if meta.len() > MAX_SECRETS_BYTES {
            return Err(unreadable()(ErrorKind::FileTooLarge.into()));
        }
        let text = fs::read_to_string(&self.secrets).map_err(unreadable())?;
        Ok(text.lines().find_map(|line| secret_of(line, target)))
    }
}

/// The name and the secret in a line about `target`; the secret is all that follows the name.
fn secret_of(line: &str, target: &str) -> Option<Chap> {
    let (named, rest) = line.trim().split_once(char::is_whitespace)?;
    let (user, secret) = rest.trim_start().split_once(char::is_whitespace)?;
    let (user, secret) = (user.to_owned(), Secret::new(secret.trim_start().to_owned()));
    (named == target).then_some(Chap { user, secret })
}

impl Initiator {
    /// The same, which logs in to the LUNs of shared volume groups by itself.
    #[must_use]
    pub fn with_luns(self, luns: Luns) -> Self {
        Self { luns: Some(luns), ..self }
    }

    /// Keeps others of this host from logging in to such a LUN or out of it, where that is ours to do.
    pub(super) fn turn_at(&self, lun: Option<&IscsiPath>) -> Result<Option<(&Luns, Turn)>, AttachError> {
        let (Some(luns), Some(_)) = (&self.luns, lun) else { return Ok(None) };
        Ok(Some((luns, luns.turn()?)))
    }

    /// Sees to it that the LUN of `connection` is a disk of this host.
    pub(super) fn ensure_lun(
        &self,
        luns: &Luns,
        lun: &IscsiPath,
        connection: &Connection,
    ) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let has_session = !iscsi::with_session(machine, std::slice::from_ref(lun)).is_empty();
        if has_session && !luns.is_ours(lun) {
            return Ok(());
        }
        if !iscsi::is_here(machine) {
            return Err(AttachError::CannotHere(format!(
                "the volume group is on a LUN of {}, and this host has no iSCSI initiator",
                lun.iqn
            )));
        }
        let mark = luns.mark(lun);
        let marked =
            File::create(&mark).and_then(|file| file.sync_all()).and_then(|()| sync_directory_of(&mark));
        marked.map_err(AttachError::io(format!("making {}", mark.display())))?;
        let way = Way::Iscsi { paths: vec![lun.clone()] };
        let chap = luns.chap(&lun.iqn)?;
        let only_one = Connection { way, chap, multipath: false, ..connection.clone() };
        let connected = iscsi::connect(machine, &only_one, std::slice::from_ref(lun));
        let units = connected.map_err(|error| match error {
            AttachError::LoginRefused { .. } if only_one.chap.is_none() => AttachError::CannotHere(format!(
                "the target {} asks for a secret, and there is none in {}",
                lun.iqn,
                luns.secrets.display()
            )),
            other => other,
        })?;
        units.iter().for_each(|unit| unit.revive(machine));
        Ok(())
    }

    /// Logs out of a LUN that we have logged in to, if nothing of it is used here any more.
    pub(super) fn leave_lun(&self, luns: &Luns, lun: &IscsiPath) -> Result<(), AttachError> {
        let machine = self.machine.as_ref();
        let mark = luns.mark(lun);
        if !mark.exists() {
            return Ok(());
        }
        let path = std::slice::from_ref(lun);
        let units = iscsi::units(machine, path);
        if units.iter().any(|unit| has_volumes(machine, unit)) {
            return Ok(());
        }
        for unit in &units {
            let node = unit.node(machine);
            let is_free = || (!machine.is_held(&node).unwrap_or(false)).then_some(());
            if wait_for(machine, FREE_WITHIN, is_free).is_none() {
                tracing::warn!(device = %node.display(), target = lun.iqn, "the LUN is in use, and stays connected");
                return Ok(());
            }
            self.free(&node, false)?;
            unit.remove(machine)?;
        }
        iscsi::disconnect(machine, &Facts::default(), path)?;
        forget(&mark).map_err(AttachError::io(format!("removing {}", mark.display())))
    }
}

/// Whether a volume of the group on a disk is active, or the disk is mapped otherwise.
fn has_volumes(machine: &dyn Machine, unit: &Unit) -> bool {
    !names_in(&machine.at("sys/class/block").join(&unit.name).join("holders")).is_empty()
}

fn forget(mark: &Path) -> io::Result<()> {
    match fs::remove_file(mark) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => sync_directory_of(mark),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_of_one_target_and_of_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("secrets");
        let luns = Luns::new(dir.path().join("luns"), file.clone());
        assert!(luns.chap("iqn.a:b").unwrap().is_none());
        fs::write(&file, "# arrays\niqn.a:b  u s3cr3t\niqn.a:c u two words \niqn.a:d u\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        let found = luns.chap("iqn.a:b").unwrap().unwrap();
        assert_eq!((found.user.as_str(), found.secret.expose().as_str()), ("u", "s3cr3t"));
        assert_eq!(luns.chap("iqn.a:c").unwrap().unwrap().secret.expose(), "two words");
        assert!(luns.chap("iqn.a:d").unwrap().is_none() && luns.chap("iqn.a").unwrap().is_none());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(luns.chap("iqn.a:b").unwrap_err().to_string().contains("others may read it"));
    }
}
