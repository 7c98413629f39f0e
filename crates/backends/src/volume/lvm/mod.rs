//! The driver `lvm`: each volume is a logical volume of one volume group of this host.
//!
//! `volume-<id>` and `_snapshot-<id>` are Cinder's names (LVM keeps `snapshot…` to itself), so a group that Cinder filled
//! is understood. Thick volumes take all their space at once and are wiped when they go; thin ones live in the pool
//! `<group>-pool`. What a call has begun and not finished carries a tag, and is worthless after a restart. A logical
//! volume with any other name is somebody else's: it is counted, and never touched.

mod bases;
mod changes;
mod delta;
mod device;
mod export;
mod group;
mod manage;
mod name;
mod options;
mod report;
mod san;
mod space;
mod thick;
mod thin;

pub use options::{Lun, LvmOptions, LvmType, Protocol};

use std::sync::OnceLock;

use model::Connector;
use ports::volume::{
    Access, BackendStats, Bases, Capabilities, Changes, Connection, Disk, Found, FoundKind, Here, Manage,
    Moment, Provisioned, Provisioning, SnapshotRef, Source, VolumeRef,
};
use ports::{DriverError, Exec, VolumeDriver, Work};

use self::group::Group;
use self::name::LvName;
use self::report::Lv;
use super::files::bytes_of;
use super::pace::Pace;
use crate::target::{Offering, Target};

/// A backend of logical volumes.
#[derive(Debug)]
pub struct LvmDriver {
    options: LvmOptions,
    group: Group,
    reach: Reach,
    /// How fast its copies may be.
    pace: Option<Pace>,
    provisioning: OnceLock<Provisioning>,
}

/// How hosts reach its volumes.
#[derive(Debug)]
enum Reach {
    /// Over iSCSI, each through a target of its own.
    Target(Offering),
    /// Each host has the LUN with the whole group.
    Lun(Lun),
}

impl LvmDriver {
    /// A backend as `options` say, which runs LVM's programs through `exec` and offers its volumes through `target`.
    /// Nothing is touched before the first call.
    #[must_use]
    pub fn new(options: LvmOptions, target: Box<dyn Target>, exec: Exec) -> Self {
        let offering = Offering::new(target, options.target.clone());
        Self::reached(options, Reach::Target(offering), exec)
    }

    /// The same where every host has `lun`, on which the volume group lies.
    #[must_use]
    pub fn on_lun(options: LvmOptions, lun: Lun, exec: Exec) -> Self {
        Self::reached(options, Reach::Lun(lun), exec)
    }

    fn reached(options: LvmOptions, reach: Reach, exec: Exec) -> Self {
        let group = Group::new(options.volume_group.clone(), options.system_dir.clone(), exec);
        let pace = Pace::of(options.copy_bytes_per_second);
        Self { options, group, reach, pace, provisioning: OnceLock::new() }
    }

    /// The LUN that the group lies on, if it does.
    const fn lun(&self) -> Option<&Lun> {
        match &self.reach {
            Reach::Target(_) => None,
            Reach::Lun(lun) => Some(lun),
        }
    }

    /// Thin or thick, decided once: as configured, or by what the group is used for already.
    fn provisioning(&self) -> Result<Provisioning, DriverError> {
        if let Some(known) = self.provisioning.get() {
            return Ok(*known);
        }
        let found = match self.options.lvm_type {
            // A pool is used by one host alone.
            _ if self.lun().is_some() => Provisioning::Thick,
            LvmType::Default => Provisioning::Thick,
            LvmType::Thin => Provisioning::Thin,
            LvmType::Auto => self.group.suggested(&self.options.pool_name())?,
        };
        Ok(*self.provisioning.get_or_init(|| found))
    }

    fn is_thin(&self) -> Result<bool, DriverError> {
        Ok(self.provisioning()? == Provisioning::Thin)
    }

    /// A volume that is whole.
    fn existing(&self, name: LvName) -> Result<Lv, DriverError> {
        match self.group.find(name)? {
            Some(lv) if !lv.is_unfinished() => Ok(lv),
            _ => Err(DriverError::Missing { what: name.to_string() }),
        }
    }

