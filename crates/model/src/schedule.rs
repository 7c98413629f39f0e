//! When something is to happen again and again: the five fields of cron, in UTC.
//!
//! Minute, hour, day of the month, month, day of the week: each `*`, a number, a range `a-b`, either with a step `/n`, or
//! several of these with commas between them. Months and days of the week have names, too (`jan`, `mon`); Sunday is 0
//! and 7. As in cron, a day fits when either of its two fields does, if neither is `*`. `@hourly`, `@daily`, `@weekly`,
//! `@monthly` and `@yearly` stand for the beginning of each.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use thiserror::Error;
use time::{Date, Duration, OffsetDateTime};

use crate::Timestamp;

/// Longest text of a schedule, in bytes.
pub const MAX_SCHEDULE_BYTES: usize = 200;
/// How far ahead a time is looked for, in days: 29 February may be eight years away.
const MAX_DAYS_AHEAD: usize = 9 * 366;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Why a text is no schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleError {
    /// It is longer than anything that makes sense.
    #[error("a schedule has at most {MAX_SCHEDULE_BYTES} bytes")]
    TooLong,
    /// There are not five fields.
    #[error("a schedule has five fields (minute, hour, day of month, month, day of week), and this has {0}")]
    Fields(usize),
    /// A field says nothing that is known.
    #[error("{part:?} is no {field}")]
    Part {
        /// Which field.
        field: &'static str,
        /// What stands there.
        part: String,
    },
    /// No day fits.
    #[error("it never comes: no month has such a day")]
    Never,
}

/// The times at which something happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    text: String,
    /// A bit for each that fits.
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether a day fits that either of its fields names.
    either_day: bool,
}

impl Schedule {
    /// The first time after `at`.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let begun = OffsetDateTime::from_unix_timestamp(at.0.div_euclid(60_000_000) * 60).ok()?;
        let first = begun + Duration::MINUTE;
        let mut day = first.date();
        let mut from = u32::from(first.hour()) * 60 + u32::from(first.minute());
        for _ in 0..MAX_DAYS_AHEAD {
            if self.has_day(day)
                && let Some(minute) = self.minute_of_day(from)
            {
                let seconds = day.midnight().assume_utc().unix_timestamp() + i64::from(minute) * 60;
                return seconds.checked_mul(1_000_000).map(Timestamp);
            }
            (day, from) = (day.next_day()?, 0);
        }
        None
    }

    fn has_day(&self, day: Date) -> bool {
        let of_month = has(self.days, u32::from(day.day()));
        let of_week = has(self.weekdays, u32::from(day.weekday().number_days_from_sunday()));
        let fits = if self.either_day { of_month || of_week } else { of_month && of_week };
        fits && has(self.months, u32::from(u8::from(day.month())))
    }

    /// The first minute of a day from `from` on.
    fn minute_of_day(&self, from: u32) -> Option<u32> {
        (from..24 * 60).find(|minute| has(self.hours, minute / 60) && has(self.minutes, minute % 60))
    }
}

fn has(set: u64, number: u32) -> bool {
    set >> number & 1 == 1
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let text = text.trim();
        if text.len() > MAX_SCHEDULE_BYTES {
            return Err(ScheduleError::TooLong);
        }
        let fields: Vec<&str> = match text {
            "@hourly" => "0 * * * *",
            "@daily" => "0 0 * * *",
            "@weekly" => "0 0 * * sun",
            "@monthly" => "0 0 1 * *",
            "@yearly" => "0 0 1 1 *",
            written => written,
        }
        .split_whitespace()
        .collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(ScheduleError::Fields(fields.len()));
        };
        let weekdays = Field { name: "day of the week", range: 0..=7, names: &WEEKDAYS }.parse(weekday)?;
        let schedule = Self {
            text: text.to_owned(),
            minutes: Field { name: "minute", range: 0..=59, names: &[] }.parse(minute)?,
            hours: Field { name: "hour", range: 0..=23, names: &[] }.parse(hour)?,
            days: Field { name: "day of the month", range: 1..=31, names: &[] }.parse(day)?,
            months: Field { name: "month", range: 1..=12, names: &MONTHS }.parse(month)?,
            // Sunday by its other number.
            weekdays: weekdays | weekdays >> 7 & 1,
            either_day: !day.starts_with('*') && !weekday.starts_with('*'),
        };
        match schedule.next_after(Timestamp(0)) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// How a field is read. Names stand for the numbers from the first of `range` on.
struct Field {
    name: &'static str,
    range: RangeInclusive<u32>,
    names: &'static [&'static str],
}

