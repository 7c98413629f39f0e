//! Taking over logical volumes that lie in the group under other names.
//!
//! The reference is `source-name`, the name of a logical volume in `volume_group`. Taking over renames it; letting go leaves
//! it where it is, by our name, under which it can be taken over again.

use ports::volume::manage::MAX_LISTED;
use ports::volume::{Existing, FoundKind, Manage, Named, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, Work};

use super::name::{LvName, PlainName};
use super::report::Lv;
use super::{LvmDriver, Reach, provisioned};
use crate::volume::files::{bytes_of, whole_gib};

impl LvmDriver {
    fn stranger(&self, name: &PlainName) -> Result<Lv, DriverError> {
        let found = self.group.named_at_rest(name.as_str())?;
        found.ok_or_else(|| DriverError::Missing { what: name.as_str().to_owned() })
    }

    /// Why somebody's logical volume cannot become ours, if it cannot.
    fn unsafe_because(lv: &Lv) -> Option<String> {
        let name = &lv.name;
        if !lv.is_plain() {
            return Some(format!("{name} is a part of other logical volumes"));
        }
        if lv.is_merging() || lv.is_unfinished() {
            return Some(format!("{name} is being changed"));
        }
        if lv.is_open { Some(format!("{name} is in use")) } else { None }
    }

    /// Gives `from` our name, unless that is done. `fits` says why it cannot be what it is to become.
    fn adopt(
        &self,
        name: LvName,
        reference: &Reference,
        fits: impl Fn(&Lv) -> Result<(), DriverError>,
    ) -> Result<Lv, DriverError> {
        let from = PlainName::of(reference)?;
        if let Some(ours) = self.group.find(name)? {
            return Ok(ours);
        }
        let lv = self.stranger(&from)?;
        if let Some(why) = Self::unsafe_because(&lv) {
            return Err(DriverError::Refused(why));
        }
        self.must_be_free(&lv)?;
        fits(&lv)?;
        self.group.rename(&lv.name, &name.to_string())?;
        self.existing(name)
    }

    fn hand_back(&self, name: LvName, reference: &Reference) -> Result<(), DriverError> {
        // What never could be taken over needs not be given back.
        let Ok(to) = PlainName::of(reference) else { return Ok(()) };
        let Some(ours) = self.group.find(name)? else { return Ok(()) };
        if self.group.named(to.as_str())?.is_some() {
            return Err(DriverError::Refused(format!("there is a logical volume {} already", to.as_str())));
        }
        self.group.rename(&ours.name, to.as_str())
    }

    /// What is not a part of something else and may be listed as `kind` says.
    fn named_as(
        &self,
        is_wanted: impl Fn(&Lv, Option<FoundKind>) -> bool,
    ) -> Result<Vec<Named>, DriverError> {
        let mut listed = Vec::new();
        for lv in self.group.all()?.into_iter().filter(Lv::is_plain) {
            let ours = LvName::parse(&lv.name).map(LvName::kind);
            if is_wanted(&lv, ours) {
                let origin = lv.origin.clone().map(Reference::name);
                listed.push(Named { reference: Reference::name(lv.name), ours, origin });
            }
        }
        if listed.len() > MAX_LISTED {
            let group = self.group.name();
            return Err(DriverError::Refused(format!(
                "{group} holds more than {MAX_LISTED} logical volumes"
            )));
        }
        Ok(listed)
    }
}

impl Manage for LvmDriver {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        self.named_as(|lv, ours| match ours {
            None => !lv.is_thick_snapshot(),
            Some(kind) => matches!(kind, FoundKind::Volume(_)),
        })
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        self.named_as(|lv, ours| match ours {
            None => lv.is_thick_snapshot(),
            Some(kind) => matches!(kind, FoundKind::Snapshot(_)),
        })
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        let lv = self.stranger(&PlainName::of(reference)?)?;
        let size_gib = whole_gib(lv.size_bytes, self.options.gib_bytes);
        let unsafe_because = Self::unsafe_because(&lv).or(size_gib.as_ref().err().map(DriverError::chain));
        let ours = LvName::parse(&lv.name).map(LvName::kind);
        Ok(Existing { size_gib: size_gib.unwrap_or(0), ours, unsafe_because })
    }

    fn adopt_volume(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        let name = LvName::volume(volume.id);
        let adopted = self.adopt(name, reference, |lv| match lv.is_thick_snapshot() {
            true => Err(DriverError::Refused(format!("{} is a snapshot", lv.name))),
            false => Ok(()),
        })?;
        self.grow(&adopted, bytes_of(volume.size_gib, self.options.gib_bytes)?)?;
        Ok(provisioned(name))
    }

    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError> {
        self.hand_back(LvName::volume(volume.id), reference)
    }

    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        match &self.reach {
            Reach::Target(offering) => self.withdraw_from(offering, volume, None),
            Reach::Lun(_) => Ok(()),
        }
    }

    fn adopt_snapshot(
        &self,
        _work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        let name = LvName::snapshot(snapshot.id);
        let origin = LvName::volume(snapshot.volume.id).to_string();
        self.adopt(name, reference, |lv| match &lv.origin {
            Some(of) if *of == origin => Ok(()),
            _ => Err(DriverError::Refused(format!("{} is not a snapshot of {origin}", lv.name))),
        })?;
        Ok(provisioned(name))
    }

    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError> {
        self.hand_back(LvName::snapshot(snapshot.id), reference)
    }

    fn release_snapshot(&self, _snapshot: &SnapshotRef) -> Result<(), DriverError> {
        Ok(())
    }
}
