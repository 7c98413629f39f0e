//! Attachments: create, update and complete.

use model::{AttachMode, Connector, VolumeId};
use serde_json::{Map, Value};

use super::action::{Action, action};
use crate::microversion::gate;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

const OPTIONAL_CONNECTOR: Schema = Schema(&[Rule::Type(&[Object, Null])]);

/// A body of one object under `attachment`.
macro_rules! attachment {
    ($($rule:expr),+) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("attachment", Schema(&[Rule::Type(&[Object]), $($rule),+]))]),
            Rule::Required(&["attachment"]),
            Rule::NoOthers,
        ])
    };
}

const CREATE: Schema = attachment!(
    Rule::Properties(&[
        ("instance_uuid", shapes::UUID),
        ("connector", OPTIONAL_CONNECTOR),
        ("volume_uuid", shapes::UUID),
    ]),
    Rule::Required(&["volume_uuid"]),
    Rule::NoOthers
);

const CREATE_WITH_MODE: Schema = attachment!(
    Rule::Properties(&[
        ("instance_uuid", shapes::UUID),
        ("connector", OPTIONAL_CONNECTOR),
        ("volume_uuid", shapes::UUID),
        ("mode", Schema(&[Rule::Type(&[Text]), Rule::OneOf(&[Word("rw"), Word("ro")])])),
    ]),
    Rule::Required(&["volume_uuid"]),
    Rule::NoOthers
);

const UPDATE: Schema = attachment!(
    Rule::Properties(&[("connector", Schema(&[Rule::Type(&[Object]), Rule::MinProperties(1)]))]),
    Rule::Required(&["connector"]),
    Rule::NoOthers
);

const COMPLETE: Schema = action!("os-complete", shapes::ANYTHING);

/// `POST /attachments`.
#[derive(Debug, Clone, PartialEq)]
pub struct Create {
    /// The volume.
    pub volume_id: VolumeId,
    /// The server.
    pub instance_uuid: Option<String>,
    /// The host that connects, when it is known already.
    pub connector: Option<Connector>,
    /// How it is to be attached, when that is said here (from 3.54 on).
    pub mode: Option<AttachMode>,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let schema = if version.has(gate::ATTACHMENT_MODE) { &CREATE_WITH_MODE } else { &CREATE };
        let mut attachment = Fields::parse_under("attachment", body, schema)?;
        let volume_id = attachment.id("volume_uuid").ok_or_else(Fault::malformed_body)?;
        let connector = attachment.take("connector").and_then(into_map).filter(|pairs| !pairs.is_empty());
        Ok(Self {
            volume_id,
            instance_uuid: uuid(&mut attachment, "instance_uuid"),
            connector: connector.map(connector_of).transpose()?,
            mode: attachment.string("mode").and_then(|mode| mode.parse().ok()),
        })
    }
}

/// `PUT /attachments/{id}`: the host that connects.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn parse_update(body: &[u8]) -> Result<Connector, Fault> {
    let mut attachment = Fields::parse_under("attachment", body, &UPDATE)?;
    connector_of(attachment.take("connector").and_then(into_map).unwrap_or_default())
}

/// `POST /attachments/{id}/action` with `os-complete`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn parse_complete(body: &[u8]) -> Result<(), Fault> {
    Action::parse(body)?.fields(&COMPLETE).map(|_| ())
}

/// An identifier of somebody else's, in its usual form.
pub(super) fn uuid(fields: &mut Fields, key: &str) -> Option<String> {
    fields.id::<VolumeId>(key).map(|id| id.to_string())
}

/// The connector that a client sent.
pub(super) fn connector_of(pairs: Map<String, Value>) -> Result<Connector, Fault> {
    Connector::new(pairs).map_err(Fault::invalid_input)
}

pub(super) fn into_map(value: Value) -> Option<Map<String, Value>> {
    match value {
        Value::Object(pairs) => Some(pairs),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
