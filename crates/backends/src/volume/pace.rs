//! Copies that leave others room (`volume_copy_bps_limit`).

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ports::volume::{Disk, Extent};

/// A limit that all copies of a backend share: what one of them takes the others have to wait for.
#[derive(Debug, Clone)]
pub(crate) struct Pace {
    bytes_per_second: u64,
    /// When the next byte may pass.
    next: Arc<Mutex<Instant>>,
}

impl Pace {
    /// No limit where it is 0.
    pub(crate) fn of(bytes_per_second: u64) -> Option<Self> {
        let next = Arc::new(Mutex::new(Instant::now()));
        (bytes_per_second > 0).then_some(Self { bytes_per_second, next })
    }

    /// Lets `disk` be read and written no faster than this.
    pub(crate) fn hold(&self, disk: Box<dyn Disk>) -> Box<dyn Disk> {
        Box::new(Paced { inner: disk, pace: self.clone() })
    }

    /// Waits until `bytes` may pass, which those before have left room for.
    pub(crate) fn wait(&self, bytes: u64) {
        let now = Instant::now();
        let begin = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let begin = (*next).max(now);
            *next = begin + self.time_of(bytes);
            begin
        };
        thread::sleep(begin.saturating_duration_since(now));
    }

    fn time_of(&self, bytes: u64) -> Duration {
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

/// A disk that is read and written no faster than its pace: never as a file, which the kernel would copy as fast as it
/// can.
#[derive(Debug)]
struct Paced {
    inner: Box<dyn Disk>,
    pace: Pace,
}

impl Disk for Paced {
    fn size_bytes(&self) -> u64 {
        self.inner.size_bytes()
    }

    fn read_at(&self, buffer: &mut [u8], offset_bytes: u64) -> io::Result<()> {
        self.pace.wait(buffer.len() as u64);
        self.inner.read_at(buffer, offset_bytes)
    }

    fn write_at(&self, bytes: &[u8], offset_bytes: u64) -> io::Result<()> {
        self.pace.wait(bytes.len() as u64);
        self.inner.write_at(bytes, offset_bytes)
    }

    fn zero_at(&self, offset_bytes: u64, length_bytes: u64) -> io::Result<()> {
        self.inner.zero_at(offset_bytes, length_bytes)
    }

    fn extent_at(&self, offset_bytes: u64) -> io::Result<Extent> {
        self.inner.extent_at(offset_bytes)
    }

    fn sync(&self) -> io::Result<()> {
        self.inner.sync()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_share_one_limit() {
        assert!(Pace::of(0).is_none());
        let pace = Pace::of(1 << 20).unwrap();
        let other = pace.clone();
        let begun = Instant::now();
        // The first passes at once; a tenth of a second later the second may.

        pace.wait((1 << 20) / 10);
        other.wait(1);
        assert!(begun.elapsed() >= Duration::from_millis(100), "{:?}", begun.elapsed());
        assert_eq!(pace.time_of(u64::MAX), Duration::from_nanos(u64::MAX));
    }
}
