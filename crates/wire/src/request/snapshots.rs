//! Snapshots: create and update.

use model::refusal::{Noun, Refusal};
use model::{Metadata, VolumeId};

use super::Change;
use crate::microversion::gate;
use crate::validate::schema::Kind::Object;
use crate::validate::{Fields, Rule, Schema, shapes};
use crate::{Fault, Microversion};

const CREATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "snapshot",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("name", shapes::SHORT_TEXT),
                ("display_name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("volume_id", shapes::OPTIONAL_UUID),
                ("force", shapes::BOOLEAN),
                ("metadata", shapes::OPTIONAL_METADATA),
            ]),
            Rule::Required(&["volume_id"]),
            Rule::NoOthers,
        ]),
    )]),
    Rule::Required(&["snapshot"]),
    Rule::NoOthers,
]);

const FORCE_IS_GONE: &str = "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward \
                             compatability, however, when the 'force' flag is passed with a value evaluating to \
                             True, it is silently ignored.";

/// `POST /snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The volume to take it of.
    pub volume_id: VolumeId,
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// The owner's pairs.
    pub metadata: Metadata,
    /// Whether the volume may be in any status but `error`.
    pub force: bool,
    /// Whether the volume may be attached, as it may from 3.66 on.
    pub allow_in_use: bool,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 404 for a volume that is null; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let mut snapshot = Fields::parse_under("snapshot", body, &CREATE)?;
        let volume_id = snapshot.id("volume_id").ok_or_else(|| Refusal::not_found(Noun::Volume, "None"))?;
        let force = snapshot.flag("force");
        let allow_in_use = version.has(gate::SNAPSHOT_IN_USE);
        if allow_in_use && force == Some(false) {
            return Err(Fault::bad_request(FORCE_IS_GONE));
        }
        Ok(Self {
            volume_id,
            name: snapshot.change(&["name", "display_name"]).flatten(),
            description: snapshot.trimmed("description"),
            metadata: snapshot.metadata("metadata").unwrap_or_default(),
            force: force.unwrap_or_default(),
            allow_in_use,
        })
    }
}

const UPDATE: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::Properties(&[(
        "snapshot",
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("name", shapes::SHORT_TEXT),
                ("description", shapes::DESCRIPTION),
                ("display_name", shapes::SHORT_TEXT),
                ("display_description", shapes::DESCRIPTION),
            ]),
            Rule::NoOthers,
            Rule::Any(&[
                Schema(&[Rule::Required(&["name"])]),
                Schema(&[Rule::Required(&["description"])]),
                Schema(&[Rule::Required(&["display_name"])]),
                Schema(&[Rule::Required(&["display_description"])]),
            ]),
        ]),
    )]),
    Rule::Required(&["snapshot"]),
    Rule::NoOthers,
]);

/// `PUT /snapshots/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// Display name.
    pub name: Change,
    /// Free text.
    pub description: Change,
}

impl Update {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let mut snapshot = Fields::parse_under("snapshot", body, &UPDATE)?;
        Ok(Self {
            name: snapshot.change(&["name", "display_name"]),
            description: snapshot.change(&["description", "display_description"]),
        })
    }
}

#[cfg(test)]
mod tests;
