//! Points in time: microseconds since the epoch, UTC.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::macros::format_description;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// This point in time and `millis` milliseconds, saturating.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis.saturating_mul(1000)))
    }

    /// Microseconds from `earlier` to this point in time; negative when it lies before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Reads the forms that clients send in filters: `2026-11-20`, `2026-11-20T18:40:32`, with a
    /// fraction, and with `Z` or an offset; a time without an offset is UTC. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let with_offset = &time::format_description::well_known::Iso8601::PARSING;
        if let Ok(at) = OffsetDateTime::parse(text, with_offset) {
            return Self::from_offset(at);
        }
        if let Ok(at) = time::PrimitiveDateTime::parse(text, with_offset) {
            return Self::from_offset(at.assume_utc());
        }
        let date = time::Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Self::from_offset(date.midnight().assume_utc())
    }

    fn from_offset(at: OffsetDateTime) -> Option<Self> {
        i64::try_from(at.unix_timestamp_nanos() / 1000).ok().map(Self)
    }
}

/// Bytes of the text of a time whose year has four digits.
const TEXT_LEN: usize = 26;

impl Timestamp {
    /// Hands over the text that [`Display`](fmt::Display) writes, without the machinery of formatting: a page of 1000
    /// volumes holds 2000 times.
    pub fn with_text<R>(self, use_it: impl FnOnce(&str) -> R) -> R {
        match self.digits() {
            Some(digits) => use_it(std::str::from_utf8(&digits).unwrap_or_default()),
            None => use_it(&self.in_far_years()),
        }
    }

    /// None for years that do not have four digits.
    fn digits(self) -> Option<[u8; TEXT_LEN]> {
        let ((year, month, day), micros) = self.date_and_micros();
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let mut text = *b"0000-00-00T00:00:00.000000";
        (0..=9999).contains(&year).then(|| {
            put_digits(&mut text[..4], year);
            put_digits(&mut text[5..7], month);
            put_digits(&mut text[8..10], day);
            put_digits(&mut text[11..13], seconds / 3600);
            put_digits(&mut text[14..16], seconds / 60 % 60);
            put_digits(&mut text[17..19], seconds % 60);
            put_digits(&mut text[20..], fraction);
            text
        })
    }

    fn in_far_years(self) -> String {
        let ((year, month, day), micros) = self.date_and_micros();
        let (seconds, fraction) = (micros / 1_000_000, micros % 1_000_000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:06}")
    }

    /// Year and month, January being 1.
    pub(crate) const fn year_and_month(self) -> (i64, i64) {
        let ((year, month, _), _) = self.date_and_micros();
        (year, month)
    }

    const fn date_and_micros(self) -> ((i64, i64, i64), i64) {
        (civil_from_days(self.0.div_euclid(DAY_MICROS)), self.0.rem_euclid(DAY_MICROS))
    }
}

/// Fills `places` with the last digits of a number that is not negative.
fn put_digits(places: &mut [u8], mut number: i64) {
    for place in places.iter_mut().rev() {
        *place = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
}

/// `2026-11-20T18:40:32.356813`: UTC without an offset, as the Block Storage API writes it.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

const DAY_MICROS: i64 = 86_400_000_000;

/// Days since the epoch to year, month, day in the proleptic Gregorian calendar
/// (the era arithmetic of Howard Hinnant's "chrono-compatible low-level date algorithms").
const fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_the_api_form() {
        let at = Timestamp(1_795_200_032_356_813);
        let text = at.to_string();
        assert_eq!(text, "2026-11-20T18:40:32.356813");
        assert_eq!(Timestamp::parse(&text), Some(at));
    }

    #[test]
    fn reads_dates_and_offsets_and_refuses_the_rest() {
        assert_eq!(Timestamp::parse("1970-01-02"), Some(Timestamp(DAY_MICROS)));
        assert_eq!(Timestamp::parse("1970-01-01T01:00:00+01:00"), Some(Timestamp(0)));
        assert_eq!(Timestamp::parse("1970-01-01T00:00:01Z"), Some(Timestamp(1_000_000)));
        assert_eq!(Timestamp::parse("yesterday"), None);
        assert_eq!(Timestamp::parse(""), None);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_time_crate(micros in -60_000_000_000_000_000_i64..200_000_000_000_000_000) {
            let ours = Timestamp(micros).to_string();
            let nanos = i128::from(micros) * 1000;
            let theirs = OffsetDateTime::from_unix_timestamp_nanos(nanos).unwrap();
            let form = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]");
            proptest::prop_assert_eq!(ours, theirs.format(form).unwrap());
        }
    }
}
