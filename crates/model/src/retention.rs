//! Which backups of a volume are kept: the last ones, and the newest of each of the last hours, days, weeks, months and
//! years that have one. All of it in UTC; weeks begin on Monday.

use std::collections::BTreeSet;

use crate::{BackupId, Timestamp};

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;
/// From the Monday before the epoch to the epoch, a Thursday.
const EPOCH_DAYS_INTO_WEEK: i64 = 3;

/// How many of each are kept; with all of them 0, everything is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// The newest ones.
    pub last: u64,
    /// Hours.
    pub hourly: u64,
    /// Days.
    pub daily: u64,
    /// Weeks.
    pub weekly: u64,
    /// Months.
    pub monthly: u64,
    /// Years.
    pub yearly: u64,
}

/// What a backup is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// It can be restored, as far as is known.
    Good,
    /// A verification found damage: it takes no good one's place, and goes when its owner says so.
    Damaged,
    /// There is none: making it, or removing it, failed.
    Failed,
    /// Something is being done to it.
    Busy,
}

/// A backup of one volume.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Its identifier.
    pub id: BackupId,
    /// When the volume had this content.
    pub at: Timestamp,
    /// What it is worth.
    pub worth: Worth,
    /// How many increments build on it.
    pub dependents: u64,
}

impl Keep {
    /// The backups of one volume that can be removed now. One that an increment builds on waits until that is gone. A
    /// failed one goes when a newer one is good.
    #[must_use]
    pub fn unwanted(&self, held: &[Held]) -> Vec<BackupId> {
        let mut newest_first: Vec<&Held> = held.iter().collect();
        newest_first.sort_by_key(|backup| (std::cmp::Reverse(backup.at), backup.id));
        let good: Vec<&Held> =
            newest_first.iter().copied().filter(|backup| backup.worth == Worth::Good).collect();
        let kept = self.kept(&good);
        let newest_good = good.first().map(|backup| backup.at);
        let is_unwanted = |backup: &&Held| {
            backup.dependents == 0
                && match backup.worth {
                    Worth::Good => !kept.contains(&backup.id),
                    Worth::Failed => newest_good.is_some_and(|newest| newest > backup.at),
                    Worth::Damaged | Worth::Busy => false,
                }
        };
        newest_first.into_iter().filter(is_unwanted).map(|backup| backup.id).collect()
    }

    fn kept(&self, newest_first: &[&Held]) -> BTreeSet<BackupId> {
        if *self == Self::default() {
            return newest_first.iter().map(|backup| backup.id).collect();
        }
        let mut kept: BTreeSet<BackupId> =
            newest_first.iter().take(count(self.last)).map(|backup| backup.id).collect();
        let periods: [(u64, Period); 5] = [
            (self.hourly, hour),
            (self.daily, day),
            (self.weekly, week),
            (self.monthly, month),
            (self.yearly, year),
        ];
        for (wanted, period) in periods {
            let mut seen = BTreeSet::new();
            let first_of_each = newest_first.iter().filter(|backup| seen.insert(period(backup.at)));
            kept.extend(first_of_each.take(count(wanted)).map(|backup| backup.id));
        }
        kept
    }
}

/// The number of the period that a time lies in.
type Period = fn(Timestamp) -> i64;

fn count(wanted: u64) -> usize {
    usize::try_from(wanted).unwrap_or(usize::MAX)
}

const fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MICROS)
}

const fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MICROS)
}

const fn week(at: Timestamp) -> i64 {
    (day(at) + EPOCH_DAYS_INTO_WEEK).div_euclid(7)
}

const fn month(at: Timestamp) -> i64 {
    let (year, month) = at.year_and_month();
    year * 12 + month
}