impl Field {
    /// The bits of the numbers that `text` means.
    fn parse(&self, text: &str) -> Result<u64, ScheduleError> {
        text.split(',').try_fold(0, |set, part| {
            let wrong = || ScheduleError::Part { field: self.name, part: part.to_owned() };
            Ok(set | self.part(part).ok_or_else(wrong)?)
        })
    }

    fn part(&self, part: &str) -> Option<u64> {
        let (numbers, step) = match part.split_once('/') {
            Some((numbers, step)) => (numbers, Some(digits(step).filter(|step| *step > 0)?)),
            None => (part, None),
        };
        let (first, last) = match numbers.split_once('-') {
            _ if numbers == "*" => (*self.range.start(), *self.range.end()),
            Some((first, last)) => (self.number(first)?, self.number(last)?),
            // From there on, when there are steps.
            None => {
                let first = self.number(numbers)?;
                (first, if step.is_some() { *self.range.end() } else { first })
            }
        };
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        (first <= last).then(|| (first..=last).step_by(step).fold(0, |set, number| set | 1 << number))
    }

    fn number(&self, text: &str) -> Option<u32> {
        let named = self.names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = match named {
            Some(position) => self.range.start() + u32::try_from(position).ok()?,
            None => digits(text)?,
        };
        self.range.contains(&number).then_some(number)
    }
}

/// A number in digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, after: &str) -> String {
        let schedule: Schedule = schedule.parse().unwrap();
        schedule.next_after(Timestamp::parse(after).unwrap()).unwrap().to_string().replace(":00.000000", "")
    }

    #[test]
    fn the_next_time_is_the_first_that_fits() {
        for (schedule, after, expected) in [
            ("0 2 * * *", "2026-11-21T01:59:59", "2026-11-21T02:00"),
            ("0 2 * * *", "2026-11-21T02:00:00", "2026-11-22T02:00"),
            ("*/15 * * * *", "2026-11-21T23:50:00.5", "2026-11-22T00:00"),
            ("5/20 9-10 * * *", "2026-11-21T09:26:00", "2026-11-21T09:45"),
            ("0 0 31 * *", "2026-11-01", "2026-12-31T00:00"),
            ("30 6 * jan,Jul Mon-fri", "2026-11-21", "2027-01-01T06:30"),
            ("0 0 29 2 *", "2096-03-01", "2104-02-29T00:00"),
            ("@weekly", "2026-11-21", "2026-11-22T00:00"),
            ("0 0 * * 7", "2026-11-22", "2026-11-29T00:00"),
            ("@monthly", "2026-12-01", "2027-01-01T00:00"),
            ("59 23 31 12 *", "2026-12-31T23:59:00", "2027-12-31T23:59"),
        ] {
            assert_eq!(next(schedule, after), expected, "{schedule} after {after}");
        }
    }

    #[test]
    fn a_day_fits_by_either_of_its_fields_when_both_say_something() {
        // 2026-11-21 is a Saturday.
        assert_eq!(next("0 0 24 * mon", "2026-11-21"), "2026-11-23T00:00");
        assert_eq!(next("0 0 24 * mon", "2026-11-23"), "2026-11-24T00:00");
        assert_eq!(next("0 0 */2 * mon", "2026-11-21"), "2026-11-23T00:00");
    }

    #[test]
    fn what_is_no_schedule_says_why() {
        let why = |text: &str| text.parse::<Schedule>().unwrap_err();
        assert_eq!(why("0 2 * *"), ScheduleError::Fields(4));
        assert_eq!(why("0 0 30 2 *"), ScheduleError::Never);
        assert_eq!(why(&"0,".repeat(200)), ScheduleError::TooLong);
        for bad in ["60", "-1", "+1", "", "a", "1-", "5-1", "*/0", "1/2/3", "*/x", "1-2-3", "99999999999"] {
            assert!(matches!(
                why(&format!("{bad} * * * *")),
                ScheduleError::Part { .. } | ScheduleError::Fields(4)
            ));
        }
        assert_eq!(why("* 24 * * *").to_string(), "\"24\" is no hour");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9*,/ a-z@-]{0,40}", at in 0_i64..4_000_000_000_000_000) {
            if let Ok(schedule) = text.parse::<Schedule>() {
                let next = schedule.next_after(Timestamp(at)).unwrap();
                proptest::prop_assert!(next > Timestamp(at) && next.0 % 60_000_000 == 0);
                let same = schedule.to_string().parse::<Schedule>().unwrap();
                proptest::prop_assert_eq!(same.next_after(Timestamp(at)), Some(next));
            }
        }
    }
}
