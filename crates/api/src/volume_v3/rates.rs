//! How many requests a project may make: so many a minute, and so many at once after a pause.
//!
//! Each project has one moment, up to which what it has asked is paid for; a request pays for its share of a minute. One
//! that would be paid for too far ahead is refused, and told when to come back (the generic cell rate algorithm, ITU-T
//! I.371). Each process counts for itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most projects that are remembered; beyond, those that have asked little are forgotten first.
const MAX_PROJECTS: usize = 10_000;
const MINUTE: Duration = Duration::from_secs(60);

/// The limits, and what was asked. By default there is none.
#[derive(Debug, Default)]
pub struct Rates {
    limit: Option<Limit>,
    paid_until: Mutex<HashMap<String, Instant>>,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    /// What one request pays for.
    share: Duration,
    /// How far ahead may be paid for.
    ahead: Duration,
}

impl Rates {
    /// So many requests a minute of a project, 0 for any number, and `burst` of them at once, at least 1.
    #[must_use]
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let limit = MINUTE.checked_div(per_minute).map(|share| {
            let ahead = share.saturating_mul(burst.max(1));
            Limit { share, ahead }
        });
        Self { limit, ..Self::default() }
    }

    /// Counts a request of `project` that comes `now`.
    ///
    /// # Errors
    /// It comes too soon by this much.
    pub fn take(&self, project: &str, now: Instant) -> Result<(), Duration> {
        let Some(limit) = self.limit else { return Ok(()) };
        let mut paid_until = self.paid_until.lock().unwrap_or_else(PoisonError::into_inner);
        let from = paid_until.get(project).copied().unwrap_or(now).max(now);
        let until = from + limit.share;
        let too_far = until.duration_since(now).saturating_sub(limit.ahead);
        if !too_far.is_zero() {
            return Err(too_far);
        }
        if paid_until.len() >= MAX_PROJECTS && !paid_until.contains_key(project) {
            make_room(&mut paid_until, now);
        }
        paid_until.insert(project.to_owned(), until);
        Ok(())
    }
}

/// Forgets whoever owes nothing, and when that is nobody, everybody.
fn make_room(paid_until: &mut HashMap<String, Instant>, now: Instant) {
    paid_until.retain(|_, until| *until > now);
    if paid_until.len() >= MAX_PROJECTS {
        paid_until.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_project_waits_for_its_share_and_for_no_other_project() {
        let (rates, start) = (Rates::new(60, 3), Instant::now());
        for _ in 0..3 {
            assert_eq!(rates.take("one", start), Ok(()));
        }
        assert_eq!(rates.take("one", start), Err(seconds(1)));
        assert_eq!(rates.take("two", start), Ok(()));
        // What was refused is not counted.
        assert_eq!(rates.take("one", start + Duration::from_millis(400)), Err(Duration::from_millis(600)));
        assert_eq!(rates.take("one", start + seconds(1)), Ok(()));
        assert_eq!(rates.take("one", start + seconds(1)), Err(seconds(1)));
        // A long pause is worth a burst, and no more.
        for _ in 0..3 {
            assert_eq!(rates.take("one", start + seconds(100)), Ok(()));
        }
        assert!(rates.take("one", start + seconds(100)).is_err());
    }

    #[test]
    fn without_a_limit_nothing_is_counted() {
        let (rates, start) = (Rates::new(0, 1), Instant::now());
        for _ in 0..10_000 {
            assert_eq!(rates.take("one", start), Ok(()));
        }
        assert!(rates.paid_until.lock().unwrap().is_empty());
        assert_eq!(Rates::new(1, 0).take("one", start), Ok(()));
    }

    #[test]
    fn what_is_remembered_has_an_end() {
        let (rates, start) = (Rates::new(1, 1), Instant::now());
        for number in 0..=MAX_PROJECTS {
            assert_eq!(rates.take(&number.to_string(), start), Ok(()));
        }
        assert!(rates.paid_until.lock().unwrap().len() <= MAX_PROJECTS);
    }
}
