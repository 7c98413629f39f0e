//! Volumes that take all their space at once.

use std::thread;
use std::time::Duration;

use ports::copy::{Target, copy};
use ports::volume::Access;
use ports::{DriverError, Work};

use super::name::LvName;
use super::report::Lv;
use super::{LvmDriver, device};

const MIB: u64 = 1 << 20;
/// How long to leave LVM alone between two looks at a merge.
const MERGE_PAUSE: Duration = Duration::from_millis(200);

impl LvmDriver {
    /// A blank volume. It holds what its space held before: zeros after a volume of ours, which is wiped when it goes.
    pub(super) fn make_thick(&self, name: LvName, bytes: u64) -> Result<(), DriverError> {
        self.check_room(bytes)?;
        self.group.create(&name.to_string(), bytes, self.options.mirrors, false)
    }

    /// A copy of a snapshot, or of a volume as it is at one moment.
    pub(super) fn copy_thick(
        &self,
        work: &Work,
        name: LvName,
        from: &Lv,
        bytes: u64,
    ) -> Result<(), DriverError> {
        self.check_room(bytes)?;
        let text = name.to_string();
        self.group.create(&text, bytes, self.options.mirrors, true)?;
        if from.is_thick_snapshot() {
            self.fill(work, from, name)?;
        } else {
            let still = name.copied_from();
            if let Some(left) = self.group.find(still)? {
                self.group.remove(&left.name)?;
            }
            self.group.snapshot_unfinished(from, &still.to_string())?;
            let filled = match self.group.find(still)? {
                Some(still) => self.fill(work, &still, name),
                None => Err(DriverError::Missing { what: still.to_string() }),
            };
            self.group.remove(&still.to_string())?;
            filled?;
        }
        self.group.finish(&text)
    }

    /// Has LVM merge the snapshot into the volume, which shows the snapshot's content from the first moment on, and takes
    /// the snapshot anew, which the merge uses up. The volume's tag says so meanwhile. The volume is inactive when the merge
    /// is asked for: LVM would put off that of an open one without a word, until somebody activates it.
    pub(super) fn revert_thick(&self, work: &Work, name: LvName, to: LvName) -> Result<(), DriverError> {
        let (volume, tag) = (self.existing(name)?, reverting_tag(to));
        match self.group.find(to)? {
            Some(snapshot) if !snapshot.is_merging() && !snapshot.is_unfinished() => {
                self.group.deactivate(&volume.name)?;
                let merged =
                    self.group.tag(&volume.name, &tag).and_then(|()| self.group.merge(&snapshot.name));
                self.group.activate(&volume.name)?;
                merged?;
            }
            None if !volume.has_tag(&tag) => return Err(DriverError::Missing { what: to.to_string() }),
            _ => self.activate_if_needed(&volume)?,
        }
        let mut waited = Ok(());
        let merged = loop {
            let volume = self.existing(name)?;
            if !volume.is_merging() && self.group.find(to)?.is_none() {
                break volume;
            }
            waited?;
            work.advance(0)?;
            waited = self.group.await_merge(work, &volume.name);
            thread::sleep(MERGE_PAUSE);
        };
        self.group.snapshot(&merged, &to.to_string())?;
        self.group.untag(&merged.name, &tag)
    }

    fn fill(&self, work: &Work, from: &Lv, name: LvName) -> Result<(), DriverError> {
        let to = self.group.find(name)?.ok_or_else(|| DriverError::Missing { what: name.to_string() })?;
        let (source, target) = (self.open(from, Access::Read)?, self.open(&to, Access::Write)?);
        Ok(copy(&*source, &*target, Target::Unknown, work)?)
    }

    /// Overwrites what a thick volume, or the changes that a thick snapshot kept, held.
    pub(super) fn wipe(&self, work: &Work, lv: &Lv) -> Result<(), DriverError> {
        let at_most = match (self.options.wipe, self.options.wipe_mib) {
            (false, _) => return Ok(()),
            (true, 0) => u64::MAX,
            (true, mib) => mib.saturating_mul(MIB),
        };
        self.activate_if_needed(lv)?;
        let path = if lv.is_thick_snapshot() {
            device::changes_path(self.group.name(), &lv.name)
        } else {
            device::path(self.group.name(), &lv.name)
        };
        if self.options.wipe_ionice.is_empty() {
            return device::wipe(&path, at_most, self.pace.as_ref(), work);
        }
        // A thread of its own, which takes its treatment along when it ends.
        thread::scope(|scope| {
            let wiping = scope.spawn(|| {
                self.group.treat_this_thread(&self.options.wipe_ionice);
                device::wipe(&path, at_most, self.pace.as_ref(), work)
            });
            wiping.join().unwrap_or_else(|_| Err(DriverError::Refused("wiping failed badly".to_owned())))
        })
    }

    /// A refusal with numbers is better than LVM's words.
    fn check_room(&self, bytes: u64) -> Result<(), DriverError> {
        let vg = self.group.report()?;
        let copies = self.options.mirrors.saturating_add(1);
        let asked_bytes = bytes.div_ceil(vg.extent_bytes.max(1)).saturating_mul(vg.extent_bytes);
        let asked_bytes = asked_bytes.saturating_mul(copies);
        if asked_bytes > vg.free_bytes {
            return Err(DriverError::NoSpace { asked_bytes, free_bytes: vg.free_bytes });
        }
        if copies > vg.physical_volumes {
            let (has, needs) = (vg.physical_volumes, copies);
            let told =
                format!("{} has {has} physical volumes, and a mirror needs {needs}", self.group.name());
            return Err(DriverError::Refused(told));
        }
        Ok(())
    }
}

/// Marks a volume that a snapshot is being merged into.
fn reverting_tag(to: LvName) -> String {
    format!("besser.reverting-to.{to}")
}
