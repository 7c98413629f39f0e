//! The same job on several threads.

use std::thread;

use crate::BackupError;

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
