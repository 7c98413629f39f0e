//! From the text of an option to its value: oslo.config's types, and three of Cinder's own.

use std::str::FromStr;

use crate::address::{is_host_address, is_url};
use crate::driver_name::DriverName;
use crate::error::Why;
use crate::table::{OptionSpec, OptionType};

/// A number of bytes, written with an optional factor of 1024: `512`, `64K`, `1M`, `2GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteCount(pub u64);

/// An over-subscription ratio: how much thin capacity is promised per real capacity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ratio {
    /// Worked out from what is in use.
    Auto,
    /// This many times the real capacity, at least 1.
    Times(f64),
}

/// A type that an option can have.
pub trait OptionValue: Sized {
    /// Reads the text. `None` means that the text says nothing, as an empty number does.
    ///
    /// # Errors
    /// What is wrong with the text, for this type and for the bounds and choices of the option.
    fn read(text: &str, spec: Option<&OptionSpec>) -> Result<Option<Self>, Why>;
}

/// Text is not trimmed: what white space it has was quoted. The choices of the option apply, and so
/// does its shape, be it an address or a URL.
impl OptionValue for String {
    fn read(text: &str, spec: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        if let Some(spec) = spec {
            among_choices(text, spec)?;
            match spec.kind {
                OptionType::HostAddress if !is_host_address(text) => return Err(Why::NotHostAddress),
                OptionType::Uri if !is_url(text) => return Err(Why::NotUri),
                _ => {}
            }
        }
        Ok(Some(text.to_owned()))
    }
}

fn among_choices(text: &str, spec: &OptionSpec) -> Result<(), Why> {
    let is_text =
        |choice: &&str| if spec.ignore_case { choice.eq_ignore_ascii_case(text) } else { *choice == text };
    if spec.choices.is_empty() || spec.choices.iter().any(is_text) {
        return Ok(());
    }
    Err(Why::NotAmong(spec.choices.clone()))
}

impl OptionValue for bool {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        match text.to_lowercase().as_str() {
            "true" | "1" | "on" | "yes" => Ok(Some(true)),
            "false" | "0" | "off" | "no" => Ok(Some(false)),
            _ => Err(Why::NotBool),
        }
    }
}

/// As Python writes whole numbers: a sign, leading zeros and single underscores are allowed.
impl OptionValue for i64 {
    fn read(text: &str, spec: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (min, max) = spec.map_or((None, None), |spec| (spec.min, spec.max));
        let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
        if !digits.split('_').all(|run| !run.is_empty() && run.bytes().all(|b| b.is_ascii_digit())) {
            return Err(Why::NotInt);
        }
        let number = text.replace('_', "").parse().map_err(|_| Why::OutOfRange { min, max })?;
        within(number, min, max).map(Some)
    }
}

/// The number, if it is within the bounds that are there.
pub(crate) fn within(number: i64, min: Option<i64>, max: Option<i64>) -> Result<i64, Why> {
    if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
        return Err(Why::OutOfRange { min, max });
    }
    Ok(number)
}

/// A port: 0 to 65535.
impl OptionValue for u16 {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        let out_of_range = |_| Why::OutOfRange { min: Some(0), max: Some(i64::from(Self::MAX)) };
        i64::read(text, None)?.map(Self::try_from).transpose().map_err(out_of_range)
    }
}

/// As Python writes numbers, save that infinity and not-a-number are no options.
impl OptionValue for f64 {
    fn read(text: &str, spec: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number: Self = text.parse().map_err(|_| Why::NotFloat)?;
        if !number.is_finite() {
            return Err(Why::NotFloat);
        }
        let (min, max) = spec.map_or((None, None), |spec| (spec.min, spec.max));
        let outside =
            min.is_some_and(|min| number < min as Self) || max.is_some_and(|max| number > max as Self);
        if outside { Err(Why::OutOfRange { min, max }) } else { Ok(Some(number)) }
    }
}

/// Separated by commas, each trimmed. Commas at the end do not count, empty items in between do.
impl OptionValue for Vec<String> {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        let text = text.trim().trim_end_matches(',');
        let items = text.split(',').map(|item| item.trim().to_owned());
        Ok(Some(if text.is_empty() { Self::new() } else { items.collect() }))
    }
}

impl OptionValue for ByteCount {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        let text = text.trim();
        let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, suffix) = text.split_at(digits_end);
        let shift = match suffix.to_ascii_uppercase().as_str() {
            "" | "B" => 0,
            "K" | "KB" | "KIB" => 10,
            "M" | "MB" | "MIB" => 20,
            "G" | "GB" | "GIB" => 30,
            "T" | "TB" | "TIB" => 40,
            _ => return Err(Why::NotSize),
        };
        let number: u64 = digits.parse().map_err(|_| Why::NotSize)?;
        number.checked_mul(1 << shift).map(|bytes| Some(Self(bytes))).ok_or(Why::NotSize)
    }
}

impl OptionValue for Ratio {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        if text == "auto" {
            return Ok(Some(Self::Auto));
        }
        let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && !text.ends_with('.');
        let times = f64::from_str(text).ok().filter(|times| is_plain && *times >= 1.0);
        times.map(|times| Some(Self::Times(times))).ok_or(Why::NotRatio)
    }
}

/// See [`DriverName::from_str`].
impl OptionValue for DriverName {
    fn read(text: &str, _: Option<&OptionSpec>) -> Result<Option<Self>, Why> {
        text.parse().map(Some).map_err(|_| Why::UnknownDriver)
    }
}

/// `name:value` pairs separated by commas, in order. A piece without a colon belongs to the name
/// after it, comma included. Names are not empty and not repeated.
pub(crate) fn read_dict(text: &str) -> Result<Vec<(String, String)>, Why> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once(':').ok_or(Why::NotDict)?;
        let (value, tail) = after.split_once(',').map_or((after, None), |(value, tail)| (value, Some(tail)));
        let name = name.trim();
        let is_dangling = tail.is_some_and(|tail| tail.trim().is_empty());
        if name.is_empty() || is_dangling || pairs.iter().any(|(known, _)| known == name) {
            return Err(Why::NotDict);
        }
        pairs.push((name.to_owned(), value.trim().to_owned()));
        rest = tail.unwrap_or_default();
    }
    Ok(pairs)
}

/// Whether the text, with references filled in, is a value of the option.
pub(crate) fn judge(text: &str, spec: &OptionSpec) -> Result<(), Why> {
    fn reads<T: OptionValue>(text: &str, spec: &OptionSpec) -> Result<(), Why> {
        T::read(text, Some(spec)).map(|_| ())
    }
    match spec.kind {
        OptionType::Bool => reads::<bool>(text, spec),
        OptionType::Int => reads::<i64>(text, spec),
        OptionType::Port => reads::<u16>(text, spec),
        OptionType::Float => reads::<f64>(text, spec),
        OptionType::Size => reads::<ByteCount>(text, spec),
        OptionType::Ratio => reads::<Ratio>(text, spec),
        OptionType::Driver => reads::<DriverName>(text, spec),
        OptionType::List => reads::<Vec<String>>(text, spec),
        OptionType::MultiDict => read_dict(text).map(|_| ()),
        OptionType::Str | OptionType::Multi | OptionType::HostAddress | OptionType::Uri => {
            reads::<String>(text, spec)
        }
    }
}

#[cfg(test)]
mod tests;
