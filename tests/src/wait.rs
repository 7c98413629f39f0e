//! Waiting for something to become true, with a limit.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How long an ordinary operation may take before its test gives up.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Names how many times longer everything may take, on a machine that is emulated.
const SLOWNESS: &str = "BESSER_TEST_SLOWNESS";

/// Asks `probe` again and again until it answers, at most for `limit`. The pause grows with the time already waited, so
/// that short waits are seen exactly and long ones cost little.
pub fn poll<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    let slowness = std::env::var(SLOWNESS).ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let limit = limit.saturating_mul(slowness);
    loop {
        if let Some(answer) = probe() {
            return Some(answer);
        }
        let waited = start.elapsed();
        if waited >= limit {
            return None;
        }
        sleep((waited / 20).clamp(Duration::from_millis(2), Duration::from_millis(100)));
    }
}

/// Like [`poll`], for what must come: fails the test with `what` if it does not.
///
/// # Panics
/// When the limit has passed.
pub fn until<T>(limit: Duration, what: &str, probe: impl FnMut() -> Option<T>) -> T {
    poll(limit, probe).unwrap_or_else(|| panic!("waited {} s in vain until {what}", limit.as_secs()))
}
