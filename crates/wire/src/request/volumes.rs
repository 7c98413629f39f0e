//! Volumes: create and update.

use model::{Metadata, SnapshotId, VolumeId};
use serde_json::Value;

use super::Change;
use super::hints::{self, Hints};
use crate::microversion::gate;
use crate::validate::schema::Kind::{Null, Object};
use crate::validate::{Fields, Rule, Schema, boolean, shapes};
use crate::{Fault, Microversion};

const PROPERTIES: Rule = Rule::Properties(&[
    ("name", shapes::TRIMMED_NAME),
    ("description", shapes::TRIMMED_DESCRIPTION),
    ("display_name", shapes::TRIMMED_NAME),
    ("display_description", shapes::TRIMMED_DESCRIPTION),
    ("volume_type", shapes::SHORT_TEXT),
    ("metadata", shapes::OPTIONAL_METADATA),
    ("snapshot_id", shapes::OPTIONAL_UUID),
    ("source_volid", shapes::OPTIONAL_UUID),
    ("consistencygroup_id", shapes::OPTIONAL_UUID),
    ("size", shapes::OPTIONAL_SIZE_GIB),
    ("availability_zone", shapes::OPTIONAL_NAME),
    ("multiattach", shapes::OPTIONAL_BOOLEAN),
    ("image_id", shapes::SHORT_TEXT),
    ("imageRef", shapes::SHORT_TEXT),
]);
const GROUP: Rule = Rule::Properties(&[("group_id", shapes::SHORT_TEXT)]);
const BACKUP: Rule = Rule::Properties(&[("backup_id", shapes::OPTIONAL_UUID)]);

macro_rules! create {
    ($($rule:expr),+) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[
                ("volume", Schema(&[Rule::Type(&[Object]), $($rule),+])),
                (hints::KEY, Schema(&[Rule::Type(&[Object, Null])])),
            ]),
            Rule::Required(&["volume"]),
            Rule::NoOthers,
        ])
    };
}

const CREATE: Schema = create!(PROPERTIES);
const CREATE_3_13: Schema = create!(PROPERTIES, GROUP);
const CREATE_3_47: Schema = create!(PROPERTIES, GROUP, BACKUP);
const CREATE_3_53: Schema = create!(PROPERTIES, GROUP, BACKUP, Rule::NoOthers);

/// `POST /volumes`. At most one source may be given, which the operation checks once it has looked them up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Create {
    /// Display name, trimmed.
    pub name: Option<String>,
    /// Free text, trimmed.
    pub description: Option<String>,
    /// Size in GiB; none takes the source's.
    pub size_gib: Option<u64>,
    /// Name or identifier of the type.
    pub volume_type: Option<String>,
    /// The owner's pairs.
    pub metadata: Metadata,
    /// Zone.
    pub availability_zone: Option<String>,
    /// Source: a snapshot.
    pub snapshot_id: Option<SnapshotId>,
    /// Source: a volume.
    pub source_volid: Option<VolumeId>,
    /// Source: an image, by identifier, name or URL.
    pub image_ref: Option<String>,
    /// Source: a backup.
    pub backup_id: Option<String>,
    /// The group to be in.
    pub group_id: Option<String>,
    /// Where to be.
    pub hints: Hints,
}

impl Create {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let mut outer = Fields::parse(body, create_schema(version))?;
        let hints = Hints::parse(outer.take(hints::KEY))?;
        let mut volume = outer.object("volume");
        refuse_multiattach(volume.take("multiattach"))?;
        let image_key = if volume.has("image_id") { "image_id" } else { "imageRef" };
        let consistency_group = volume.string("consistencygroup_id");
        let create = Self {
            name: volume.change(&["name", "display_name"]).flatten(),
            description: volume.change(&["description", "display_description"]).flatten(),
            size_gib: volume.number("size"),
            volume_type: volume.string("volume_type").filter(|name| !name.is_empty()),
            metadata: volume.metadata("metadata").unwrap_or_default(),
            availability_zone: volume.string("availability_zone"),
            snapshot_id: volume.id("snapshot_id"),
            source_volid: volume.id("source_volid"),
            image_ref: volume.string(image_key),
            backup_id: volume.string("backup_id").filter(|id| !id.is_empty()),
            group_id: volume.string("group_id").or(consistency_group),
            hints,
        };
        if create.size_gib.is_none() && !create.has_source() { Err(Fault::malformed()) } else { Ok(create) }
    }

    /// Whether there is something to be filled from, which also has a size.
    #[must_use]
    pub const fn has_source(&self) -> bool {
        self.snapshot_id.is_some()
            || self.source_volid.is_some()
            || self.image_ref.is_some()
            || self.backup_id.is_some()
    }
}

fn create_schema(version: Microversion) -> &'static Schema {
    if version.has(gate::STRICT_VOLUME_BODIES) {
        &CREATE_3_53
    } else if version.has(gate::CREATE_FROM_BACKUP) {
        &CREATE_3_47
    } else if version.has(gate::GROUPS) {
        &CREATE_3_13
    } else {
        &CREATE
    }
}

/// The key is still read, so that whoever uses it learns what took its place.
fn refuse_multiattach(value: Option<Value>) -> Result<(), Fault> {
    let asked = match value {
        None => false,
        Some(Value::Bool(flag)) => flag,
        Some(Value::String(word)) => boolean::parameter("multiattach", &word)?,
        Some(_) => return Err(boolean::not_boolean("multiattach", "None")),
    };
    if !asked {
        return Ok(());
    }
    Err(Fault::bad_request(
        "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. \
         Contact your administrator to create a multiattach enabled volume type and use it to create multiattach \
         volumes.",
    ))
}

const UPDATED: Rule = Rule::Properties(&[
    ("name", shapes::TRIMMED_NAME),
    ("description", shapes::TRIMMED_DESCRIPTION),
    ("display_name", shapes::TRIMMED_NAME),
    ("display_description", shapes::TRIMMED_DESCRIPTION),
    ("metadata", shapes::METADATA),
]);
const SOMETHING: Rule = Rule::Any(&[
    Schema(&[Rule::Required(&["name"])]),
    Schema(&[Rule::Required(&["description"])]),
    Schema(&[Rule::Required(&["display_name"])]),
    Schema(&[Rule::Required(&["display_description"])]),
    Schema(&[Rule::Required(&["metadata"])]),
]);

macro_rules! update {
    ($($rule:expr),+) => {
        Schema(&[
            Rule::Type(&[Object]),
            Rule::Properties(&[("volume", Schema(&[Rule::Type(&[Object]), $($rule),+]))]),
            Rule::Required(&["volume"]),
            Rule::NoOthers,
        ])
    };
}

const UPDATE: Schema = update!(UPDATED, Rule::NoOthers);
const UPDATE_3_53: Schema = update!(UPDATED, Rule::NoOthers, SOMETHING);

/// `PUT /volumes/{id}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Update {
    /// Display name.
    pub name: Change,
    /// Free text.
    pub description: Change,
    /// All pairs anew.
    pub metadata: Option<Metadata>,
}

impl Update {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let schema = if version.has(gate::STRICT_VOLUME_BODIES) { &UPDATE_3_53 } else { &UPDATE };
        let mut volume = Fields::parse_under("volume", body, schema)?;
        Ok(Self {
            name: volume.change(&["name", "display_name"]),
            description: volume.change(&["description", "display_description"]),
            metadata: volume.metadata("metadata"),
        })
    }
}

#[cfg(test)]
mod tests;
