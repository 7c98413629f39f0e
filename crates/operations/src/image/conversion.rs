//! How many disks are converted from one format to another at the same time, and what each conversion may use.
//!
//! QEMU reads and writes the formats that are more than a row of bytes, each disk in a process of its own with a limit of
//! its address space and one of its processor time. Compressed images are work for processors: more at once than there
//! are of them would take memory, and not end sooner.

use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ports::{DriverError, Work};

/// How often one that waits looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Processor time that any conversion may use, in seconds.
const LEAST_CPU_SECONDS: u64 = 60;
/// A second more for so much of the disk. What is packed hardest takes a tenth of that.
const BYTES_A_SECOND: u64 = 8 << 20;

/// Those of this process.
static CONVERSIONS: LazyLock<Conversions> = LazyLock::new(|| {
    let most = std::thread::available_parallelism().map_or(1, usize::from);
    Conversions { most, under_way: Mutex::default(), ended: Condvar::new() }
});

/// Conversions, of which only some are under way.
struct Conversions {
    most: usize,
    under_way: Mutex<usize>,
    ended: Condvar,
}

/// A conversion under way, until it is dropped.
pub(crate) struct Conversion<'c>(&'c Conversions);

/// Waits until a conversion can begin.
///
/// # Errors
/// The work was called off.
pub(crate) fn begin(work: &Work) -> Result<Conversion<'static>, DriverError> {
    CONVERSIONS.begin(work)
}

/// Processor time that the conversion of a disk of this size may use, in seconds.
pub(crate) fn cpu_seconds(size_bytes: u64) -> u64 {
    LEAST_CPU_SECONDS + size_bytes / BYTES_A_SECOND
}

impl Conversions {
    fn begin(&self, work: &Work) -> Result<Conversion<'_>, DriverError> {
        let mut under_way = self.count();
        while *under_way >= self.most {
            work.advance(0)?;
            let waited = self.ended.wait_timeout(under_way, LOOK_EVERY);
            under_way = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *under_way += 1;
        Ok(Conversion(self))
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Conversion<'_> {
    fn drop(&mut self) {
        *self.0.count() -= 1;
        self.0.ended.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn no_more_than_allowed_are_under_way_and_all_come_to_their_turn() {
        let conversions = Conversions { most: 2, under_way: Mutex::default(), ended: Condvar::new() };
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let _turn = conversions.begin(&Work::new()).unwrap();
                    assert!(*conversions.count() <= 2);
                    thread::yield_now();
                });
            }
        });
        assert_eq!(*conversions.count(), 0);
    }

    #[test]
    fn one_that_is_called_off_waits_no_longer() {
        let conversions = Conversions { most: 1, under_way: Mutex::default(), ended: Condvar::new() };
        let _other = conversions.begin(&Work::new()).unwrap();
        let work = Work::new();
        work.call_off();
        assert!(matches!(conversions.begin(&work), Err(DriverError::Unwanted(_))));
        assert_eq!(*conversions.count(), 1);
    }
}
