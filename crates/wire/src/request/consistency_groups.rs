//! Consistency groups and their snapshots: groups under another name, with older rules.

use serde_json::Value;

use super::groups::listed;
use crate::microversion::gate;
use crate::validate::python::text;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion, json};

const TEXT: Schema = Schema(&[Rule::Type(&[Text])]);
const SHORT_TEXT: Schema = Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)]);
const OPTIONAL_TEXT: Schema = Schema(&[Rule::Type(&[Text, Null])]);

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "consistencygroup",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("volume_types", OPTIONAL_TEXT),
                ("availability_zone", OPTIONAL_TEXT),
            ]),
            Rule::Required(&["volume_types"]),
        ]),
    )]),
    Rule::Required(&["consistencygroup"]),
]);

/// `POST /consistencygroups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Names or identifiers; at least one.
    pub volume_types: Vec<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut group = Fields::parse_under("consistencygroup", body, &CREATE)?;
        let name = group.trimmed("name");
        let volume_types = listed(group.string("volume_types"));
        if volume_types.is_empty() {
            let name = shown(name.as_deref());
            return Err(Fault::bad_request(format!(
                "volume_types must be provided to create consistency group {name}."
            )));
        }
        Ok(Self {
            name,
            description: group.trimmed("description"),
            volume_types,
            availability_zone: group.string("availability_zone"),
        })
    }
}

const CREATE_FROM_SRC: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "consistencygroup-from-src",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("cgsnapshot_id", TEXT),
                ("source_cgid", TEXT),
            ]),
        ]),
    )]),
    Rule::Required(&["consistencygroup-from-src"]),
]);

/// What a consistency group shall be made from, as the client calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A snapshot of one.
    Snapshot(String),
    /// Another.
    Group(String),
}

/// `POST /consistencygroups/create_from_src`. A null source is none: clients write both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateFromSource {
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// From what.
    pub source: Source,
}

impl CreateFromSource {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let sources = ["cgsnapshot_id", "source_cgid"];
        let mut group = Fields::parse_without(&sources, "consistencygroup-from-src", body, &CREATE_FROM_SRC)?;
        let name = group.trimmed("name");
        let mut some = |key| group.string(key).filter(|id| !id.is_empty());
        let source = match (some("cgsnapshot_id"), some("source_cgid")) {
            (Some(id), None) => Source::Snapshot(id),
            (None, Some(id)) => Source::Group(id),
            (None, None) => {
                let name = shown(name.as_deref());
                return Err(Fault::bad_request(format!(
                    "Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group {name} from \
                     source."
                )));
            }
            (Some(_), Some(_)) => {
                let name = shown(name.as_deref());
                return Err(Fault::bad_request(format!(
                    "Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group {name} from \
                     source."
                )));
            }
        };
        Ok(Self { name, description: group.trimmed("description"), source })
    }
}

const UPDATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "consistencygroup",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("add_volumes", OPTIONAL_TEXT),
                ("remove_volumes", OPTIONAL_TEXT),
            ]),
        ]),
    )]),
    Rule::Required(&["consistencygroup"]),
]);

/// `PUT /consistencygroups/{id}` and `/update`.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn update(body: &[u8], version: Microversion) -> Result<super::groups::Update, Fault> {
    let mut group = Fields::parse_under("consistencygroup", body, &UPDATE)?;
    let (add, remove) = (group.string("add_volumes"), group.string("remove_volumes"));
    let update = super::groups::Update {
        name: group.trimmed("name"),
        description: group.trimmed("description"),
        add_volumes: listed(add),
        remove_volumes: listed(remove),
    };
    let moves = !update.add_volumes.is_empty() || !update.remove_volumes.is_empty();
    if version.has(gate::BLANK_CONSISTENCY_GROUPS) {
        if update.name.is_none() && update.description.is_none() && !moves {
            return Err(Fault::bad_request(
                "Must specify one or more of the following keys to update: name, description, add_volumes, \
                 remove_volumes.",
            ));
        }
    } else {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if !says(&update.name) && !says(&update.description) && !moves {
            return Err(Fault::bad_request(
                "Name, description, add_volumes, and remove_volumes can not be all empty in the request body.",
            ));
        }
    }
    Ok(update)
}

const FORCE: Schema = Schema(&[Rule::Type(&[Object]), Rule::Properties(&[("force", shapes::BOOLEAN)])]);
const DELETE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[("consistencygroup", FORCE)]),
    Rule::Required(&["consistencygroup"]),
]);

/// How openstacksdk writes it.
const DELETE_OF_THE_SDK: Schema =
    Schema(&[Rule::Type(&[Object]), Rule::Properties(&[("consistency_group", FORCE)])]);

/// `POST /consistencygroups/{id}/delete`: whether its volumes go too. The body may be empty.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn delete(body: &[u8]) -> Result<bool, Fault> {
    if body.is_empty() {
        return Ok(false);
    }
    let body = json::parse(body)?;
    if body.is_null() || body.as_object().is_some_and(serde_json::Map::is_empty) {
        return Ok(false);
    }
    let (schema, key) = if body.get("consistency_group").is_some() {
        (&DELETE_OF_THE_SDK, "consistency_group")
    } else {
        (&DELETE, "consistencygroup")
    };
    Ok(Fields::checked(body, schema)?.object(key).flag("force").unwrap_or_default())
}

const CREATE_SNAPSHOT: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "cgsnapshot",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("consistencygroup_id", TEXT),
                ("name", SHORT_TEXT),
                ("description", SHORT_TEXT),
            ]),
            Rule::Required(&["consistencygroup_id"]),
        ]),
    )]),
    Rule::Required(&["cgsnapshot"]),
]);

/// `POST /cgsnapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateSnapshot {
    /// The group, as the client calls it.
    pub group_id: String,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
}

impl CreateSnapshot {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let words = ["name", "description"];
        let mut snapshot = Fields::parse_without(&words, "cgsnapshot", body, &CREATE_SNAPSHOT)?;
        Ok(Self {
            group_id: snapshot.string("consistencygroup_id").unwrap_or_default(),
            name: snapshot.trimmed("name"),
            description: snapshot.trimmed("description"),
        })
    }
}

/// A name as Python shows one that may not be there.
fn shown(name: Option<&str>) -> String {
    name.map_or_else(|| text(&Value::Null), |name| text(&Value::from(name)))
}

#[cfg(test)]
mod tests;
