//! Groups: create, create from a source, update, and actions.

use model::{GroupId, GroupSnapshotId, GroupStatus};

use super::action::{Action, action};
use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Array, Null, Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};

const TYPE_NAMES: Schema = Schema(&[
    Rule::Type(&[Array]),
    Rule::Items(&Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)])),
    Rule::MinItems(1),
    Rule::UniqueItems,
]);

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "group",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("description", shapes::DESCRIPTION),
                ("group_type", Schema(&[Rule::Type(&[Text]), Rule::Format(Format::GROUP_TYPE)])),
                ("name", shapes::SHORT_TEXT),
                ("volume_types", TYPE_NAMES),
                (
                    "availability_zone",
                    Schema(&[Rule::Type(&[Text, Null]), Rule::Format(Format::AVAILABILITY_ZONE)]),
                ),
            ]),
            Rule::Required(&["group_type", "volume_types"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["group"]),
    Rule::NoOthers,
]);

/// `POST /groups`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Name or identifier.
    pub group_type: String,
    /// Names or identifiers; at least one.
    pub volume_types: Vec<String>,
    /// Zone.
    pub availability_zone: Option<String>,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut group = Fields::parse_under("group", body, &CREATE)?;
        Ok(Self {
            name: group.trimmed("name"),
            description: group.trimmed("description"),
            group_type: group.string("group_type").unwrap_or_default(),
            volume_types: group.strings("volume_types"),
            availability_zone: group.string("availability_zone"),
        })
    }
}

const CREATE_FROM_SRC: Schema = action!(
    "create-from-src",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("description", shapes::DESCRIPTION),
            ("name", shapes::SHORT_TEXT),
            ("source_group_id", shapes::UUID),
            ("group_snapshot_id", shapes::UUID),
        ]),
        Rule::Format(Format::ONE_GROUP_SOURCE),
        Rule::NoOthers,
    ])
);

/// What a group shall be made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A snapshot of a group.
    GroupSnapshot(GroupSnapshotId),
    /// A group.
    Group(GroupId),
}

/// `POST /groups/action` with `create-from-src`. A null source is none: clients write both.
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
        let sources = ["source_group_id", "group_snapshot_id"];
        let mut group = Action::parse(body)?.without(&sources).fields(&CREATE_FROM_SRC)?;
        let snapshot = group.id("group_snapshot_id").map(Source::GroupSnapshot);
        let source = snapshot.or_else(|| group.id("source_group_id").map(Source::Group));
        Ok(Self {
            name: group.trimmed("name"),
            description: group.trimmed("description"),
            source: source.ok_or_else(Fault::malformed)?,
        })
    }
}

const UPDATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "group",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("description", shapes::DESCRIPTION),
                ("name", shapes::SHORT_TEXT),
                ("add_volumes", shapes::DESCRIPTION),
                ("remove_volumes", shapes::DESCRIPTION),
            ]),
            Rule::Any(&[
                Schema(&[Rule::Required(&["name"])]),
                Schema(&[Rule::Required(&["description"])]),
                Schema(&[Rule::Required(&["add_volumes"])]),
                Schema(&[Rule::Required(&["remove_volumes"])]),
            ]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["group"]),
    Rule::NoOthers,
]);

/// `PUT /groups/{id}`: null leaves a value alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Volumes that join.
    pub add_volumes: Vec<String>,
    /// Volumes that leave.
    pub remove_volumes: Vec<String>,
}

impl Update {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut group = Fields::parse_under("group", body, &UPDATE)?;
        Ok(Self {
            name: group.trimmed("name"),
            description: group.trimmed("description"),
            add_volumes: listed(group.string("add_volumes")),
            remove_volumes: listed(group.string("remove_volumes")),
        })
    }
}

/// The words between commas; commas at the ends part nothing.
pub(super) fn listed(words: Option<String>) -> Vec<String> {
    let words = words.unwrap_or_default();
    let words = words.trim_matches(',');
    if words.is_empty() { Vec::new() } else { words.split(',').map(str::to_owned).collect() }
}

const DELETE: Schema = action!(
    "delete",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[("delete-volumes", shapes::BOOLEAN)]),
        Rule::NoOthers,
    ])
);
const RESET_STATUS: Schema =
    action!("reset_status", "status": Schema(&[Rule::Type(&[Text]), Rule::Format(Format::GROUP_STATUS)]));
const ANY_OBJECT: Schema = Schema(&[Rule::Type(&[Object])]);
const ENABLE_REPLICATION: Schema = action!("enable_replication", ANY_OBJECT);
const DISABLE_REPLICATION: Schema = action!("disable_replication", ANY_OBJECT);
const FAILOVER: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[
        ("allow_attached_volume", shapes::BOOLEAN),
        ("secondary_backend_id", shapes::SHORT_TEXT),
    ]),
    Rule::NoOthers,
]);
const FAILOVER_REPLICATION: Schema = action!("failover_replication", FAILOVER);
/// The same by the name that openstacksdk gives it.
const FAILOVER_OF_SDK: Schema = action!("modify_body_for_action", FAILOVER);
const LIST_REPLICATION_TARGETS: Schema = action!("list_replication_targets", ANY_OBJECT);

/// What to do with a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAction {
    /// `delete`.
    Delete {
        /// Its volumes too.
        delete_volumes: bool,
    },
    /// `reset_status`.
    ResetStatus(GroupStatus),
    /// `enable_replication`.
    EnableReplication,
    /// `disable_replication`.
    DisableReplication,
    /// `failover_replication`.
    FailoverReplication {
        /// Also while servers have volumes of it.
        allow_attached_volume: bool,
        /// The site that is to take over; none leaves the choice to the backend.
        secondary_backend_id: Option<String>,
    },
    /// `list_replication_targets`.
    ListReplicationTargets,
}

impl GroupAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "delete" => {
                let delete_volumes = action.fields(&DELETE)?.flag("delete-volumes").unwrap_or_default();
                Ok(Self::Delete { delete_volumes })
            }
            "reset_status" => {
                let word = action.fields(&RESET_STATUS)?.string("status").unwrap_or_default().to_lowercase();
                word.parse().map(Self::ResetStatus).map_err(|_| Fault::malformed())
            }
            "enable_replication" => {
                action.says_no_more(&ENABLE_REPLICATION).map(|()| Self::EnableReplication)
            }
            "disable_replication" => {
                action.says_no_more(&DISABLE_REPLICATION).map(|()| Self::DisableReplication)
            }
            name @ ("failover_replication" | "modify_body_for_action") => {
                let is_ours = name == "failover_replication";
                let schema = if is_ours { &FAILOVER_REPLICATION } else { &FAILOVER_OF_SDK };
                let mut fields = action.fields(schema)?;
                Ok(Self::FailoverReplication {
                    allow_attached_volume: fields.flag("allow_attached_volume").unwrap_or_default(),
                    secondary_backend_id: fields.string("secondary_backend_id"),
                })
            }
            "list_replication_targets" => {
                action.fields(&LIST_REPLICATION_TARGETS).map(|_| Self::ListReplicationTargets)
            }
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

#[cfg(test)]
mod tests;
