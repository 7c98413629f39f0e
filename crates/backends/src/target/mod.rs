//! How a block device of this host is offered to others over iSCSI.
//!
//! A driver that keeps its volumes as devices has a [`Target`]: one target a volume, one logical unit in it, and a list of
//! initiators that are let in. Every call can be repeated, and finds or completes what an interrupted one left.

mod chap;
mod iqn;
pub mod lio;
mod offering;
mod options;
pub mod tgt;

pub use chap::Chap;
pub use iqn::{BadIqn, Iqn};
pub use offering::{Offering, Unit};
pub use options::{Portals, TargetOptions};

use std::fmt;
use std::path::{Path, PathBuf};

use ports::DriverError;
use ports::volume::Access;

/// A device to be offered.
#[derive(Debug, Clone, Copy)]
pub struct Offer<'a> {
    /// The name of its target.
    pub target: &'a Iqn,
    /// The device.
    pub device: &'a Path,
    /// What initiators see as the serial number of the unit, by which they find their device.
    pub serial: &'a str,
    /// What initiators have to know, if anything.
    pub chap: Option<&'a Chap>,
    /// Whether initiators may give space back, because that leaves nothing of others' data to be read.
    pub discards: bool,
}

/// What is known of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its device.
    pub device: PathBuf,
    /// The serial number that initiators see.
    pub serial: String,
    /// What initiators have to know, if anything.
    pub chap: Option<Chap>,
    /// Whether initiators may give space back.
    pub discards: bool,
    /// Who is let in.
    pub initiators: Vec<String>,
}

impl Described {
    /// The same as an offer under the name `target`.
    #[must_use]
    pub fn offer<'a>(&'a self, target: &'a Iqn) -> Offer<'a> {
        Offer {
            target,
            device: &self.device,
            serial: &self.serial,
            chap: self.chap.as_ref(),
            discards: self.discards,
        }
    }
}

/// Something that offers devices over iSCSI.
pub trait Target: fmt::Debug + Send + Sync {
    /// Looks whether it can be used.
    ///
    /// # Errors
    /// Why it cannot.
    fn check(&self) -> Result<(), DriverError>;

    /// Which life of what offers the devices this is: when it has another one than before, nothing may be offered any
    /// more.
    ///
    /// # Errors
    /// Nothing is offered now.
    fn life(&self) -> Result<String, DriverError>;

    /// The number of the one unit of every target.
    fn lun(&self) -> u64;

    /// Offers a device, to nobody yet; whoever is let in stays.
    ///
    /// # Errors
    /// It is offered in part or not at all; the next call completes it.
    fn ensure(&self, offer: &Offer<'_>) -> Result<(), DriverError>;

    /// Lets `initiator` in to a target that is offered, for writing too when `access` says so.
    ///
    /// # Errors
    /// It may be in or not.
    fn admit(&self, offer: &Offer<'_>, initiator: &Iqn, access: Access) -> Result<(), DriverError>;

    /// Lets `initiator` in no longer, and ends its sessions. Who is not in is a success.
    ///
    /// # Errors
    /// It is still in.
    fn expel(&self, target: &Iqn, initiator: &Iqn) -> Result<(), DriverError>;

    /// Lets initiators see that the device of a target has grown, where that takes something. One that is not there is a
    /// success.
    ///
    /// # Errors
    /// They may see the old size, or none at all; the next call completes it.
    fn resized(&self, target: &Iqn) -> Result<(), DriverError>;

    /// Withdraws a target. One that is not there is a success.
    ///
    /// # Errors
    /// Something of it is still there.
    fn remove(&self, target: &Iqn) -> Result<(), DriverError>;

    /// What is known of a target; none where there is none, or none that could be ours.
    ///
    /// # Errors
    /// It cannot be asked.
    fn describe(&self, target: &Iqn) -> Result<Option<Described>, DriverError>;

    /// Sees to it that a restart of whatever offers the targets offers them again, or who reads the file `to` instead. How
    /// many those are.
    ///
    /// # Errors
    /// It will not, or not all of them.
    fn save_all(&self, to: Option<&Path>) -> Result<usize, DriverError>;

    /// The targets whose names begin with `prefix`.
    ///
    /// # Errors
    /// It cannot be asked.
    fn list(&self, prefix: &str) -> Result<Vec<String>, DriverError>;
}
