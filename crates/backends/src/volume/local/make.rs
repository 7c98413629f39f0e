//! Making, completing and removing files, the same for every format.

use std::fs::File;

use model::BaseId;
use ports::volume::bases::location_on;
use ports::volume::{Access, Provisioned, Source};
use ports::{DriverError, Work};

use super::format::BaseUse;
use super::{LocalFileDriver, VolumeClear, noted, noted_of};
use crate::volume::files::{Exclusive, FileName, copy_sparse, existing, length, reflink, wipe};

const MIB: u64 = 1 << 20;

/// Where content comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct From {
    pub(super) name: FileName,
    /// The base on which it stands as far as the rows say, or that it is.
    pub(super) stands_on: Option<BaseId>,
}

impl LocalFileDriver {
    /// The file that is `source`.
    pub(super) fn from(&self, source: &Source) -> Result<From, DriverError> {
        Ok(match source {
            Source::Snapshot(snapshot) => {
                From { name: FileName::snapshot(snapshot.id), stands_on: noted_of(snapshot) }
            }
            Source::Volume(volume) => From { name: FileName::volume(volume.id), stands_on: noted(volume) },
            Source::Base(base) => From { name: self.existing_base(base.id)?, stands_on: Some(base.id) },
        })
    }

    /// Makes the file `name`, blank or with the content of `from`, or completes the one that is there, which may stand
    /// on `stands_on`.
    pub(super) fn make(
        &self,
        work: &Work,
        name: FileName,
        from: Option<From>,
        stands_on: Option<BaseId>,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directories.of(name)?;
        if let Some(file) = directory.open_file(name, Access::Write)? {
            self.check_ground(name, &file, stands_on)?;
            return self.complete(work, name, &file, bytes);
        }
        match from {
            Some(from) => {
                self.fill_unfinished(work, from, name, bytes)?;
                directory.publish(name)?;
            }
            None => self.format.make_blank(directory, work, name, bytes)?,
        }
        directory.sync()?;
        self.provisioned(name)
    }

    /// Gives the file its size if it is smaller, and makes durable what a killed process may have left in memory.
    pub(super) fn complete(
        &self,
        work: &Work,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directories.of(name)?;
        self.format.grow(directory, work, name, file, bytes)?;
        file.sync_all().map_err(directory.failure("syncing", name, bytes))?;
        directory.sync()?;
        self.provisioned(name)
    }

    /// Fills a copy of `from` under the unfinished name of `name`, and puts it in the place of the file `name`.
    pub(super) fn revert(
        &self,
        work: &Work,
        from: From,
        name: FileName,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directory()?;
        let old = existing(directory, name, Access::Write)?;
        // Whoever has it open would go on with what is no volume any more.
        let _alone = Exclusive::of(directory, name, &old)?;
        self.fill_unfinished(work, from, name, bytes)?;
        directory.replace(name)?;
        self.provisioned(name)
    }

    /// A durable file with the content of `from`, `bytes` large, under the unfinished name of `name`: one that stands on
    /// `from`, if that is a base and the format can, and else a copy. What fails leaves nothing.
    pub(super) fn fill_unfinished(
        &self,
        work: &Work,
        from: From,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        self.unfinished(name, |unfinished, file| {
            if from.name.is_whole_base() && self.format.base_use() == Some(BaseUse::Stands) {
                self.stand(unfinished, file, from.name, bytes)
            } else {
                self.copy(work, from, unfinished, file, bytes)
            }
        })
    }

    /// Makes an empty file under the unfinished name of `name` and has it filled. What fails leaves nothing.
    pub(super) fn unfinished(
        &self,
        name: FileName,
        fill: impl FnOnce(FileName, &File) -> Result<(), DriverError>,
    ) -> Result<(), DriverError> {
        let directory = self.directories.of(name)?;
        let unfinished = name.unfinished();
        let file = directory.create_anew(unfinished)?;
        let filled = fill(unfinished, &file);
        if let Err(error) = &filled
            && let Err(second) = directory.remove(unfinished)
        {
            let (error, second) = (error.chain(), second.chain());
            tracing::warn!(file = %unfinished, error, second, "a failed copy stays until the next start");
        }
        filled
    }

    /// Makes the empty `file` a volume that stands on `base`.
    pub(super) fn stand(
        &self,
        name: FileName,
        file: &File,
        base: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let below = existing(self.directories.bases()?, base, Access::Read)?;
        self.must_fit(name, base, &below, bytes)?;
        self.format.write_standing(self.directories.of(name)?, name, file, base, bytes)
    }

