//! The memory that all backups and restores of a process share.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// A fixed number of bytes that is lent out. Cheap to clone; clones share everything.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    total_bytes: u64,
    free_bytes: Mutex<u64>,
    more: Condvar,
}

/// Bytes that are lent until this is dropped.
#[derive(Debug)]
pub(crate) struct Lent {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Budget {
    /// A budget of `total_bytes`.
    #[must_use]
    pub fn new(total_bytes: u64) -> Self {
        let shared = Shared { total_bytes, free_bytes: Mutex::new(total_bytes), more: Condvar::new() };
        Self { shared: Arc::new(shared) }
    }

    /// What there is in all.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.shared.total_bytes
    }

    /// Borrows `bytes`, or all there is if that is less, and waits until they are free. Who holds some must not wait for
    /// more.
    pub(crate) fn borrow(&self, bytes: u64) -> Lent {
        let bytes = bytes.min(self.shared.total_bytes);
        let mut free = self.shared.free();
        while *free < bytes {
            free = self.shared.more.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
        *free -= bytes;
        Lent { shared: Arc::clone(&self.shared), bytes }
    }
}

impl Shared {
    fn free(&self) -> MutexGuard<'_, u64> {
        self.free_bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        *self.shared.free() += self.bytes;
        self.shared.more.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn no_more_is_lent_than_there_is() {
        let budget = Budget::new(100);
        let lent = AtomicU64::new(0);
        thread::scope(|scope| {
            for bytes in [60, 70, 30, 1000, 40, 100] {
                let (budget, lent) = (budget.clone(), &lent);
                scope.spawn(move || {
                    for _ in 0..50 {
                        let _borrowed = budget.borrow(bytes);
                        let bytes = bytes.min(100);
                        assert!(lent.fetch_add(bytes, Ordering::SeqCst) + bytes <= 100);
                        lent.fetch_sub(bytes, Ordering::SeqCst);
                    }
                });
            }
        });
    }
}
