//! Group types and their specs.

use model::Metadata;

use super::action::action;
use super::any_type::{self, Update, Words};
use crate::Fault;
use crate::validate::schema::Kind::Object;
use crate::validate::{Fields, Rule, Schema, shapes};

const CREATE: Schema = action!(
    "group_type",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("name", shapes::NAME),
            ("description", shapes::DESCRIPTION),
            ("is_public", shapes::BOOLEAN),
            ("group_specs", shapes::OPTIONAL_METADATA),
        ]),
        Rule::Required(&["name"]),
        Rule::NoOthers,
    ])
);

/// `POST /group_types`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Unique name.
    pub name: String,
    /// Free text.
    pub description: Option<String>,
    /// What its groups are asked for.
    pub group_specs: Metadata,
    /// Whether every project may use it.
    pub is_public: bool,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields::parse_under("group_type", body, &CREATE)?;
        Ok(Self {
            name: fields.string("name").unwrap_or_default(),
            description: fields.string("description"),
            group_specs: fields.metadata("group_specs").unwrap_or_default(),
            is_public: fields.flag("is_public").unwrap_or(true),
        })
    }
}

const UPDATE: Schema = action!(
    "group_type",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("name", shapes::SHORT_TEXT),
            ("description", shapes::DESCRIPTION),
            ("is_public", shapes::BOOLEAN),
        ]),
        Rule::NoOthers,
    ])
);

const WORDS: Words = Words {
    nameless: "Group type name can not be empty.",
    nothing: "Specify group type name, description or a combination thereof.",
};

/// `PUT /group_types/{id}`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn update(body: &[u8]) -> Result<Update, Fault> {
    Update::parse("group_type", body, &UPDATE, &WORDS)
}

const SPECS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("group_specs", shapes::EXTRA_SPECS)]),
    Rule::Required(&["group_specs"]),
    Rule::NoOthers,
]);

/// `POST /group_types/{id}/group_specs`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn group_specs(body: &[u8]) -> Result<Metadata, Fault> {
    Ok(Fields::parse_under("group_specs", body, &SPECS)?.into_metadata())
}

/// `PUT /group_types/{id}/group_specs/{key}`: the value.
///
/// # Errors
/// As [`group_specs`]; 400 when the body is about another key.
pub fn group_spec(body: &[u8], key: &str) -> Result<String, Fault> {
    any_type::spec(body, key)
}
