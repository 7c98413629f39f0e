//! What a simulated backend says of what has changed: it looks, where a real one keeps account, or lies.

use ports::volume::{Changes, Disk, Moment, SnapshotRef};
use ports::{DriverError, VolumeDriver};

use super::{Account, SimDriver};

/// What is compared at a time, in bytes.
const BLOCK_BYTES: u64 = 4096;

impl SimDriver {
    pub(super) fn account_since(
        &self,
        before: &SnapshotRef,
        now: &Moment,
    ) -> Result<Option<Changes>, DriverError> {
        match self.options.account {
            Account::None => Ok(None),
            Account::Empty => Ok(Some(Changes::default())),
            Account::True => {
                let now = match now {
                    Moment::Snapshot(snapshot) => self.open_snapshot(snapshot)?,
                    Moment::Volume(volume) => self.open_volume(volume, ports::volume::Access::Read)?,
                };
                differing(&*self.open_snapshot(before)?, &*now).map_err(DriverError::io("comparing"))
            }
        }
    }
}

fn differing(before: &dyn Disk, now: &dyn Disk) -> std::io::Result<Option<Changes>> {
    let (size, old_size) = (now.size_bytes(), before.size_bytes());
    let mut found = Vec::new();
    for at in (0..size).step_by(usize::try_from(BLOCK_BYTES).unwrap_or(1)) {
        let length = BLOCK_BYTES.min(size - at);
        let mut blocks = [Vec::new(), Vec::new()];
        if at + length <= old_size {
            for (block, disk) in blocks.iter_mut().zip([before, now]) {
                block.resize(usize::try_from(length).unwrap_or(0), 0);
                disk.read_at(block, at)?;
            }
        }
        if blocks[0].is_empty() || blocks[0] != blocks[1] {
            found.push((at, length));
        }
    }
    Ok(Changes::of(found))
}
