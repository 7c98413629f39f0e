//! What is kept of a target in a file of `volumes_dir`, in the language of targets.conf(5) and under Cinder's names: what
//! restarts tgtd with `include <volumes_dir>/*` among its files offers all volumes again.
//!
//! The file is the truth of who is let in; tgtd is brought in line with it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ports::DriverError;

use super::super::{Chap, Iqn, Offer};

/// An address that no initiator has. `tgt-admin` lets everybody in to a target for which no address is named, whatever
/// names are.
const NOBODY: &str = "255.255.255.255";
/// Largest file that is read.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// A target as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    pub(super) target: Iqn,
    pub(super) device: PathBuf,
    pub(super) serial: String,
    pub(super) chap: Option<Chap>,
    pub(super) discards: bool,
    pub(super) initiators: Vec<Iqn>,
}

impl Kept {
    /// `offer`, with those let in that were.
    pub(super) fn of(offer: &Offer<'_>, before: Option<Self>) -> Self {
        Self {
            target: offer.target.clone(),
            device: offer.device.to_owned(),
            serial: offer.serial.to_owned(),
            chap: offer.chap.cloned(),
            discards: offer.discards,
            initiators: before.map(|before| before.initiators).unwrap_or_default(),
        }
    }

    fn to_text(&self, write_cache: bool) -> String {
        let mut lines = vec![
            format!("<target {}>", self.target),
            format!("    <backing-store {}>", self.device.display()),
            format!("        scsi_sn {}", self.serial),
            format!("        write-cache {}", if write_cache { "on" } else { "off" }),
        ];
        if self.discards {
            lines.push("        params thin_provisioning=1".to_owned());
        }
        lines.push("    </backing-store>".to_owned());
        lines.push("    driver iscsi".to_owned());
        if let Some(chap) = &self.chap {
            lines.push(format!("    incominguser {} {}", chap.user(), chap.expose_secret()));
        }
        lines.push(format!("    initiator-address {NOBODY}"));
        lines.extend(self.initiators.iter().map(|initiator| format!("    initiator-name {initiator}")));
        lines.push("</target>\n".to_owned());
        lines.join("\n")
    }

    /// Reads a file of ours or of Cinder's; whoever the latter lets in by address is not among the initiators.
    fn read(text: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        for line in text.lines().map(str::trim) {
            let line = line.trim_start_matches('<').trim_end_matches('>');
            let Some((key, value)) = line.split_once(char::is_whitespace) else { continue };
            let value = value.trim();
            if key == "target" {
                let target = value.parse().ok()?;
                let (device, serial) = (PathBuf::new(), String::new());
                let nobody = Vec::new();
                found =
                    Some(Self { target, device, serial, chap: None, discards: false, initiators: nobody });
                continue;
            }
            let kept = found.as_mut()?;
            match key {
                "backing-store" => kept.device = PathBuf::from(value),
                "scsi_sn" => value.clone_into(&mut kept.serial),
                "params" => kept.discards = value == "thin_provisioning=1",
                "initiator-name" => kept.initiators.extend(value.parse::<Iqn>()),
                "incominguser" => {
                    let (user, secret) = value.split_once(char::is_whitespace)?;
                    kept.chap = Some(Chap::new(user.to_owned(), secret.trim().to_owned()));
                }
                _ => {}
            }
        }
        found.filter(|kept| !kept.device.as_os_str().is_empty())
    }
}

/// The directory of these files.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    directory: PathBuf,
    write_cache: bool,
}

impl Shelf {
    pub(super) const fn new(directory: PathBuf, write_cache: bool) -> Self {
        Self { directory, write_cache }
    }

