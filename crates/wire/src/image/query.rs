//! `GET /v2/images?…`: which images, in which order, which page.

use model::{ImageId, ImageVisibility, MemberStatus, Timestamp};

use crate::Fault;
use crate::fault::echo;
use crate::query::Params;

/// The order of a list, and of what nobody asked for.
const SORT_KEYS: [&str; 8] =
    ["name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at"];
/// Most keys to sort by.
const MAX_SORT_KEYS: usize = 8;

/// A comparison with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each names itself")]
pub enum Operator {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}

/// A condition on images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// A field is one of these.
    Field(&'static str, Vec<String>),
    /// A number is this.
    Number(&'static str, u64),
    /// A flag is this.
    Flag(&'static str, bool),
    /// A time compares so.
    Time(&'static str, Operator, Timestamp),
    /// A property is this.
    Property(String, String),
    /// Data at least this long.
    SizeMin(u64),
    /// Data at most this long.
    SizeMax(u64),
}

/// A request for a list.
#[derive(Debug, Clone)]
pub struct ImageQuery {
    /// Most images; none leaves it to the service.
    pub limit: Option<usize>,
    /// The image after which the page begins.
    pub marker: Option<ImageId>,
    /// By what to sort, and whether the largest comes first.
    pub sort: Vec<(&'static str, bool)>,
    /// One visibility; `Some(None)` is all of them.
    pub visibility: Option<Option<ImageVisibility>>,
    /// What the project says to shared images; none is anything.
    pub member_status: Option<MemberStatus>,
    /// Whether hidden images are listed, and only those.
    pub hidden: bool,
    /// All of these tags.
    pub tags: Vec<String>,
    /// Every one must hold.
    pub filters: Vec<Filter>,
}

impl ImageQuery {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 with what is wrong.
    pub fn parse(params: &Params) -> Result<Self, Fault> {
        let mut query = Self {
            limit: None,
            marker: None,
            sort: sort(params)?,
            visibility: None,
            member_status: Some(MemberStatus::Accepted),
            hidden: false,
            tags: Vec::new(),
            filters: Vec::new(),
        };
        for (key, value) in params.pairs() {
            query.read(key, value)?;
        }
        Ok(query)
    }

    fn read(&mut self, key: &str, value: &str) -> Result<(), Fault> {
        match key {
            "limit" => self.limit = Some(limit(value)?),
            "marker" => self.marker = Some(marker(value)?),
            "sort" | "sort_key" | "sort_dir" => {}
            "visibility" => self.visibility = visibility(value)?,
            "member_status" => self.member_status = member_status(value)?,
            "os_hidden" => self.hidden = flag(key, value)?,
            "tag" => self.tags.push(value.trim().to_owned()),
            "changes-since" => {
                return Err(Fault::bad_request("The \"changes-since\" filter is no longer available on v2."));
            }
            _ => self.filters.push(filter(key, value)?),
        }
        Ok(())
    }
}

fn limit(text: &str) -> Result<usize, Fault> {
    let limit: i64 = text.parse().map_err(|_| Fault::bad_request("limit param must be an integer"))?;
    usize::try_from(limit).map_err(|_| Fault::bad_request("limit param must be positive"))
}

fn marker(text: &str) -> Result<ImageId, Fault> {
    text.parse().map_err(|_| Fault::bad_request(format!("No image found with ID {}", echo(text))))
}

fn visibility(text: &str) -> Result<Option<Option<ImageVisibility>>, Fault> {
    match text {
        "" => Ok(None),
        "all" => Ok(Some(None)),
        word => match word.parse() {
            Ok(one) => Ok(Some(Some(one))),
            Err(_) => Err(Fault::bad_request(format!("Invalid visibility value: {}", echo(word)))),
        },
    }
}

fn member_status(text: &str) -> Result<Option<MemberStatus>, Fault> {
    match text {
        "all" => Ok(None),
        word => match word.parse() {
            Ok(one) => Ok(Some(one)),
            Err(_) => Err(Fault::bad_request(format!("Invalid status: {}", echo(word)))),
        },
    }
}

fn flag(key: &str, text: &str) -> Result<bool, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Fault::bad_request(format!(
            "Invalid value '{}' for '{key}' filter. Valid values are 'true' or 'false'.",
            echo(text)
        ))),
    }
}

fn number(key: &str, text: &str) -> Result<u64, Fault> {
    let number: i64 = text.parse().map_err(|_| {
        Fault::bad_request(format!(
            "Invalid filter value {}. The filter value is not an integer.",
            echo(text)
        ))
    })?;
    u64::try_from(number).map_err(|_| {
        Fault::bad_request(format!("Invalid value '{number}' for parameter '{key}': must be positive"))
    })
}

/// The values of `a` or `in:a,"b,c"`.
fn values(text: &str) -> Result<Vec<String>, Fault> {
    let Some(mut rest) = text.strip_prefix("in:") else { return Ok(vec![text.to_owned()]) };
    let broken = || Fault::bad_request(format!("Invalid filter value {}.", echo(text)));
    let mut values = Vec::new();
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (value, after) = quoted.split_once('"').ok_or_else(broken)?;
            values.push(value.to_owned());
            rest = match after.strip_prefix(',') {
                Some(after) => after,
                None if after.is_empty() => return Ok(values),
                None => return Err(broken()),
            };
        } else if let Some((value, after)) = rest.split_once(',') {
            values.push(value.to_owned());
            rest = after;
        } else {
            values.push(rest.to_owned());
            return Ok(values);
        }
    }
}