    /// Makes the empty `file` a durable copy of `from`.
    fn copy(
        &self,
        work: &Work,
        from: From,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let access = if from.name.is_whole_base() { Access::Read } else { Access::Write };
        let source = existing(self.directories.of(from.name)?, from.name, access)?;
        self.check_ground(from.name, &source, from.stands_on)?;
        self.must_fit(name, from.name, &source, bytes)?;
        let directory = self.directories.of(name)?;
        self.fill(work, (from.name, &source), (name, file))?;
        self.format.grow(directory, work, name, file, bytes)?;
        file.sync_all().map_err(directory.failure("syncing", name, bytes))
    }

    fn must_fit(&self, name: FileName, from: FileName, source: &File, bytes: u64) -> Result<(), DriverError> {
        let source_bytes = self.bytes_in(from, source)?;
        if source_bytes <= bytes {
            return Ok(());
        }
        let told = format!("{name} of {bytes} bytes cannot hold {from} of {source_bytes} bytes");
        Err(DriverError::Refused(told))
    }

    /// The size of the volume in `file`; that of a base which stands on nothing is its length.
    fn bytes_in(&self, name: FileName, file: &File) -> Result<u64, DriverError> {
        let directory = self.directories.of(name)?;
        if name.base_id().is_some() && !name.is_layer() {
            return length(directory, name, file);
        }
        self.format.virtual_bytes(directory, &name, file)
    }

    /// Refuses a file that stands on another base than was noted. Standing on nothing is never wrong.
    pub(super) fn check_ground(
        &self,
        name: FileName,
        file: &File,
        noted: Option<BaseId>,
    ) -> Result<(), DriverError> {
        match self.format.ground(self.directories.of(name)?, name, file)? {
            Some(base) if base.base_id() != noted && !name.is_whole_base() => {
                let path = self.directories.of(name)?.path_of(name);
                Err(DriverError::Refused(format!("{} stands on {base}, which was not noted", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// What was made.
    pub(super) fn provisioned(&self, name: FileName) -> Result<Provisioned, DriverError> {
        let directory = self.directories.of(name)?;
        let file = existing(directory, name, Access::Read)?;
        let base = self.format.ground(directory, name, &file)?.and_then(FileName::base_id);
        Ok(Provisioned { provider_location: base.map(location_on), provider_id: Some(name.to_string()) })
    }

    /// Gives `to` the blocks of `from`, or a copy of them. Blocks that are preallocated cannot be shared ones.
    fn fill(
        &self,
        work: &Work,
        (from, source): (FileName, &File),
        (to, file): (FileName, &File),
    ) -> Result<(), DriverError> {
        let (directory, to_directory) = (self.directories.of(from)?, self.directories.of(to)?);
        let bytes = length(directory, from, source)?;
        // Nobody writes to a base.
        let lock = || match from.is_whole_base() {
            true => Ok(None),
            false => Exclusive::of(directory, from, source).map(Some),
        };
        let early = if self.format.is_whole_at_any_moment() { None } else { Some(lock()?) };
        if !self.options.preallocate
            && reflink(source, file).map_err(directory.failure("sharing", from, bytes))?
        {
            tracing::debug!(%from, %to, "blocks shared");
            work.set_total(bytes);
            return Ok(work.advance(bytes)?);
        }
        let _alone = early.map_or_else(lock, Ok)?;
        copy_sparse(source, file, work).map_err(to_directory.stopped("copying", to, bytes))
    }

    /// Removes the file `name`, wiped if the options say so, and what an interrupted making of it left.
    pub(super) fn remove(&self, work: &Work, name: FileName) -> Result<(), DriverError> {
        let directory = self.directory()?;
        directory.remove(name.unfinished())?;
        if let Some(file) = directory.open_file(name, Access::Write)? {
            let _alone = Exclusive::of(directory, name, &file)?;
            if self.options.preallocate && self.options.volume_clear == VolumeClear::Zero {
                let bytes = match self.options.volume_clear_size_mib {
                    0 => u64::MAX,
                    mib => mib.saturating_mul(MIB),
                };
                wipe(&file, bytes, work).map_err(directory.stopped("wiping", name, bytes))?;
            }
            directory.remove(name)?;
        }
        directory.sync()
    }
}
