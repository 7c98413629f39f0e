//! Clusters: taking them out of scheduling, and back in.

use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};

const BINARY: Schema = Schema(&[Rule::Type(&[Text, Null]), Rule::MaxLength(255)]);
const REASON: Schema = Schema(&[Rule::Type(&[Text, Null]), Rule::Format(Format::DISABLED_REASON)]);

const ENABLE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("name", shapes::NAME), ("binary", BINARY)]),
    Rule::Required(&["name"]),
    Rule::NoOthers,
]);
const DISABLE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("name", shapes::NAME), ("binary", BINARY), ("disabled_reason", REASON)]),
    Rule::Required(&["name"]),
    Rule::NoOthers,
]);

/// `PUT /clusters/enable` and `/disable`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchCluster {
    /// `cluster@backend`.
    pub name: String,
    /// What its services do; those that look after backends unless something else is said.
    pub binary: String,
    /// Why it is disabled, trimmed.
    pub disabled_reason: Option<String>,
}

impl SwitchCluster {
    /// Reads the body of `/enable` or of `/disable`.
    ///
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], disable: bool) -> Result<Self, Fault> {
        let mut fields = Fields::parse(body, if disable { &DISABLE } else { &ENABLE })?;
        Ok(Self {
            name: fields.string("name").unwrap_or_default(),
            binary: fields.string("binary").unwrap_or_else(|| "cinder-volume".to_owned()),
            disabled_reason: fields.trimmed("disabled_reason").filter(|reason| !reason.is_empty()),
        })
    }
}
