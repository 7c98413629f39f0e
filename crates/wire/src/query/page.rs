//! Which part of a list, and in which order.

use std::str::FromStr;

use super::Params;
use crate::Fault;
use crate::validate::shapes::MAX_INTEGER;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Most items.
    pub limit: usize,
    /// The item after which it begins, as the client named it.
    pub marker: Option<String>,
    /// Items to leave out before it begins.
    pub offset: u64,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum Direction {
    Asc,
    Desc,
}

/// A closed set of sort keys; `FromStr` knows their names in queries.
pub(crate) trait SortKey: Copy + PartialEq + FromStr {
    /// The keys that make every order total.
    const LAST: [Self; 2];
}

impl Page {
    /// All of it, as far as one page may reach.
    pub(crate) const fn whole(max_limit: usize) -> Self {
        Self { limit: max_limit, marker: None, offset: 0 }
    }

    /// Takes `limit`, `marker` and `offset` out of the parameters.
    pub(crate) fn take(params: &mut Params, max_limit: usize) -> Result<Self, Fault> {
        let limit = match params.take("limit").map(|text| integer(&text)) {
            None => max_limit,
            Some(None) => return Err(Fault::bad_request("limit param must be an integer")),
            Some(Some(limit)) if limit < 0 => {
                return Err(Fault::bad_request("limit param must be positive"));
            }
            Some(Some(limit)) => usize::try_from(limit).unwrap_or(usize::MAX).min(max_limit),
        };
        let marker = params.take("marker");
        let offset = match params.take("offset").map(|text| integer(&text)) {
            None => 0,
            Some(None) => return Err(Fault::bad_request("offset must be an integer")),
            Some(Some(offset)) if offset < 0 => return Err(Fault::bad_request("offset must be >= 0")),
            Some(Some(offset)) => u64::try_from(offset)
                .ok()
                .filter(|offset| *offset <= MAX_INTEGER.unsigned_abs())
                .ok_or_else(|| Fault::bad_request(format!("offset must be <= {MAX_INTEGER}")))?,
        };
        Ok(Self { limit, marker, offset })
    }

    /// Whether a page of `count` items has another one behind it, as far as one can tell.
    #[must_use]
    pub const fn has_next(&self, count: usize) -> bool {
        count > 0 && count >= self.limit
    }
}

/// Numbers too large to count with saturate.
fn integer(text: &str) -> Option<i128> {
    let digits = text.trim();
    match digits.parse() {
        Ok(number) => Some(number),
        Err(_) => {
            let bare = digits.strip_prefix(['-', '+']).unwrap_or(digits);
            let is_number = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
            let saturated = if digits.starts_with('-') { i128::MIN } else { i128::MAX };
            is_number.then_some(saturated)
        }
    }
}

/// Takes `sort`, or its elder sisters `sort_key` and `sort_dir`, out of the parameters.
pub(crate) fn take_sort<K: SortKey>(params: &mut Params) -> Result<Vec<(K, Direction)>, Fault> {
    let asked = take_names(params, "created_at")?;
    let directions =
        asked.iter().map(|(_, direction)| parse_direction(direction)).collect::<Result<Vec<_>, _>>()?;
    let mut sort: Vec<(K, Direction)> = Vec::with_capacity(asked.len() + K::LAST.len());
    for ((name, _), direction) in asked.iter().zip(&directions) {
        let key = name.parse().map_err(|_| Fault::invalid_input("Invalid sort key"))?;
        add_once(&mut sort, key, *direction);
    }
    let last = directions.first().copied().unwrap_or(Direction::Desc);
    for key in K::LAST {
        add_once(&mut sort, key, last);
    }
    Ok(sort)
}

/// A key that comes again orders nothing.
fn add_once<K: SortKey>(sort: &mut Vec<(K, Direction)>, key: K, direction: Direction) {
    if !sort.iter().any(|(earlier, _)| *earlier == key) {
        sort.push((key, direction));
    }
}

/// Names of keys and directions as the client wrote them, without the blanks around them.
pub(super) fn take_names(params: &mut Params, default_key: &str) -> Result<Vec<(String, String)>, Fault> {
    let (sort, key, direction) = (params.take("sort"), params.take("sort_key"), params.take("sort_dir"));
    let trimmed = |text: &str| text.trim().to_owned();
    let Some(sort) = sort else {
        let key = key.as_deref().map_or_else(|| default_key.to_owned(), trimmed);
        return Ok(vec![(key, direction.as_deref().map_or_else(|| "desc".to_owned(), trimmed))]);
    };
    if key.is_some() || direction.is_some() {
        return Err(Fault::bad_request(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
        ));
    }
    Ok(sort
        .trim()
        .split(',')
        .map(|item| match item.split_once(':') {
            Some((key, direction)) if !direction.is_empty() => (trimmed(key), trimmed(direction)),
            Some((key, _)) => (trimmed(key), "desc".to_owned()),
            None => (trimmed(item), "desc".to_owned()),
        })
        .collect())
}

fn parse_direction(word: &str) -> Result<Direction, Fault> {
    match word {
        "asc" => Ok(Direction::Asc),
        "desc" => Ok(Direction::Desc),
        _ => Err(Fault::invalid_input("Unknown sort direction, must be 'desc' or 'asc'.")),
    }
}

#[cfg(test)]
mod tests;