const fn year(at: Timestamp) -> i64 {
    at.year_and_month().0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(at: &str, worth: Worth) -> Held {
        let at = Timestamp::parse(at).unwrap();
        Held { id: BackupId::random(), at, worth, dependents: 0 }
    }

    /// The times that are left of `all`.
    fn left(keep: Keep, all: &[Held]) -> Vec<String> {
        let gone = keep.unwanted(all);
        let left = all.iter().filter(|backup| !gone.contains(&backup.id));
        left.map(|backup| backup.at.to_string()[..16].to_owned()).collect()
    }

    fn good(times: &[&str]) -> Vec<Held> {
        times.iter().map(|at| held(at, Worth::Good)).collect()
    }

    #[test]
    fn the_newest_of_each_period_is_kept() {
        let all = good(&[
            "2025-12-31T22:00",
            "2026-10-31T22:00",
            "2026-11-01T22:00",
            "2026-11-15T22:00",
            "2026-11-16T22:00",
            "2026-11-20T21:00",
            "2026-11-20T22:00",
            "2026-11-21T09:10",
            "2026-11-21T09:50",
        ]);
        let none = Keep::default();
        assert_eq!(left(none, &all).len(), all.len());
        assert_eq!(left(Keep { last: 2, ..none }, &all), ["2026-11-21T09:10", "2026-11-21T09:50"]);
        assert_eq!(left(Keep { hourly: 2, ..none }, &all), ["2026-11-20T22:00", "2026-11-21T09:50"]);
        let days = ["2026-11-16T22:00", "2026-11-20T22:00", "2026-11-21T09:50"];
        assert_eq!(left(Keep { daily: 3, ..none }, &all), days);
        // The 15th is a Sunday, the 16th the Monday after it.
        assert_eq!(left(Keep { weekly: 2, ..none }, &all), ["2026-11-15T22:00", "2026-11-21T09:50"]);
        assert_eq!(left(Keep { monthly: 2, ..none }, &all), ["2026-10-31T22:00", "2026-11-21T09:50"]);
        assert_eq!(left(Keep { yearly: 9, ..none }, &all), ["2025-12-31T22:00", "2026-11-21T09:50"]);
        let both = left(Keep { last: 1, yearly: 2, ..none }, &all);
        assert_eq!(both, ["2025-12-31T22:00", "2026-11-21T09:50"]);
    }

    #[test]
    fn what_others_build_on_stays() {
        let mut all = good(&["2026-11-19", "2026-11-20", "2026-11-21"]);
        all[0].dependents = 1;
        assert_eq!(left(Keep { last: 1, ..Keep::default() }, &all), ["2026-11-19T00:00", "2026-11-21T00:00"]);
    }

    #[test]
    fn a_failed_one_goes_when_a_newer_one_is_good_and_a_damaged_one_takes_no_place() {
        let mut all = good(&["2026-11-18", "2026-11-20"]);
        all.push(held("2026-11-19", Worth::Failed));
        all.push(held("2026-11-21", Worth::Damaged));
        all.push(held("2026-11-22", Worth::Failed));
        all.push(held("2026-11-17", Worth::Busy));
        let last = Keep { last: 1, ..Keep::default() };
        let expected = ["2026-11-20T00:00", "2026-11-21T00:00", "2026-11-22T00:00", "2026-11-17T00:00"];
        assert_eq!(left(last, &all), expected);
        // Without a good one, nothing is known to be better than it.
        assert_eq!(left(last, &all[2..]).len(), 4);
    }

    proptest::proptest! {
        #[test]
        fn the_newest_good_one_always_stays_and_going_on_changes_nothing(
            times in proptest::collection::vec(0_i64..4_000_000_000_000_000, 1..40),
            (last, daily, weekly, monthly) in (0_u64..4, 0_u64..4, 0_u64..4, 0_u64..4),
        ) {
            let keep = Keep { last, daily, weekly, monthly, ..Keep::default() };
            let mut all: Vec<Held> = times
                .iter()
                .map(|at| Held { id: BackupId::random(), at: Timestamp(*at), worth: Worth::Good, dependents: 0 })
                .collect();
            let gone = keep.unwanted(&all);
            all.retain(|backup| !gone.contains(&backup.id));
            let newest = times.iter().max().copied().map(Timestamp);
            proptest::prop_assert_eq!(all.iter().map(|backup| backup.at).max(), newest);
            proptest::prop_assert_eq!(keep.unwanted(&all), []);
        }
    }
}
