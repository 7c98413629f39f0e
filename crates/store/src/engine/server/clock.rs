//! The engine's clock, without asking it each time.

use std::time::{Duration, Instant};

use model::Timestamp;

/// How long an answer is counted on from. A clock that is set meanwhile is noticed after so long.
const GOOD_FOR: Duration = Duration::from_secs(1);

/// When the engine was asked, and what it said.
#[derive(Clone, Copy)]
pub(super) struct Clock {
    asked: Instant,
    said: Timestamp,
}

impl Clock {
    /// What the engine says now.
    pub(super) fn set(said: Timestamp) -> Self {
        Self { asked: Instant::now(), said }
    }

    /// Whether it has to be asked again before the next transaction.
    pub(super) fn is_stale(self) -> bool {
        self.asked.elapsed() > GOOD_FOR
    }

    /// The time by the engine's clock.
    pub(super) fn now(self) -> Timestamp {
        let since = i64::try_from(self.asked.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp(self.said.0.saturating_add(since))
    }
}
