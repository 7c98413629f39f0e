//! Volume types and their extra specs.

use model::Metadata;

use super::action::action;
use super::any_type::{self, Update, Words};
use crate::Fault;
use crate::validate::schema::Kind::Object;
use crate::validate::{Fields, Rule, Schema, shapes};

const CREATE: Schema = action!(
    "volume_type",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("name", shapes::NAME),
            ("description", shapes::DESCRIPTION),
            ("extra_specs", shapes::TYPE_EXTRA_SPECS),
            ("os-volume-type-access:is_public", shapes::BOOLEAN),
        ]),
        Rule::Required(&["name"]),
        Rule::NoOthers,
    ])
);

/// `POST /types`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What the scheduler and the driver are asked for.
    pub extra_specs: Metadata,
    /// Whether every project may use it.
    pub is_public: bool,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse_under("volume_type", body, &CREATE)?;
        Ok(Self {
            name: fields.string("name").unwrap_or_default(),
            description: fields.string("description"),
            extra_specs: fields.metadata("extra_specs").unwrap_or_default(),
            is_public: fields.flag("os-volume-type-access:is_public").unwrap_or(true),
        })
    }
}

const UPDATE: Schema = action!(
    "volume_type",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("name", shapes::OPTIONAL_NAME),
            ("description", shapes::DESCRIPTION),
            ("is_public", shapes::BOOLEAN),
        ]),
        Rule::NoOthers,
    ])
);

const WORDS: Words = Words {
    nameless: "Volume type name can not be empty.",
    nothing: "Specify volume type name, description, is_public or a combination thereof.",
};

/// `PUT /types/{id}`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn update(body: &[u8]) -> Result<Update, Fault> {
    Update::parse("volume_type", body, &UPDATE, &WORDS)
}

const EXTRA_SPECS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("extra_specs", shapes::EXTRA_SPECS)]),
    Rule::Required(&["extra_specs"]),
    Rule::NoOthers,
]);

/// `POST /types/{id}/extra_specs`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn extra_specs(body: &[u8]) -> Result<Metadata, Fault> {
    Ok(Fields::parse_under("extra_specs", body, &EXTRA_SPECS)?.into_metadata())
}

/// `PUT /types/{id}/extra_specs/{key}`: the value.
///
/// # Errors
/// As [`extra_specs`]; 400 when the body is about another key.
pub fn extra_spec(body: &[u8], key: &str) -> Result<String, Fault> {
    any_type::spec(body, key)
}

#[cfg(test)]
mod tests;