    /// Makes the directory, for its owner only, unless it is there.
    pub(super) fn ensure(&self) -> Result<(), DriverError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        made.map_err(self.failure("making", &self.directory))
    }

    pub(super) fn get(&self, target: &Iqn) -> Result<Option<Kept>, DriverError> {
        let path = self.path(target)?;
        match self.read(&path)? {
            Some(kept) if kept.target == *target => Ok(Some(kept)),
            Some(other) => Err(DriverError::Refused(format!("{} is about {}", path.display(), other.target))),
            None => Ok(None),
        }
    }

    /// Keeps it; durable when this returns.
    pub(super) fn put(&self, kept: &Kept) -> Result<(), DriverError> {
        let path = self.path(&kept.target)?;
        if self.read(&path)?.as_ref() == Some(kept) {
            return Ok(());
        }
        let text = kept.to_text(self.write_cache);
        // tgt-admin skips names that begin with a dot.
        let new = self.directory.join(format!(".new-{}", file_name(&kept.target)?));
        let written =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new).and_then(
                |mut file| {
                    file.write_all(text.as_bytes())?;
                    file.sync_all()
                },
            );
        written.and_then(|()| fs::rename(&new, &path)).map_err(self.failure("writing", &path))?;
        self.sync()
    }

    /// Forgets it. What is not kept is a success.
    pub(super) fn remove(&self, target: &Iqn) -> Result<(), DriverError> {
        let path = self.path(target)?;
        match fs::remove_file(&path) {
            Ok(()) => self.sync(),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            Err(error) => Err(self.failure("removing", &path)(error)),
        }
    }

    fn read(&self, path: &Path) -> Result<Option<Kept>, DriverError> {
        match fs::metadata(path) {
            Ok(found) if found.len() > MAX_FILE_BYTES => {
                return Err(DriverError::Refused(format!("{} has {} bytes", path.display(), found.len())));
            }
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failure("reading", path)(error)),
        }
        // What is not ours to understand is written anew.
        fs::read_to_string(path).map(|text| Kept::read(&text)).map_err(self.failure("reading", path))
    }

    fn sync(&self) -> Result<(), DriverError> {
        let synced = fs::File::open(&self.directory).and_then(|directory| directory.sync_all());
        synced.map_err(self.failure("syncing", &self.directory))
    }

    fn path(&self, target: &Iqn) -> Result<PathBuf, DriverError> {
        Ok(self.directory.join(file_name(target)?))
    }

    fn failure(&self, doing: &str, path: &Path) -> impl FnOnce(std::io::Error) -> DriverError + use<> {
        DriverError::io(format!("{doing} {}", path.display()))
    }
}

/// `volume-…`, the part of a name behind its last colon.
fn file_name(target: &Iqn) -> Result<&str, DriverError> {
    let name = target.as_str().rsplit(':').next().unwrap_or_default();
    if name.is_empty() || name.starts_with('.') {
        return Err(DriverError::Refused(format!("{target} does not end with a name")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn kept() -> Kept {
        Kept {
            target: "iqn.2010-10.org.openstack:volume-1".parse().unwrap(),
            device: PathBuf::from("/dev/vg/volume-1"),
            serial: "0-1".to_owned(),
            chap: Some(Chap::new("user".to_owned(), "secret".to_owned())),
            discards: true,
            initiators: vec!["iqn.a:x".parse().unwrap()],
        }
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(directory.path().join("deep/volumes"), true);
        shelf.ensure().unwrap();
        let kept = kept();
        for _ in 0..2 {
            shelf.put(&kept).unwrap();
        }
        assert_eq!(shelf.get(&kept.target).unwrap(), Some(kept.clone()));
        let file = directory.path().join("deep/volumes/volume-1");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let other = "iqn.other:volume-1".parse().unwrap();
        assert!(matches!(shelf.get(&other), Err(DriverError::Refused(_))));
        for _ in 0..2 {
            shelf.remove(&kept.target).unwrap();
        }
        assert_eq!(shelf.get(&kept.target).unwrap(), None);
    }

    #[test]
    fn a_file_of_cinder_is_understood() {
        let text = "
                <target iqn.2010-10.org.openstack:volume-1>
                    backing-store /dev/vg/volume-1
                    driver iscsi
                    incominguser user secret

                    write-cache on
                </target>
";
        let found = Kept::read(text).unwrap();
        let as_ours = Kept { serial: String::new(), discards: false, initiators: Vec::new(), ..kept() };
        assert_eq!(found, as_ours);
        for text in ["", "<target x>\n", "driver iscsi", "<target iqn.a:b>\n</target>"] {
            assert_eq!(Kept::read(text), None, "{text}");
        }
    }

    #[test]
    fn names_lead_nowhere_else() {
        for name in ["iqn.a:", "iqn.a:..", "iqn.a:.hidden"] {
            assert!(file_name(&name.parse().unwrap()).is_err(), "{name}");
        }
    }
}
