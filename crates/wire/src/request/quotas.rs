//! Quotas of projects and of classes.

use serde_json::{Map, Value};

use crate::Fault;
use crate::fault::echo;
use crate::validate::pattern::Pattern;
use crate::validate::schema::Kind::{Integer, Object, String as Text};
use crate::validate::shapes::MAX_INTEGER;
use crate::validate::{Fields, Rule, Schema};

/// Keys of a reply that clients send back, and that limit nothing.
const NOT_QUOTAS: &[&str] = &["tenant_id", "id"];

const SET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("quota_set", Schema(&[Rule::Type(&[Object]), Rule::MinProperties(1)]))]),
    Rule::Required(&["quota_set"]),
    Rule::NoOthers,
]);

const CLASS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("quota_class_set", Schema(&[Rule::Type(&[Object])]))]),
    Rule::Required(&["quota_class_set"]),
    Rule::NoOthers,
]);

const CLASS_LIMITS: Schema = Schema(&[Rule::Properties(&[(
    "quota_class_set",
    Schema(&[
        Rule::PatternProperties(
            Pattern::QUOTA_NAME,
            Schema(&[
                Rule::Type(&[Integer, Text]),
                Rule::Matches(Pattern::OPTIONAL_DIGITS),
                Rule::Minimum(-1),
                Rule::MinLength(1),
                Rule::Maximum(MAX_INTEGER),
            ]),
        ),
        Rule::NoOthers,
    ]),
)])]);

/// New limits by name, in the order of the request; -1 is no limit.
pub type Limits = Vec<(String, i64)>;

/// `PUT /os-quota-sets/{project}`. `is_quota` knows the names, which grow with every volume type.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn of_project(body: &[u8], is_quota: impl Fn(&str) -> bool) -> Result<Limits, Fault> {
    let pairs = Fields::parse_under("quota_set", body, &SET)?.into_pairs();
    let mut limits = Limits::with_capacity(pairs.len());
    let mut unknown = Vec::new();
    for (key, value) in pairs {
        if NOT_QUOTAS.contains(&key.as_str()) {
            continue;
        }
        if is_quota(&key) {
            let limit = limit(&key, &value)?;
            limits.push((key, limit));
        } else {
            unknown.push(key);
        }
    }
    refuse_unknown("quota set", &unknown)?;
    Ok(limits)
}

/// `PUT /os-quota-class-sets/{class}`.
///
/// # Errors
/// As [`of_project`].
pub fn of_class(body: &[u8], is_quota: impl Fn(&str) -> bool) -> Result<Limits, Fault> {
    let pairs = Fields::parse_under("quota_class_set", body, &CLASS)?.into_pairs();
    let unknown: Vec<String> = pairs.keys().filter(|key| !is_quota(key)).cloned().collect();
    refuse_unknown("quota class set", &unknown)?;
    let checked = Value::Object(Map::from_iter([("quota_class_set".to_owned(), Value::Object(pairs))]));
    let pairs = Fields::checked(checked, &CLASS_LIMITS)?.object("quota_class_set").into_pairs();
    pairs.into_iter().map(|(key, value)| limit(&key, &value).map(|limit| (key, limit))).collect()
}

fn refuse_unknown(what: &str, keys: &[String]) -> Result<(), Fault> {
    if keys.is_empty() {
        return Ok(());
    }
    Err(Fault::invalid_input(format!("Bad key(s) in {what}: {}", echo(&keys.join(", ")))))
}

/// A whole number, also of a string, from -1 to the largest integer of the database.
fn limit(key: &str, value: &Value) -> Result<i64, Fault> {
    let number: Option<i128> = match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        None => Err(Fault::bad_request(format!("{} must be an integer", echo(key)))),
        Some(number) if number < -1 => Err(Fault::bad_request(format!("{} must be >= -1", echo(key)))),
        Some(number) => i64::try_from(number)
            .ok()
            .filter(|limit| *limit <= MAX_INTEGER)
            .ok_or_else(|| Fault::bad_request(format!("{} must be <= {MAX_INTEGER}", echo(key)))),
    }
}

#[cfg(test)]
mod tests;
