//! The same job on several threads.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::{BackupError, Means};

/// Runs `job` on this thread and on `threads - 1` more; the first failure is the answer.
pub(crate) fn on_threads(
    threads: usize,
    job: &(dyn Fn() -> Result<(), BackupError> + Sync),
) -> Result<(), BackupError> {
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(job)).collect();
        let mut done = job();
        for other in others {
            let broken = || Err(BackupError::Refused("a thread panicked".to_owned()));
            done = done.and(other.join().unwrap_or_else(|_| broken()));
        }
        done
    })
}

/// Calls `job` with the place and the length of every piece of `size_bytes`, on several threads, until one call fails. A
/// call may have two pieces in its hands.
pub(crate) fn each_piece(
    size_bytes: u64,
    piece_bytes: u64,
    means: &Means,
    job: impl Fn(u64, usize) -> Result<(), BackupError> + Sync,
) -> Result<(), BackupError> {
    let (next, failed) = (AtomicU64::new(0), AtomicBool::new(false));
    let pieces = usize::try_from(size_bytes.div_ceil(piece_bytes)).unwrap_or(usize::MAX);
    on_threads(means.threads.clamp(1, pieces.max(1)), &|| {
        loop {
            let _memory = means.budget.borrow(2 * piece_bytes);
            let offset_bytes = next.fetch_add(1, Ordering::SeqCst).saturating_mul(piece_bytes);
            if offset_bytes >= size_bytes || failed.load(Ordering::SeqCst) {
                return Ok(());
            }
            let length = (size_bytes - offset_bytes).min(piece_bytes);
            let done = job(offset_bytes, usize::try_from(length).unwrap_or(0));
            done.inspect_err(|_| failed.store(true, Ordering::SeqCst))?;
        }
    })
}