    /// Makes `name` anew, filled from `from` when there is one. What is there already is completed; what an interrupted
    /// call left is removed first.
    fn make(&self, work: &Work, name: LvName, from: Option<LvName>, bytes: u64) -> Result<(), DriverError> {
        match self.group.find(name)? {
            Some(lv) if lv.is_unfinished() => self.discard(work, &lv)?,
            Some(lv) => return self.grow(&lv, bytes),
            None => {}
        }
        let from = from.map(|from| self.existing(from)).transpose()?;
        from.as_ref().map_or(Ok(()), |from| self.must_be_free(from))?;
        if let Some(from) = from.as_ref().filter(|from| from.size_bytes > bytes) {
            let (name_of_source, source_bytes) = (&from.name, from.size_bytes);
            let told =
                format!("{name} of {bytes} bytes cannot hold {name_of_source} of {source_bytes} bytes");
            return Err(DriverError::Refused(told));
        }
        match (self.is_thin()?, from) {
            (true, None) => self.make_thin(name, bytes),
            (true, Some(from)) => self.clone_thin(name, &from, bytes),
            (false, None) => self.make_thick(name, bytes),
            (false, Some(from)) => self.copy_thick(work, name, &from, bytes),
        }
    }

    fn grow(&self, lv: &Lv, bytes: u64) -> Result<(), DriverError> {
        if lv.size_bytes >= bytes {
            return Ok(());
        }
        let is_thick_origin = lv.is_origin && !lv.is_thin();
        if is_thick_origin {
            // The snapshots of a thick volume lock the size of its device.
            self.group.deactivate(&lv.name)?;
        }
        let grown = self.group.extend(&lv.name, bytes);
        if is_thick_origin {
            self.group.activate(&lv.name)?;
        }
        grown
    }

    /// Removes what is worthless: no wipe can be owed, or the wipe is owed all the more.
    fn discard(&self, work: &Work, lv: &Lv) -> Result<(), DriverError> {
        if !lv.is_thin() {
            self.wipe(work, lv)?;
        }
        self.group.remove(&lv.name)
    }

    fn remove(&self, work: &Work, name: LvName) -> Result<(), DriverError> {
        if let Some(copied_from) = self.group.find(name.copied_from())? {
            self.group.remove(&copied_from.name)?;
        }
        let Some(lv) = self.group.named_at_rest(&name.to_string())? else { return Ok(()) };
        self.must_be_free(&lv)?;
        if lv.is_open {
            // It would be wiped under whoever has it, and stay.
            return Err(DriverError::Busy {
                what: name.to_string(),
                by: "somebody who has it open".to_owned(),
            });
        }
        if lv.is_origin && !lv.is_thin() {
            // LVM would remove the snapshots with it.
            return Err(DriverError::Busy { what: name.to_string(), by: "its snapshots".to_owned() });
        }
        self.discard(work, &lv)
    }
}

