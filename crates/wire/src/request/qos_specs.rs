//! QoS specs: create, set and unset.

use model::Metadata;
use model::limits::MAX_NAME_CHARS;
use model::qos::QosConsumer;
use model::refusal::Refusal;
use serde_json::{Map, Value};

use crate::Fault;
use crate::fault::echo;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Array, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "qos_specs",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("name", Schema(&[Rule::Type(&[Text]), Rule::Format(Format::SPACED_NAME)]))]),
            Rule::Required(&["name"]),
        ]),
    )]),
    Rule::Required(&["qos_specs"]),
    Rule::NoOthers,
]);

/// `POST /qos-specs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Unique name, trimmed.
    pub name: String,
    /// Who enforces them.
    pub consumer: QosConsumer,
    /// The limits.
    pub specs: Metadata,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse_under("qos_specs", body, &CREATE)?;
        let name = fields.trimmed("name").unwrap_or_default();
        let pairs = fields.into_pairs();
        pairs.iter().try_for_each(|(key, value)| check_pair(key, value))?;
        let (consumer, specs) = split(pairs)?;
        Ok(Self { name, consumer: consumer.unwrap_or(QosConsumer::BackEnd), specs })
    }
}

const SET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("qos_specs", shapes::TYPE_EXTRA_SPECS)]),
    Rule::Required(&["qos_specs"]),
    Rule::NoOthers,
]);

/// `PUT /qos-specs/{id}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// Who enforces them; none leaves it as it is.
    pub consumer: Option<QosConsumer>,
    /// Limits that are set.
    pub specs: Metadata,
    /// What the reply repeats: all that was asked for.
    pub asked: Map<String, Value>,
}

impl Set {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let asked = Fields::parse_under("qos_specs", body, &SET)?.into_pairs();
        let (consumer, specs) = split(asked.clone())?;
        Ok(Self { consumer, specs, asked })
    }
}

const KEY: Schema = Schema(&[Rule::Type(&[Text]), Rule::MinLength(1), Rule::MaxLength(255)]);

const UNSET: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("keys", Schema(&[Rule::Type(&[Array]), Rule::Items(&KEY), Rule::UniqueItems]))]),
    Rule::Required(&["keys"]),
    Rule::NoOthers,
]);

/// `PUT /qos-specs/{id}/delete_keys`: the keys.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn keys(body: &[u8]) -> Result<Vec<String>, Fault> {
    let keys = match Fields::parse(body, &UNSET)?.take("keys") {
        Some(Value::Array(keys)) => keys,
        _ => Vec::new(),
    };
    Ok(keys.into_iter().filter_map(|key| key.as_str().map(str::to_owned)).collect())
}

/// The consumer apart from the limits; a limit that is null is empty.
fn split(mut pairs: Map<String, Value>) -> Result<(Option<QosConsumer>, Metadata), Fault> {
    let consumer = match pairs.shift_remove("consumer") {
        None | Some(Value::Null) => None,
        Some(Value::String(word)) => Some(word.parse().map_err(|_| {
            let listed = "Valid consumer of QoS specs are: ['front-end', 'back-end', 'both']";
            Refusal::InvalidQosSpecs(listed.to_owned())
        })?),
        Some(_) => return Err(Fault::malformed()),
    };
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    Ok((consumer, pairs.into_iter().map(|(key, value)| (key, text(value))).collect()))
}

fn check_pair(key: &str, value: &Value) -> Result<(), Fault> {
    let shown = echo(key);
    check_length(&format!("Key \"{shown}\""), key, 1)?;
    match value {
        Value::Null => Ok(()),
        Value::String(text) => check_length(&format!("Value for key \"{shown}\""), text, 0),
        _ => Err(Fault::invalid_input(format!("Value for key \"{shown}\" is not a string or unicode"))),
    }
}

fn check_length(what: &str, text: &str, least: usize) -> Result<(), Fault> {
    let count = text.chars().count();
    if count < least {
        return Err(Fault::invalid_input(format!("{what} has {count} characters, less than {least}.")));
    }
    if count > MAX_NAME_CHARS {
        return Err(Fault::invalid_input(format!(
            "{what} has {count} characters, more than {MAX_NAME_CHARS}."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
