//! Making, completing and removing files, the same for every format.

use std::fs::File;

use ports::volume::{Access, Provisioned};
use ports::{DriverError, Work};

use super::{LocalFileDriver, VolumeClear};
use crate::volume::files::{Exclusive, FileName, copy_sparse, existing, length, reflink, wipe};

const MIB: u64 = 1 << 20;

impl LocalFileDriver {
    /// Makes the file `name`, blank or with the content of `from`, or completes the one that is there.
    pub(super) fn make(
        &self,
        work: &Work,
        name: FileName,
        from: Option<FileName>,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directory()?;
        if let Some(file) = directory.open_file(name, Access::Write)? {
            return self.complete(work, name, &file, bytes);
        }
        match from {
            Some(from) => self.copy(work, from, name, bytes)?,
            None => self.format.make_blank(directory, work, name, bytes)?,
        }
        directory.sync()?;
        Ok(provisioned(name))
    }

    /// Gives the file its size if it is smaller, and makes durable what a killed process may have left in memory.
    pub(super) fn complete(
        &self,
        work: &Work,
        name: FileName,
        file: &File,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directory()?;
        self.format.grow(directory, work, name, file, bytes)?;
        file.sync_all().map_err(directory.failure("syncing", name, bytes))?;
        directory.sync()?;
        Ok(provisioned(name))
    }

    /// Fills a copy under its unfinished name and publishes it. A copy that fails leaves nothing behind.
    fn copy(&self, work: &Work, from: FileName, name: FileName, bytes: u64) -> Result<(), DriverError> {
        self.fill_unfinished(work, from, name, bytes)?;
        self.directory()?.publish(name)
    }

    /// Fills a copy of `from` under the unfinished name of `name`, and puts it in the place of the file `name`.
    pub(super) fn revert(
        &self,
        work: &Work,
        from: FileName,
        name: FileName,
        bytes: u64,
    ) -> Result<Provisioned, DriverError> {
        let directory = self.directory()?;
        let old = existing(directory, name, Access::Write)?;
        // Whoever has it open would go on with what is no volume any more.
        let _alone = Exclusive::of(directory, name, &old)?;
        self.fill_unfinished(work, from, name, bytes)?;
        directory.replace(name)?;
        Ok(provisioned(name))
    }

    /// A durable copy of `from`, `bytes` large, under the unfinished name of `name`. One that fails leaves nothing.
    fn fill_unfinished(
        &self,
        work: &Work,
        from: FileName,
        name: FileName,
        bytes: u64,
    ) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let source = existing(directory, from, Access::Write)?;
        let source_bytes = self.format.virtual_bytes(directory, &from, &source)?;
        if source_bytes > bytes {
            let told = format!("{name} of {bytes} bytes cannot hold {from} of {source_bytes} bytes");
            return Err(DriverError::Refused(told));
        }
        let unfinished = name.unfinished();
        let file = directory.create_anew(unfinished)?;
        let filled = self
            .fill(work, (from, &source), (unfinished, &file))
            .and_then(|()| self.format.grow(directory, work, unfinished, &file, bytes))
            .and_then(|()| file.sync_all().map_err(directory.failure("syncing", unfinished, bytes)));
        if let Err(error) = &filled
            && let Err(second) = directory.remove(unfinished)
        {
            let (error, second) = (error.chain(), second.chain());
            tracing::warn!(file = %unfinished, error, second, "a failed copy stays until the next start");
        }
        filled
    }

    /// Gives `to` the blocks of `from`, or a copy of them. Blocks that are preallocated cannot be shared ones.
    fn fill(
        &self,
        work: &Work,
        (from, source): (FileName, &File),
        (to, file): (FileName, &File),
    ) -> Result<(), DriverError> {
        let directory = self.directory()?;
        let bytes = length(directory, from, source)?;
        let lock = || Exclusive::of(directory, from, source);
        let early = if self.format.is_whole_at_any_moment() { None } else { Some(lock()?) };
        if !self.options.preallocate
            && reflink(source, file).map_err(directory.failure("sharing", from, bytes))?
        {
            tracing::debug!(%from, %to, "blocks shared");
            work.set_total(bytes);
            return Ok(work.advance(bytes)?);
        }
        let _alone = early.map_or_else(lock, Ok)?;
        copy_sparse(source, file, work).map_err(directory.stopped("copying", to, bytes))
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

pub(super) fn provisioned(name: FileName) -> Provisioned {
    Provisioned { provider_location: None, provider_id: Some(name.to_string()) }
}
