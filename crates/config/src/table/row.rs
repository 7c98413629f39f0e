//! The rows of the data files: comma-separated, with quotes around fields that hold a comma.
//!
//! The group is a section's name, or `backend` for what is set per backend. Choices are separated by
//! `|`; the flags, separated by spaces, are `secret` and `ignore_case`.

use super::{OptionSpec, OptionType, Scope, Standing};

/// The header line that both files begin with.
const HEADER: &str = "group,name,type,default,range,choices,flags,standing,meaning";

/// A row that is not of the table's form, as `line: text`. The tests find these; nobody else meets one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadRow(pub(super) String);

/// The options of a data file.
pub(super) fn rows(csv: &'static str) -> impl Iterator<Item = Result<OptionSpec, BadRow>> {
    let lines = csv.lines().filter(|line| *line != HEADER);
    lines.map(|line| spec(line).ok_or_else(|| BadRow(line.to_owned())))
}

fn spec(line: &'static str) -> Option<OptionSpec> {
    let mut rest = Some(line);
    let mut field = || field(&mut rest);
    let (scope, name, kind) = (scope(field()?), field()?, kind(field()?)?);
    let default = Some(field()?).filter(|text| !text.is_empty());
    let (min, max) = bounds(field()?)?;
    let choices = words(field()?, '|').collect();
    let flags = field()?;
    let has_flag = |flag| words(flags, ' ').any(|word| word == flag);
    let (secret, ignore_case) = (has_flag("secret"), has_flag("ignore_case"));
    let (standing, meaning) = (standing(field()?)?, field()?);
    if rest.is_some() {
        return None;
    }
    Some(OptionSpec { scope, name, kind, default, min, max, choices, ignore_case, secret, standing, meaning })
}

/// The next field, without its quotes. As it is a slice of the line, it cannot hold a quote itself.
fn field(rest: &mut Option<&'static str>) -> Option<&'static str> {
    let text = rest.take()?;
    let (field, tail) = match text.strip_prefix('"') {
        Some(quoted) => {
            let (field, tail) = split_once(quoted, b'"')?;
            (field, if tail.is_empty() { None } else { Some(tail.strip_prefix(',')?) })
        }
        None => split_once(text, b',').map_or((text, None), |(field, tail)| (field, Some(tail))),
    };
    *rest = tail;
    Some(field)
}

/// What is before and after an ASCII character. Fields are shorter than what the library's search is made for, and the
/// table is read at every start.
fn split_once(text: &'static str, mark: u8) -> Option<(&'static str, &'static str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// The words of a field, which is empty in most rows.
fn words(text: &'static str, separator: char) -> impl Iterator<Item = &'static str> {
    let some = Some(text).filter(|text| !text.is_empty());
    some.into_iter().flat_map(move |text| text.split(separator)).filter(|word| !word.is_empty())
}

fn scope(text: &'static str) -> Scope {
    if text == "backend" { Scope::Backend } else { Scope::Section(text) }
}

fn kind(text: &str) -> Option<OptionType> {
    Some(match text {
        "str" => OptionType::Str,
        "int" => OptionType::Int,
        "float" => OptionType::Float,
        "bool" => OptionType::Bool,
        "list" => OptionType::List,
        "multi" => OptionType::Multi,
        "multidict" => OptionType::MultiDict,
        "port" => OptionType::Port,
        "hostaddress" => OptionType::HostAddress,
        "uri" => OptionType::Uri,
        "size" => OptionType::Size,
        "ratio" => OptionType::Ratio,
        "driver" => OptionType::Driver,
        _ => return None,
    })
}

/// `0..100`, `1..`, `..1024` or nothing.
fn bounds(text: &str) -> Option<(Option<i64>, Option<i64>)> {
    fn bound(text: &str) -> Option<Option<i64>> {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    }
    if text.is_empty() {
        return Some((None, None));
    }
    let (min, max) = text.split_once("..")?;
    Some((bound(min)?, bound(max)?))
}

/// Nothing, `no_effect`, `renamed:[group]name`, `replaced:what to use` or `removed`.
fn standing(text: &'static str) -> Option<Standing> {
    if let Some(target) = text.strip_prefix("renamed:[") {
        let (group, name) = target.split_once(']')?;
        return Some(Standing::Renamed(scope(group), name));
    }
    match (text, text.strip_prefix("replaced:")) {
        ("", _) => Some(Standing::Current),
        ("no_effect", _) => Some(Standing::NoEffect),
        ("removed", _) => Some(Standing::Removed),
        (_, replacement) => replacement.map(Standing::Replaced),
    }
}
