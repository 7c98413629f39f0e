//! Holding a value against a schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::pattern::Pattern;
use super::python::{repr, repr_str, text};
use super::schema::{Kind, Literal, Rule, Schema};
use crate::Fault;

/// A broken rule: where, what was found, and what is wrong with it.
struct Violation<'v> {
    /// The innermost key or index on the way; none at the root.
    field: Option<String>,
    value: &'v Value,
    wrong: Wrong,
}

enum Wrong {
    /// Told together with the field and the value.
    Rule(String),
    /// Says everything itself.
    Whole(Fault),
}

impl<'v> Violation<'v> {
    fn of(value: &'v Value, message: String) -> Self {
        Self { field: None, value, wrong: Wrong::Rule(message) }
    }

    fn at(mut self, field: impl ToString) -> Self {
        self.field.get_or_insert_with(|| field.to_string());
        self
    }

    fn into_fault(self) -> Fault {
        match (self.wrong, self.field) {
            (Wrong::Whole(fault), _) => fault,
            (Wrong::Rule(message), None) => Fault::bad_request(message),
            (Wrong::Rule(message), Some(field)) => Fault::bad_request(format!(
                "Invalid input for field/attribute {}. Value: {}. {message}",
                crate::fault::echo(&field),
                text(self.value)
            )),
        }
    }
}

impl Schema {
    /// # Errors
    /// 400 with the first broken rule.
    pub(crate) fn check(&self, value: &Value) -> Result<(), Fault> {
        self.first_violation(value).map_err(Violation::into_fault)
    }

    fn first_violation<'v>(&self, value: &'v Value) -> Result<(), Violation<'v>> {
        self.0.iter().try_for_each(|rule| self.apply(rule, value))
    }

    fn apply<'v>(&self, rule: &Rule, value: &'v Value) -> Result<(), Violation<'v>> {
        let broken = |message: Option<String>| match message {
            None => Ok(()),
            Some(message) => Err(Violation::of(value, message)),
        };
        match (rule, value) {
            (Rule::Type(kinds), _) => broken(wrong_kind(kinds, value)),
            (Rule::OneOf(allowed), _) => broken(not_among(allowed, value)),
            (Rule::Minimum(least), _) => broken(out_of_bounds(value, *least, Bound::Least)),
            (Rule::Maximum(most), _) => broken(out_of_bounds(value, *most, Bound::Most)),
            (Rule::Format(format), _) => match (format.check)(value) {
                Ok(true) => Ok(()),
                Ok(false) => broken(Some(format!("{} is not a '{}'", repr(value), format.name))),
                Err(fault) => Err(Violation { field: None, value, wrong: Wrong::Whole(fault) }),
            },
            (Rule::Any(schemas), _) => {
                let holds = schemas.iter().any(|schema| schema.first_violation(value).is_ok());
                broken(
                    (!holds).then(|| format!("{} is not valid under any of the given schemas", repr(value))),
                )
            }
            (Rule::MinLength(least), Value::String(text)) => {
                broken((text.chars().count() < *least).then(|| too_few(value, *least, "is too short")))
            }
            (Rule::MaxLength(most), Value::String(text)) => {
                broken((text.chars().count() > *most).then(|| format!("{} is too long", repr(value))))
            }
            (Rule::Matches(pattern), Value::String(text)) => broken(
                (!pattern.matches(text))
                    .then(|| format!("{} does not match {}", repr(value), repr_str(pattern.source))),
            ),
            (Rule::Items(schema), Value::Array(items)) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| schema.first_violation(item).map_err(|found| found.at(index))),
            (Rule::MinItems(least), Value::Array(items)) => {
                broken((items.len() < *least).then(|| too_few(value, *least, "is too short")))
            }
            (Rule::UniqueItems, Value::Array(items)) => {
                let distinct: BTreeSet<String> = items.iter().map(Value::to_string).collect();
                let repeated = distinct.len() < items.len();
                broken(repeated.then(|| format!("{} has non-unique elements", repr(value))))
            }
            (_, Value::Object(pairs)) => self.apply_to_object(rule, value, pairs),
            _ => Ok(()),
        }
    }

    fn apply_to_object<'v>(
        &self,
        rule: &Rule,
        value: &'v Value,
        pairs: &'v Map<String, Value>,
    ) -> Result<(), Violation<'v>> {
        let message = match rule {
            Rule::Properties(properties) => {
                return properties.iter().try_for_each(|(key, schema)| match pairs.get(*key) {
                    None => Ok(()),
                    Some(item) => schema.first_violation(item).map_err(|found| found.at(key)),
                });
            }
            Rule::PatternProperties(pattern, schema) => {
                return pairs
                    .iter()
                    .filter(|(key, _)| pattern.matches(key))
                    .try_for_each(|(key, item)| schema.first_violation(item).map_err(|found| found.at(key)));
            }
            Rule::Required(keys) => keys
                .iter()
                .find(|key| !pairs.contains_key(**key))
                .map(|key| format!("{} is a required property", repr_str(key))),
            Rule::NoOthers => self.unknown_keys(pairs),
            Rule::MinProperties(least) if pairs.len() < *least => {
                Some(too_few(value, *least, "does not have enough properties"))
            }
            Rule::MaxProperties(most) if pairs.len() > *most => {
                Some(format!("{} has too many properties", repr(value)))
            }
            _ => None,
        };
        message.map_or(Ok(()), |message| Err(Violation::of(value, message)))
    }

    /// Keys that no rule of this schema knows, sorted, with the words for them.
    fn unknown_keys(&self, pairs: &Map<String, Value>) -> Option<String> {
        let mut unknown: Vec<&str> =
            pairs.keys().map(String::as_str).filter(|key| !self.knows(key)).collect();
        unknown.sort_unstable();
        let many = match unknown.len() {
            0 => return None,
            count => count > 1,
        };
        let listed: Vec<String> = unknown.into_iter().map(repr_str).collect();
        let listed = crate::fault::echo(&listed.join(", ")).into_owned();
        let patterns: Vec<String> = self.patterns().map(|pattern| repr_str(pattern.source)).collect();
        Some(if patterns.is_empty() {
            let verb = if many { "were" } else { "was" };
            format!("Additional properties are not allowed ({listed} {verb} unexpected)")
        } else {
            let verb = if many { "do" } else { "does" };
            format!("{listed} {verb} not match any of the regexes: {}", patterns.join(", "))
        })
    }

    fn knows(&self, key: &str) -> bool {
        let named = self.0.iter().any(|rule| match rule {
            Rule::Properties(properties) => properties.iter().any(|(name, _)| *name == key),
            _ => false,
        });
        named || self.patterns().any(|pattern| pattern.matches(key))
    }

    fn patterns(&self) -> impl Iterator<Item = &Pattern> {
        self.0.iter().filter_map(|rule| match rule {
            Rule::PatternProperties(pattern, _) => Some(pattern),
            _ => None,
        })
    }
}

