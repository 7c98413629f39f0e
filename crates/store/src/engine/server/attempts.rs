//! How often a transaction is run again, and after which pause.

use std::time::Duration;

/// Pause before the second try, in milliseconds. It doubles with every try, up to the longest.
const FIRST_PAUSE_MS: u64 = 2;
const LONGEST_PAUSE_MS: u64 = 200;
/// Pause before a connection is made anew, which an engine that is starting needs more of.
const RECONNECT_PAUSE_MS: u64 = 100;

/// The tries of one transaction.
pub(super) struct Attempts {
    left: u32,
    pause_ms: u64,
    /// Differs from thread to thread, so that two that got in each other's way do not meet again.
    salt: u64,
}

impl Attempts {
    pub(super) fn new(max_retries: u32, salt: u64) -> Self {
        Self { left: max_retries, pause_ms: FIRST_PAUSE_MS, salt }
    }

    /// Waits before the next try. False when there is none.
    pub(super) fn pause(&mut self, is_lost: bool) -> bool {
        if self.left == 0 {
            return false;
        }
        self.left -= 1;
        let least_ms = if is_lost { RECONNECT_PAUSE_MS } else { 0 };
        // A linear congruential generator is random enough to part two threads.
        self.salt = self.salt.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let spread_ms = (self.salt >> 33) % self.pause_ms.max(1);
        std::thread::sleep(Duration::from_millis(least_ms + self.pause_ms / 2 + spread_ms));
        self.pause_ms = (self.pause_ms * 2).min(LONGEST_PAUSE_MS);
        true
    }
}
