//! Taking over files of the directory, as the driver `local` does.

use ports::volume::{Access, Provisioned, Reference};
use ports::{DriverError, Work};

use super::{SimDriver, provisioned};
use crate::volume::files::{
    Directory, FileName, PlainName, TakesOver, existing, length, manage_files, whole_gib,
};

impl TakesOver for SimDriver {
    fn files(&self) -> Result<&Directory, DriverError> {
        self.directory()
    }

    fn measure(&self, directory: &Directory, name: &PlainName) -> Result<u64, DriverError> {
        let file = directory.open_stranger(name, Access::Read)?;
        whole_gib(length(directory, name, &file)?, self.options.gib_bytes)
    }

    fn adopt(
        &self,
        work: &Work,
        name: FileName,
        reference: &Reference,
        size_gib: u64,
    ) -> Result<Provisioned, DriverError> {
        let (directory, from) = (self.directory()?, PlainName::of(reference)?);
        let bytes = self.bytes_of(size_gib)?;
        let fails = self.begin(work)?;
        if directory.open_file(name, Access::Read)?.is_none() {
            self.measure(directory, &from)?;
        }
        directory.take_in(&from, name)?;
        self.half_way("sim.adopt.half_way", fails)?;
        let file = existing(directory, name, Access::Write)?;
        if length(directory, name, &file)? < bytes {
            file.set_len(bytes).map_err(directory.failure("growing", name, bytes))?;
        }
        Ok(provisioned(name))
    }
}

manage_files!(SimDriver);
