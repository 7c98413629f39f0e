//! `POST /workers/cleanup`.

use crate::fault::echo;
use crate::validate::pattern::Pattern;
use crate::validate::schema::Kind::{Integer, Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, json};

const NAME: Schema = Schema(&[
    Rule::Type(&[Text, Null]),
    Rule::MinLength(1),
    Rule::MaxLength(255),
    Rule::Matches(Pattern::CLEANUP_HOST),
]);

const CLEANUP: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[
        ("cluster_name", NAME),
        ("disabled", shapes::BOOLEAN),
        ("host", NAME),
        ("is_up", shapes::BOOLEAN),
        ("binary", Schema(&[Rule::OneOf(&[Word("cinder-volume"), Word("cinder-scheduler")])])),
        ("resource_id", shapes::OPTIONAL_UUID),
        ("resource_type", Schema(&[Rule::Type(&[Text, Null]), Rule::MaxLength(40)])),
        (
            "service_id",
            Schema(&[
                Rule::Type(&[Integer, Text, Null]),
                Rule::Matches(Pattern::OPTIONAL_DIGITS),
                Rule::MaxLength(11),
            ]),
        ),
    ]),
    Rule::NoOthers,
]);

/// What the service can clean up.
const RESOURCE_TYPES: [&str; 2] = ["Snapshot", "Volume"];

/// Which services are to be cleaned up after; what is not named does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleanup {
    /// `cluster@backend`.
    pub cluster_name: Option<String>,
    /// Whether it was taken out of scheduling.
    pub disabled: Option<bool>,
    /// `host@backend`.
    pub host: Option<String>,
    /// Whether it beats; those that do not, unless something else is said.
    pub is_up: bool,
    /// What it does.
    pub binary: Option<String>,
    /// Only this volume or snapshot.
    pub resource_id: Option<String>,
    /// Only volumes, or only snapshots, as the ledger calls them.
    pub resource_type: Option<&'static str>,
    /// Its number.
    pub service_id: Option<u64>,
}

impl Cleanup {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut asked = json::parse(body)?;
        // openstacksdk writes null for what was not said.
        asked.as_object_mut().into_iter().for_each(|fields| fields.retain(|_, value| !value.is_null()));
        let mut fields = Fields::checked(asked, &CLEANUP)?;
        let kind = fields.string("resource_type").filter(|kind| !kind.is_empty());
        let resource_type = match kind.map(|kind| (kind.to_lowercase(), kind)) {
            None => None,
            Some((lower, _)) if lower == "volume" => Some("volume"),
            Some((lower, _)) if lower == "snapshot" => Some("snapshot"),
            Some((_, kind)) => {
                let (kind, valid) = (echo(&kind).into_owned(), RESOURCE_TYPES.join(" or "));
                let why = format!("Resource type {kind} not valid, must be {valid}");
                return Err(Fault::invalid_input(why));
            }
        };
        Ok(Self {
            cluster_name: fields.string("cluster_name"),
            disabled: fields.flag("disabled"),
            host: fields.string("host"),
            is_up: fields.flag("is_up").unwrap_or_default(),
            binary: fields.string("binary"),
            resource_id: fields.string("resource_id"),
            resource_type,
            service_id: fields.number("service_id"),
        })
    }
}
