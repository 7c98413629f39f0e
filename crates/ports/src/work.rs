//! A piece of work as the one who does it sees it: how far it is, and whether it is still wanted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared between the worker that waits and the driver that works. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Work {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    done_bytes: AtomicU64,
    total_bytes: AtomicU64,
    unwanted: AtomicBool,
}

/// The work is no longer wanted; what was made so far may stay, the next attempt recognises it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no longer wanted")]
pub struct Unwanted;

impl Work {
    /// Work of which nothing is known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says how many bytes there are to do in all.
    pub fn set_total(&self, bytes: u64) {
        self.shared.total_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Says that `bytes` more are done, and learns whether to go on.
    ///
    /// # Errors
    /// [`Unwanted`] when the work was called off.
    pub fn advance(&self, bytes: u64) -> Result<(), Unwanted> {
        self.shared.done_bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.shared.unwanted.load(Ordering::Relaxed) { Err(Unwanted) } else { Ok(()) }
    }

    /// Calls the work off.
    pub fn call_off(&self) {
        self.shared.unwanted.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    #[must_use]
    pub fn is_unwanted(&self) -> bool {
        self.shared.unwanted.load(Ordering::Relaxed)
    }

    /// How much is done, in per cent; none while the total is not known.
    #[must_use]
    pub fn percent(&self) -> Option<u8> {
        let total = self.shared.total_bytes.load(Ordering::Relaxed);
        let done = self.shared.done_bytes.load(Ordering::Relaxed).min(total);
        (total > 0).then(|| u8::try_from(u128::from(done) * 100 / u128::from(total)).unwrap_or(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_known_once_the_total_is_and_never_passes_it() {
        let work = Work::new();
        assert_eq!(work.advance(5), Ok(()));
        assert_eq!(work.percent(), None);
        work.set_total(20);
        assert_eq!(work.percent(), Some(25));
        assert_eq!(work.advance(u64::from(u32::MAX)), Ok(()));
        assert_eq!(work.percent(), Some(100));
    }

    #[test]
    fn whoever_advances_learns_that_the_work_was_called_off() {
        let work = Work::new();
        let worker = work.clone();
        work.call_off();
        assert!(worker.is_unwanted());
        assert_eq!(worker.advance(1), Err(Unwanted));
    }
}