impl VolumeDriver for LvmDriver {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: "Open Source",
            storage_protocol: self.lun().map_or("iSCSI", |lun| lun.protocol.reported()),
            provisioning: self.provisioning.get().copied().unwrap_or(Provisioning::Thick),
            multiattach: self.lun().is_none(),
            online_extend: self.lun().is_none(),
            unwritten_is_zero: self.provisioning.get() == Some(&Provisioning::Thin),
            shows_volumes: true,
            offers_volumes: self.lun().is_none(),
            online_snapshot: self.lun().is_none(),
        }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.group.check()?;
        if self.is_thin()? {
            self.group.ensure_pool(&self.options.pool_name())?;
        }
        match &self.reach {
            Reach::Target(offering) => offering.target().check(),
            Reach::Lun(_) if self.options.lvm_type == LvmType::Thin => {
                let told = "lvm_type = thin is impossible where several hosts have the volume group";
                Err(DriverError::Refused(told.to_owned()))
            }
            Reach::Lun(_) => Ok(()),
        }
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        if let Reach::Target(offering) = &self.reach {
            offering.target().life()?;
        }
        self.measure()
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        let name = LvName::volume(volume.id);
        let from = source.map(|source| match source {
            Source::Snapshot(snapshot) => LvName::snapshot(snapshot.id),
            Source::Volume(volume) => LvName::volume(volume.id),
            Source::Base(base) => LvName::base(base.id),
        });
        self.make(work, name, from, bytes_of(volume.size_gib, self.options.gib_bytes)?)?;
        Ok(provisioned(name))
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        if let Reach::Target(offering) = &self.reach {
            self.withdraw_from(offering, volume, None)?;
        }
        self.remove(work, LvName::volume(volume.id))
    }

    fn extend_volume(&self, _work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        let name = LvName::volume(volume.id);
        let bytes = bytes_of(volume.size_gib, self.options.gib_bytes)?;
        let lv = self.existing(name)?;
        self.must_be_free(&lv)?;
        self.grow(&lv, bytes)?;
        if let Reach::Target(offering) = &self.reach {
            offering.resized(&name.to_string())?;
        }
        Ok(provisioned(name))
    }

    fn ensure_snapshot(&self, _work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        let name = LvName::snapshot(snapshot.id);
        if self.group.find(name)?.is_none() {
            let origin = self.existing(LvName::volume(snapshot.volume.id))?;
            self.must_be_free(&origin)?;
            self.group.snapshot(&origin, &name.to_string())?;
        }
        Ok(provisioned(name))
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.remove(work, LvName::snapshot(snapshot.id))
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        let (name, to) = (LvName::volume(volume.id), LvName::snapshot(snapshot.id));
        self.group.find(name)?.map_or(Ok(()), |lv| self.must_be_free(&lv))?;
        if self.is_thin()? {
            self.revert_thin(name, to)?;
        } else {
            self.revert_thick(work, name, to)?;
        }
        Ok(provisioned(name))
    }

    fn here(&self, volume: &VolumeRef) -> Result<Option<Here>, DriverError> {
        self.show(&self.existing(LvName::volume(volume.id))?).map(Some)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.open(&self.existing(LvName::volume(volume.id))?, access)
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.open(&self.existing(LvName::snapshot(snapshot.id))?, Access::Read)
    }

    fn changed_since(
        &self,
        work: &Work,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        let now = match now {
            Moment::Snapshot(snapshot) => LvName::snapshot(snapshot.id),
            Moment::Volume(volume) => LvName::volume(volume.id),
        };
        self.changes(work, LvName::snapshot(before.id), now)
    }

    fn connect(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        match &self.reach {
            Reach::Target(offering) => self.offer_to(offering, volume, connector, access),
            Reach::Lun(lun) => self.give_to(lun, volume, connector, access),
        }
    }

    fn disconnect(
        &self,
        _work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        match &self.reach {
            Reach::Target(offering) => self.withdraw_from(offering, volume, connector),
            Reach::Lun(_) => self.take_from(volume, connector),
        }
    }

    fn manage(&self) -> Option<&dyn Manage> {
        Some(self)
    }

    /// Thin volumes share what they are made from; a thick one would copy its base as it copies an image.
    fn bases(&self) -> Option<&dyn Bases> {
        self.is_thin().is_ok_and(|thin| thin).then_some(self)
    }

    fn export_life(&self) -> Result<Option<String>, DriverError> {
        match &self.reach {
            Reach::Target(offering) => offering.target().life().map(Some),
            Reach::Lun(_) => Ok(None),
        }
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        let ours = self.group.all()?.into_iter().filter_map(|lv| {
            let name = LvName::parse(&lv.name)?;
            let kind = if lv.is_unfinished() { FoundKind::Unfinished } else { name.kind() };
            Some(Found { kind, used_bytes: lv.used_bytes(), name: lv.name })
        });
        Ok(ours.collect())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        let mut swept = 0;
        // Snapshots that were copied from go first: they hold their origin.
        let mut unfinished: Vec<_> = self.group.all()?.into_iter().filter(Lv::is_unfinished).collect();
        unfinished.sort_by_key(|lv| lv.origin.is_none());
        for lv in unfinished.iter().filter(|lv| LvName::parse(&lv.name).is_some()) {
            self.discard(&Work::new(), lv)?;
            swept += 1;
        }
        Ok(swept)
    }
}

fn provisioned(name: LvName) -> Provisioned {
    Provisioned { provider_location: None, provider_id: Some(name.to_string()) }
}