fn compared(key: &'static str, text: &str) -> Result<Filter, Fault> {
    let (operator, at) = match text.split_once(':') {
        Some(("gt", at)) => (Operator::Gt, at),
        Some(("gte", at)) => (Operator::Gte, at),
        Some(("lt", at)) => (Operator::Lt, at),
        Some(("lte", at)) => (Operator::Lte, at),
        Some(("eq", at)) => (Operator::Eq, at),
        Some(("neq", at)) => (Operator::Neq, at),
        _ => (Operator::Eq, text),
    };
    let at = Timestamp::parse(at)
        .ok_or_else(|| Fault::bad_request(format!("Invalid time format: {}.", echo(at))))?;
    Ok(Filter::Time(key, operator, at))
}

fn filter(key: &str, value: &str) -> Result<Filter, Fault> {
    /// Fields for which a list of values can be given.
    const LISTS: [&str; 5] = ["id", "name", "status", "disk_format", "container_format"];
    const TEXTS: [&str; 4] = ["owner", "checksum", "os_hash_algo", "os_hash_value"];
    const NUMBERS: [&str; 4] = ["size", "virtual_size", "min_disk", "min_ram"];
    if let Some(field) = LISTS.iter().find(|field| **field == key) {
        return Ok(Filter::Field(field, values(value)?));
    }
    if let Some(field) = TEXTS.iter().find(|field| **field == key) {
        return Ok(Filter::Field(field, vec![value.to_owned()]));
    }
    if let Some(field) = NUMBERS.iter().find(|field| **field == key) {
        return Ok(Filter::Number(field, number(field, value)?));
    }
    match key {
        "protected" => Ok(Filter::Flag("protected", flag(key, value)?)),
        "created_at" => compared("created_at", value),
        "updated_at" => compared("updated_at", value),
        "size_min" => number(key, value).map(Filter::SizeMin),
        "size_max" => number(key, value).map(Filter::SizeMax),
        property => Ok(Filter::Property(property.to_owned(), value.to_owned())),
    }
}

fn sort_key(text: &str) -> Result<&'static str, Fault> {
    let text = text.trim();
    SORT_KEYS.into_iter().find(|known| *known == text).ok_or_else(|| {
        let available = SORT_KEYS.join(", ");
        let text = echo(text);
        Fault::bad_request(format!("Invalid sort key: {text}. It must be one of the following: {available}."))
    })
}

/// Whether the largest comes first.
fn sort_dir(text: &str) -> Result<bool, Fault> {
    match text.trim() {
        "asc" => Ok(false),
        "desc" => Ok(true),
        other => Err(Fault::bad_request(format!("Invalid sort direction: {}", echo(other)))),
    }
}

fn sort(params: &Params) -> Result<Vec<(&'static str, bool)>, Fault> {
    let keys: Vec<_> = params.pairs().filter(|(key, _)| *key == "sort_key").map(|(_, value)| value).collect();
    let dirs: Vec<_> = params.pairs().filter(|(key, _)| *key == "sort_dir").map(|(_, value)| value).collect();
    let mut sort = Vec::new();
    if let Some(text) = params.get("sort") {
        if !keys.is_empty() || !dirs.is_empty() {
            return Err(Fault::bad_request("Old and new sorting syntax cannot be combined"));
        }
        for part in text.trim().split(',') {
            let (key, dir) = part.split_once(':').unwrap_or((part, "desc"));
            sort.push((sort_key(key)?, sort_dir(dir)?));
        }
    } else {
        if dirs.len() > 1 && dirs.len() != keys.len() {
            return Err(Fault::bad_request("Number of sort dirs does not match the number of sort keys"));
        }
        let keys = if keys.is_empty() { vec!["created_at"] } else { keys };
        for (index, key) in keys.into_iter().enumerate() {
            let dir = dirs.get(index).or_else(|| dirs.first()).copied().unwrap_or("desc");
            sort.push((sort_key(key)?, sort_dir(dir)?));
        }
    }
    if sort.len() > MAX_SORT_KEYS {
        return Err(Fault::bad_request("Too many sort keys"));
    }
    complete(&mut sort);
    Ok(sort)
}

/// Makes every order total: by time, then by identifier.
fn complete(sort: &mut Vec<(&'static str, bool)>) {
    let mut seen: Vec<&str> = Vec::new();
    sort.retain(|(key, _)| {
        let is_new = !seen.contains(key);
        seen.push(key);
        is_new
    });
    let last = sort.last().is_none_or(|(_, descending)| *descending);
    for key in ["created_at", "id"] {
        if !sort.iter().any(|(known, _)| *known == key) {
            sort.push((key, last));
        }
    }
}
