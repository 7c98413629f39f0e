//! Refusals of one kind, put together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::refusal::Refusal;

/// More numbers than this become a range, and more texts "others".
const MAX_LISTED: usize = 3;

/// The different values that are kept of a group; beyond, only the range grows.
const MAX_KEPT_TEXTS: usize = 64;

/// What refusals of one kind have in common, and what each adds.
struct Gist<'a> {
    /// Follows the count: "2 too small: 100 GiB asked".
    headline: Cow<'static, str>,
    detail: Detail<'a>,
    /// Follows the details: "20 and 50 free".
    unit: &'static str,
}

enum Detail<'a> {
    None,
    Number(f64),
    Text(Cow<'a, str>),
}

impl<'a> Gist<'a> {
    fn plain(headline: &'static str) -> Self {
        Self { headline: headline.into(), detail: Detail::None, unit: "" }
    }

    fn told(headline: String) -> Self {
        Self { headline: headline.into(), detail: Detail::None, unit: "" }
    }

    fn number(headline: impl Into<Cow<'static, str>>, number: f64, unit: &'static str) -> Self {
        Self { headline: headline.into(), detail: Detail::Number(number), unit }
    }

    fn text(
        headline: impl Into<Cow<'static, str>>,
        text: impl Into<Cow<'a, str>>,
        unit: &'static str,
    ) -> Self {
        Self { headline: headline.into(), detail: Detail::Text(text.into()), unit }
    }

    fn of(refusal: &'a Refusal) -> Self {
        match refusal {
            Refusal::Down => Self::plain("down"),
            Refusal::Disabled => Self::plain("disabled"),
            Refusal::Frozen => Self::plain("frozen"),
            Refusal::OtherZone { .. } => Self::plain("in another zone"),
            Refusal::FreeNotReported => Self::plain("not reporting free space"),
            Refusal::NoCapacity { .. } => Self::plain("reporting no capacity"),
            Refusal::ReserveOfUnknown { reserved_percentage } => {
                Self::number("with a reserve of an unknown total", *reserved_percentage, "percent")
            }
            Refusal::TooSmall { asked_gib, free_gib, .. } => {
                Self::number(format!("too small: {asked_gib} GiB asked"), free_gib.max(0.0), "free")
            }
            Refusal::ReallyFull { .. } => Self::plain("full: no real space is left for thin volumes"),
            Refusal::OverSubscribed { asked_gib, limit, .. } => Self::told(format!(
                "over-subscribed: {asked_gib} GiB asked, at most {} times allowed",
                Decimal(*limit)
            )),
            Refusal::RatioBelowOne { ratio } => {
                Self::number("with an over-subscription ratio below 1", *ratio, "set")
            }
            Refusal::MissingCapability { spec } => Self::told(format!("reporting nothing for {spec}")),
            Refusal::SpecNotMet { spec, found } => {
                Self::text(format!("not matching {spec}"), found, "reported")
            }
            Refusal::NoOnlineExtend => Self::plain("unable to extend an attached volume"),
            Refusal::FunctionSaysNo => Self::plain("refused by a filter function"),
            Refusal::FunctionFails(error) => {
                Self::text("with a filter function that fails", error.to_string(), "")
            }
            Refusal::AwayFromInstance { instance_host, .. } => {
                Self::told(format!("not on {instance_host}, the server's host"))
            }
            Refusal::HoldsHintedVolume { .. } => Self::plain("holding a volume to stay apart from"),
            Refusal::LacksHintedVolume => Self::plain("without a volume to stay with"),
            Refusal::HintNotIds { hint } => {
                Self::told(format!("refused: hint {hint} is not a list of volume ids"))
            }
            Refusal::AlreadyTried => Self::plain("tried before"),
            Refusal::QuerySaysNo => Self::plain("not satisfying the query"),
            Refusal::QueryFails => Self::plain("where the query compares a number with something else"),
            Refusal::NotTheNamedBackend { asked } => {
                Self::told(format!("other than {asked}, where it has to be"))
            }
        }
    }
}

/// Refusals with the same headline.
pub(super) struct Group<'a> {
    count: usize,
    headline: Cow<'static, str>,
    numbers: Vec<f64>,
    texts: Vec<Cow<'a, str>>,
    unit: &'static str,
}

impl<'a> Group<'a> {
    /// The groups, largest first; among equals the one met first.
    pub(super) fn all(refusals: impl Iterator<Item = &'a Refusal>) -> Vec<Self> {
        let mut groups: Vec<Self> = Vec::new();
        let mut positions: HashMap<Cow<'static, str>, usize> = HashMap::new();
        for gist in refusals.map(Gist::of) {
            let position = *positions.entry(gist.headline.clone()).or_insert_with(|| {
                groups.push(Self::new(gist.headline.clone(), gist.unit));
                groups.len() - 1
            });
            groups[position].add(gist.detail);
        }
        groups.sort_by_key(|group| std::cmp::Reverse(group.count));
        groups.iter_mut().for_each(Self::tidy);
        groups
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    fn new(headline: Cow<'static, str>, unit: &'static str) -> Self {
        Self { count: 0, headline, numbers: Vec::new(), texts: Vec::new(), unit }
    }

    fn add(&mut self, detail: Detail<'a>) {
        self.count += 1;
        match detail {
            Detail::None => {}
            Detail::Number(number) => self.numbers.push((number * 100.0).round() / 100.0),
            Detail::Text(text) => {
                if self.texts.len() < MAX_KEPT_TEXTS && !self.texts.contains(&text) {
                    self.texts.push(text);
                }
            }
        }
    }

    fn tidy(&mut self) {
        self.numbers.sort_by(f64::total_cmp);
        self.numbers.dedup();
        self.texts.sort();
    }

    fn details(&self) -> String {
        match (self.numbers.as_slice(), self.texts.as_slice()) {
            ([least, .., most], _) if self.numbers.len() > MAX_LISTED => {
                format!("{} to {}", Decimal(*least), Decimal(*most))
            }
            ([], texts) if texts.len() > MAX_LISTED => {
                format!("{} and others", texts[..MAX_LISTED - 1].join(", "))
            }
            ([], texts) => enumeration(texts.iter().map(ToString::to_string).collect()),
            (numbers, _) => enumeration(numbers.iter().map(|number| Decimal(*number).to_string()).collect()),
        }
    }
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.count, self.headline)?;
        let details = self.details();
        if !details.is_empty() {
            write!(f, ", {details}")?;
            if !self.unit.is_empty() {
                write!(f, " {}", self.unit)?;
            }
        }
        Ok(())
    }
}

/// "a", "a and b", "a, b and c".
fn enumeration(mut items: Vec<String>) -> String {
    match items.pop() {
        None => String::new(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}

/// A number with at most two decimals and no idle zeros.
struct Decimal(f64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}
