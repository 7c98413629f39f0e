//! What is being done that must not take long, so that somebody can see when it does.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Everything of a process that is under way and soon over. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    shared: Arc<Mutex<Under>>,
}

#[derive(Debug, Default)]
struct Under {
    way: HashMap<u64, (String, Instant)>,
    next: u64,
}

/// Something that is under way until this goes.
#[derive(Debug)]
pub struct Stretch {
    pulse: Pulse,
    number: u64,
}

impl Pulse {
    /// Says that `what` begins.
    #[must_use]
    pub fn begin(&self, what: &str) -> Stretch {
        let mut under = self.under();
        let number = under.next;
        under.next += 1;
        under.way.insert(number, (what.to_owned(), Instant::now()));
        drop(under);
        Stretch { pulse: self.clone(), number }
    }

    /// What has been under way for longest, and for how long.
    #[must_use]
    pub fn longest(&self) -> Option<(String, Duration)> {
        let under = self.under();
        let oldest = under.way.values().min_by_key(|(_, since)| *since);
        oldest.map(|(what, since)| (what.clone(), since.elapsed()))
    }

    fn under(&self) -> MutexGuard<'_, Under> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stretch {
    fn drop(&mut self) {
        self.pulse.under().way.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_forgotten() {
        let pulse = Pulse::default();
        assert_eq!(pulse.longest(), None);
        let (first, second) = (pulse.begin("first"), pulse.clone().begin("second"));
        assert_eq!(pulse.longest().map(|(what, _)| what).as_deref(), Some("first"));
        drop(first);
        assert_eq!(pulse.longest().map(|(what, _)| what).as_deref(), Some("second"));
        drop(second);
        assert_eq!(pulse.longest(), None);
    }
}
