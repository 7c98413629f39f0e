//! The target daemon tgtd (Linux SCSI target framework), a program in user space.
//!
//! tgtd forgets everything when it ends. What a target is to be is therefore kept in a file of `volumes_dir` (module
//! `kept`), and tgtd is brought in line with it: on each call, and by whoever looks after the backend when tgtd has another
//! life than before. Who may write is the business of the initiators: tgtd cannot tell one from another.

mod control;
mod daemon;
mod kept;
mod show;

use std::path::{Path, PathBuf};

use ports::DriverError;
use ports::volume::Access;

use self::control::{Control, SOCKET};
use self::daemon::Daemon;
use self::kept::{Kept, Shelf};
use super::{Described, Iqn, Offer, Portals, Target, TargetOptions};

/// The only unit of a target; 0 is its controller.
const LUN: u64 = 1;

/// A target of tgtd.
#[derive(Debug)]
pub struct Tgt {
    daemon: Daemon,
    shelf: Shelf,
    portals: Portals,
}

impl Tgt {
    /// The tgtd of this host.
    #[must_use]
    pub fn new(options: &TargetOptions) -> Self {
        Self::at(Path::new(SOCKET), options)
    }

    /// The tgtd that listens at `socket`.
    #[must_use]
    pub fn at(socket: &Path, options: &TargetOptions) -> Self {
        let (directory, write_cache) = (options.volumes_dir.clone(), options.write_cache);
        Self {
            daemon: Daemon::new(Control::at(PathBuf::from(socket)), write_cache),
            shelf: Shelf::new(directory, write_cache),
            portals: options.portals.clone(),
        }
    }

    /// Brings tgtd in line. One that is not running offers nothing that would have to be taken back.
    fn take_back(&self, change: impl Fn(&Daemon) -> Result<(), DriverError>) -> Result<(), DriverError> {
        if self.daemon.life().is_some() { change(&self.daemon) } else { Ok(()) }
    }
}

impl Target for Tgt {
    fn check(&self) -> Result<(), DriverError> {
        self.shelf.ensure()?;
        self.daemon.check()?;
        for portal in self.portals.all() {
            self.daemon.ensure_portal(portal)?;
        }
        Ok(())
    }

    fn life(&self) -> Result<String, DriverError> {
        self.daemon.life().ok_or_else(|| DriverError::Refused("tgtd is not running".to_owned()))
    }

    fn lun(&self) -> u64 {
        LUN
    }

    fn ensure(&self, offer: &Offer<'_>) -> Result<(), DriverError> {
        let kept = Kept::of(offer, self.shelf.get(offer.target)?);
        self.shelf.put(&kept)?;
        self.daemon.bring_in_line(&kept)
    }

    fn admit(&self, offer: &Offer<'_>, initiator: &Iqn, _access: Access) -> Result<(), DriverError> {
        let mut kept = Kept::of(offer, self.shelf.get(offer.target)?);
        if !kept.initiators.contains(initiator) {
            kept.initiators.push(initiator.clone());
        }
        self.shelf.put(&kept)?;
        self.daemon.bring_in_line(&kept)
    }

    fn expel(&self, target: &Iqn, initiator: &Iqn) -> Result<(), DriverError> {
        let kept = self.shelf.get(target)?.map(|mut kept| {
            kept.initiators.retain(|known| known != initiator);
            kept
        });
        if let Some(kept) = &kept {
            self.shelf.put(kept)?;
        }
        self.take_back(|daemon| {
            let Some(shown) = daemon.find(target)? else { return Ok(()) };
            let others: Vec<Iqn> = match &kept {
                Some(kept) => kept.initiators.clone(),
                None => shown
                    .access
                    .iter()
                    .filter_map(|it| it.parse().ok())
                    .filter(|it| it != initiator)
                    .collect(),
            };
            daemon.ensure_access(&shown, &others)?;
            daemon.send_away(&shown, |session| session.initiator == initiator.as_str())
        })
    }

    fn resized(&self, target: &Iqn) -> Result<(), DriverError> {
        match self.shelf.get(target)? {
            Some(kept) => self.take_back(|daemon| daemon.reopen(&kept)),
            None => Ok(()),
        }
    }

    fn remove(&self, target: &Iqn) -> Result<(), DriverError> {
        self.take_back(|daemon| daemon.remove(target))?;
        self.shelf.remove(target)
    }

    fn describe(&self, target: &Iqn) -> Result<Option<Described>, DriverError> {
        let described = |kept: Kept| Described {
            device: kept.device,
            serial: kept.serial,
            chap: kept.chap,
            discards: kept.discards,
            initiators: kept.initiators.iter().map(Iqn::to_string).collect(),
        };
        Ok(self.shelf.get(target)?.map(described))
    }

    /// Every target of ours is kept as soon as it is made.
    fn save_all(&self, to: Option<&Path>) -> Result<usize, DriverError> {
        if to.is_some() {
            return Err(DriverError::Refused(
                "what tgtd offers is kept in volumes_dir, and in no other file".to_owned(),
            ));
        }
        let mut kept = 0;
        for name in self.list("")?.iter().filter_map(|name| name.parse::<Iqn>().ok()) {
            kept += usize::from(self.shelf.get(&name)?.is_some());
        }
        Ok(kept)
    }

    fn list(&self, prefix: &str) -> Result<Vec<String>, DriverError> {
        let names = self.daemon.targets()?.into_iter().map(|target| target.name);
        Ok(names.filter(|name| name.starts_with(prefix)).collect())
    }
}
