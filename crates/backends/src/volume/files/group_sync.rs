//! One `fsync` for many callers.

use std::io;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Lets callers share the syncs of one thing: whoever comes while a sync runs waits for the next one, and all who
/// wait share that. A hundred files made at once cost a handful of directory syncs instead of a hundred.
#[derive(Debug, Default)]
pub(super) struct GroupSync {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// How many syncs have begun; the last of them may still run.
    begun: u64,
    /// The newest sync that succeeded.
    succeeded: u64,
    running: bool,
}

impl GroupSync {
    /// Returns when a `sync` that began after this call did has succeeded, be it ours or another caller's.
    ///
    /// # Errors
    /// Our own sync failed. Callers that waited for it try for themselves.
    pub(super) fn run(&self, sync: impl Fn() -> io::Result<()>) -> io::Result<()> {
        let mut state = self.state();
        let needed = state.begun + 1;
        loop {
            if state.succeeded >= needed {
                return Ok(());
            }
            if state.running {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.begun += 1;
            state.running = true;
            let own = state.begun;
            drop(state);
            let result = sync();
            state = self.state();
            state.running = false;
            if result.is_ok() {
                state.succeeded = own;
            }
            self.changed.notify_all();
            return result;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
