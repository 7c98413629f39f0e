//! Scheduler hints: where a new volume should be, or rather not.

use model::VolumeId;
use serde_json::{Map, Value};

use crate::Fault;
use crate::validate::format::parse_uuid;
use crate::validate::schema::Kind::{Array, Null, Object, String};
use crate::validate::{Fields, Rule, Schema, shapes};

/// The key of the hints beside `volume`.
pub(crate) const KEY: &str = "OS-SCH-HNT:scheduler_hints";

const VOLUMES: Schema = Schema(&[Rule::Any(&[
    shapes::UUID,
    Schema(&[Rule::Type(&[Array]), Rule::Items(&shapes::UUID), Rule::UniqueItems]),
])]);

const SCHEMA: Schema = Schema(&[Rule::Properties(&[(
    KEY,
    Schema(&[
        Rule::Type(&[Object, Null]),
        Rule::Properties(&[
            ("local_to_instance", shapes::OPTIONAL_UUID),
            ("different_host", VOLUMES),
            ("same_host", VOLUMES),
            ("query", Schema(&[Rule::Type(&[String, Object])])),
        ]),
    ]),
)])]);

/// Hints that the request gave.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hints {
    /// Volumes beside which to be.
    pub same_host: Vec<VolumeId>,
    /// Volumes from which to stay away.
    pub different_host: Vec<VolumeId>,
    /// The server on whose host to be.
    pub local_to_instance: Option<std::string::String>,
    /// A condition on pools: JSON text, or the same already parsed.
    pub query: Option<Value>,
    /// Hints that the service does not know.
    pub others: Map<std::string::String, Value>,
}

impl Hints {
    /// Reads the value of [`KEY`].
    pub(crate) fn parse(hints: Option<Value>) -> Result<Self, Fault> {
        let Some(hints @ Value::Object(_)) = hints else { return Ok(Self::default()) };
        let body = Value::Object(Map::from_iter([(KEY.to_owned(), hints)]));
        let mut fields = Fields::checked(body, &SCHEMA)?.object(KEY);
        Ok(Self {
            same_host: volumes(fields.take("same_host")),
            different_host: volumes(fields.take("different_host")),
            local_to_instance: fields.string("local_to_instance"),
            query: fields.take("query"),
            others: fields.into_pairs(),
        })
    }
}

/// One identifier or several.
fn volumes(value: Option<Value>) -> Vec<VolumeId> {
    match value {
        Some(Value::String(id)) => parse_uuid(&id).into_iter().collect(),
        Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).filter_map(parse_uuid).collect(),
        _ => Vec::new(),
    }
}
