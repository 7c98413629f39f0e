//! Snapshots of groups: create and actions.

use model::{GroupId, GroupSnapshotStatus};

use super::action::{Action, action};
use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Object, String as Text};
use crate::validate::{Fields, Rule, Schema, shapes};

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "group_snapshot",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("group_id", shapes::UUID),
                ("name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
            ]),
            Rule::Required(&["group_id"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["group_snapshot"]),
    Rule::NoOthers,
]);

/// `POST /group_snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The group.
    pub group_id: GroupId,
    /// Display name.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut snapshot = Fields::parse_under("group_snapshot", body, &CREATE)?;
        Ok(Self {
            group_id: snapshot.id("group_id").ok_or_else(Fault::malformed)?,
            name: snapshot.string("name"),
            description: snapshot.string("description"),
        })
    }
}

const RESET_STATUS: Schema = action!(
    "reset_status",
    "status": Schema(&[Rule::Type(&[Text]), Rule::Format(Format::GROUP_SNAPSHOT_STATUS)])
);

/// `POST /group_snapshots/{id}/action` with `reset_status`: the status.
///
/// # Errors
/// 400 in the words of the service; 413 for a body that is too large.
pub fn reset_status(body: &[u8]) -> Result<GroupSnapshotStatus, Fault> {
    let word = Action::parse(body)?.fields(&RESET_STATUS)?.string("status").unwrap_or_default();
    word.to_lowercase().parse().map_err(|_| Fault::malformed())
}