fn too_few(value: &Value, least: usize, otherwise: &str) -> String {
    format!("{} {}", repr(value), if least == 1 { "should be non-empty" } else { otherwise })
}

fn wrong_kind(kinds: &[Kind], value: &Value) -> Option<String> {
    if kinds.iter().any(|kind| kind.holds(value)) {
        return None;
    }
    let names: Vec<String> = kinds.iter().map(|kind| repr_str(kind.name())).collect();
    Some(format!("{} is not of type {}", repr(value), names.join(", ")))
}

fn not_among(allowed: &[Literal], value: &Value) -> Option<String> {
    let found = allowed.iter().any(|literal| match literal {
        Literal::Word(word) => value.as_str() == Some(word),
        Literal::Bool(flag) => value.as_bool() == Some(*flag),
    });
    if found {
        return None;
    }
    let listed: Vec<String> = allowed
        .iter()
        .map(|literal| match literal {
            Literal::Word(word) => repr_str(word),
            Literal::Bool(flag) => repr(&Value::Bool(*flag)),
        })
        .collect();
    Some(format!("{} is not one of [{}]", repr(value), listed.join(", ")))
}

#[derive(Clone, Copy)]
enum Bound {
    Least,
    Most,
}

/// Integers, and strings of digits however long, against a bound. Other values have no number in them: the
/// rules that stand before a bound let none through.
fn out_of_bounds(value: &Value, limit: i64, bound: Bound) -> Option<String> {
    let (number, shown) = match value {
        Value::Number(number) => (
            number.as_i64().map_or_else(|| number.as_u64().map(i128::from), |n| Some(n.into()))?,
            repr(value),
        ),
        Value::String(text) => {
            let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
            if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let digits = digits.trim_start_matches('0');
            let number = if digits.is_empty() { 0 } else { sign * digits.parse().unwrap_or(i128::MAX) };
            let minus = if number < 0 { "-" } else { "" };
            let shown = if digits.is_empty() { "0" } else { digits };
            (number, format!("{minus}{}", crate::fault::echo(shown)))
        }
        _ => return None,
    };
    match bound {
        Bound::Least if number < limit.into() => Some(format!("{shown} is less than the minimum of {limit}")),
        Bound::Most if number > limit.into() => {
            Some(format!("{shown} is greater than the maximum of {limit}"))
        }
        _ => None,
    }
}
