//! Encryption of a volume type: create and update.

use model::encryption::ControlLocation;
use serde_json::{Map, Value};

use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Integer, Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema, shapes};

const KEY_SIZE: Schema = Schema(&[
    Rule::Type(&[Text, Integer, Null]),
    Rule::Minimum(0),
    Rule::Maximum(shapes::MAX_INTEGER),
    Rule::Format(Format::KEY_SIZE),
]);
const PROVIDER: Schema = Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)]);
const LOCATION: Schema = Schema(&[Rule::OneOf(&[Word("front-end"), Word("back-end")])]);

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "encryption",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("key_size", KEY_SIZE),
                ("provider", PROVIDER),
                ("control_location", LOCATION),
                ("cipher", shapes::SHORT_TEXT),
            ]),
            Rule::Required(&["provider", "control_location"]),
        ]),
    )]),
    Rule::Required(&["encryption"]),
    Rule::NoOthers,
]);

const UPDATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "encryption",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("key_size", KEY_SIZE),
                ("provider", PROVIDER),
                ("control_location", LOCATION),
                ("cipher", shapes::SHORT_TEXT),
            ]),
        ]),
    )]),
    Rule::Required(&["encryption"]),
    Rule::NoOthers,
]);

/// `POST /types/{id}/encryption`, and `PUT /types/{id}/encryption/{id}`, where none leaves a field as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The format.
    pub provider: Option<String>,
    /// Algorithm and mode.
    pub cipher: super::Change,
    /// Size of the key, in bits.
    pub key_size_bits: Option<Option<u64>>,
    /// Who encrypts.
    pub control_location: Option<ControlLocation>,
    /// What the reply repeats.
    pub asked: Map<String, Value>,
}

impl Asked {
    /// Reads the body of `POST`, which says the provider and who encrypts.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn create(body: &[u8]) -> Result<Self, Fault> {
        Self::parse(body, &CREATE)
    }

    /// Reads the body of `PUT`.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn update(body: &[u8]) -> Result<Self, Fault> {
        Self::parse(body, &UPDATE)
    }

    fn parse(body: &[u8], schema: &Schema) -> Result<Self, Fault> {
        let mut asked = Fields::parse_under("encryption", body, schema)?.into_pairs();
        let text = |key: &str| asked.get(key).map(|value| value.as_str().map(str::to_owned));
        let (provider, cipher) = (text("provider").flatten(), text("cipher"));
        let control_location = text("control_location").flatten().and_then(|word| word.parse().ok());
        let key_size_bits = asked.get("key_size").map(number);
        if let Some(Some(bits)) = key_size_bits {
            asked.insert("key_size".to_owned(), bits.into());
        }
        Ok(Self { provider, cipher, key_size_bits, control_location, asked })
    }
}

/// The number, also of a string of digits.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(digits) => digits.parse().ok(),
        other => other.as_u64(),
    }
}

#[cfg(test)]
mod tests;
