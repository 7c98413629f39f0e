//! `POST /volumes/{id}/action` for the older way of attaching.

use model::{AttachMode, AttachmentId, Connector};
use serde_json::Value;

use super::action::{Action, action};
use super::attachments::{connector_of, into_map, uuid};
use crate::Fault;
use crate::validate::schema::Kind::{Boolean, Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Rule, Schema, shapes};

const ATTACH: Schema = action!(
    "os-attach",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("instance_uuid", shapes::UUID),
            ("mountpoint", shapes::SOME_TEXT),
            ("host_name", Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)])),
            ("mode", Schema(&[Rule::Type(&[Text]), Rule::OneOf(&[Word("rw"), Word("ro")])])),
        ]),
        Rule::Required(&["mountpoint"]),
        Rule::Any(&[
            Schema(&[Rule::Required(&["instance_uuid"])]),
            Schema(&[Rule::Required(&["host_name"])]),
        ]),
        Rule::NoOthers,
    ])
);
const DETACH: Schema = action!(
    "os-detach",
    Schema(&[
        Rule::Type(&[Object, Null]),
        Rule::Properties(&[("attachment_id", shapes::OPTIONAL_UUID)]),
        Rule::NoOthers,
    ])
);
const RESERVE: Schema = action!("os-reserve", shapes::ANYTHING);
const UNRESERVE: Schema = action!("os-unreserve", shapes::ANYTHING);
const BEGIN_DETACHING: Schema = action!("os-begin_detaching", shapes::ANYTHING);
const ROLL_DETACHING: Schema = action!("os-roll_detaching", shapes::ANYTHING);
const INITIALIZE_CONNECTION: Schema =
    action!("os-initialize_connection", "connector": Schema(&[Rule::Type(&[Object, Text])]));
const TERMINATE_CONNECTION: Schema =
    action!("os-terminate_connection", "connector": Schema(&[Rule::Type(&[Text, Object, Null])]));
const FORCE_DETACH: Schema = action!(
    "os-force_detach",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("connector", Schema(&[Rule::Type(&[Text, Object, Null])])),
            ("attachment_id", Schema(&[Rule::Type(&[Text, Null])])),
        ]),
        Rule::NoOthers,
    ])
);
/// Any word but those for false would count as true in Cinder; here it has to be one of the listed ones.
const FAILED: Schema = Schema(&[
    Rule::Type(&[Text, Null, Boolean]),
    Rule::Any(&[Schema(&[Rule::Type(&[Null])]), shapes::BOOLEAN]),
]);
const EXTEND_COMPLETION: Schema = action!(
    "os-extend_volume_completion",
    Schema(&[Rule::Type(&[Object]), Rule::Properties(&[("error", FAILED)]), Rule::NoOthers,])
);

/// A step of attaching or detaching a volume.
#[derive(Debug, Clone, PartialEq)]
pub enum Attaching {
    /// `os-attach`.
    Attach {
        /// The server.
        instance_uuid: Option<String>,
        /// The host.
        host_name: Option<String>,
        /// Where it has the volume.
        mountpoint: String,
        /// How.
        mode: AttachMode,
    },
    /// `os-detach`.
    Detach {
        /// Which attachment, when there are several.
        attachment_id: Option<AttachmentId>,
    },
    /// `os-reserve`.
    Reserve,
    /// `os-unreserve`.
    Unreserve,
    /// `os-begin_detaching`.
    BeginDetaching,
    /// `os-roll_detaching`.
    RollDetaching,
    /// `os-initialize_connection`.
    InitializeConnection(Connector),
    /// `os-terminate_connection`.
    TerminateConnection(Option<Connector>),
    /// `os-force_detach`.
    ForceDetach {
        /// The host.
        connector: Option<Connector>,
        /// Which attachment, when there are several.
        attachment_id: Option<AttachmentId>,
    },
    /// `os-extend_volume_completion`.
    ExtendCompletion {
        /// Whether the server could not see the new size.
        failed: bool,
    },
}

impl Attaching {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "os-attach" => {
                let mut fields = action.fields(&ATTACH)?;
                let mode = fields.string("mode").and_then(|mode| mode.parse().ok());
                Ok(Self::Attach {
                    instance_uuid: uuid(&mut fields, "instance_uuid"),
                    host_name: fields.string("host_name"),
                    mountpoint: fields.string("mountpoint").unwrap_or_default(),
                    mode: mode.unwrap_or(AttachMode::ReadWrite),
                })
            }
            "os-detach" => Ok(Self::Detach { attachment_id: action.fields(&DETACH)?.id("attachment_id") }),
            "os-reserve" => action.fields(&RESERVE).map(|_| Self::Reserve),
            "os-unreserve" => action.fields(&UNRESERVE).map(|_| Self::Unreserve),
            "os-begin_detaching" => action.fields(&BEGIN_DETACHING).map(|_| Self::BeginDetaching),
            "os-roll_detaching" => action.fields(&ROLL_DETACHING).map(|_| Self::RollDetaching),
            "os-initialize_connection" => {
                let connector = connector(action.fields(&INITIALIZE_CONNECTION)?.take("connector"))?;
                Ok(Self::InitializeConnection(connector.ok_or_else(Fault::malformed_body)?))
            }
            "os-terminate_connection" => {
                let sent = action.fields(&TERMINATE_CONNECTION)?.take("connector");
                Ok(Self::TerminateConnection(connector(sent)?))
            }
            "os-force_detach" => {
                let mut fields = action.fields(&FORCE_DETACH)?;
                let connector = connector(fields.take("connector"))?;
                Ok(Self::ForceDetach { connector, attachment_id: fields.id("attachment_id") })
            }
            "os-extend_volume_completion" => {
                let failed = action.fields(&EXTEND_COMPLETION)?.flag("error").unwrap_or_default();
                Ok(Self::ExtendCompletion { failed })
            }
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

/// The host; none for a text, which old clients send in place of an object that says nothing.
fn connector(sent: Option<Value>) -> Result<Option<Connector>, Fault> {
    sent.and_then(into_map).filter(|pairs| !pairs.is_empty()).map(connector_of).transpose()
}

#[cfg(test)]
mod tests;
