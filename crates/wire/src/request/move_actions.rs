//! `POST /volumes/{id}/action`: the actions that move the bytes of volumes.

use model::{ImageId, ImageVisibility, VolumeId};
use serde_json::Value;

use super::action::{Action, action};
use crate::Fault;
use crate::microversion::{Microversion, gate};
use crate::validate::schema::Kind::{Boolean, Null, Object, String as Text};
use crate::validate::schema::Literal::Word;
use crate::validate::{Rule, Schema, shapes};

const REVERT: Schema = action!(
    "revert",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[("snapshot_id", Schema(&[Rule::Type(&[Text, Null])]))]),
    ])
);
const RETYPE: Schema = action!(
    "os-retype",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("new_type", Schema(&[Rule::Type(&[Text])])),
            (
                "migration_policy",
                Schema(&[Rule::Type(&[Text, Null]), Rule::OneOf(&[Word("on-demand"), Word("never")]),])
            ),
        ]),
        Rule::Required(&["new_type"]),
        Rule::NoOthers,
    ])
);
const MIGRATE: Schema = action!(
    "os-migrate_volume",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("host", Schema(&[Rule::Type(&[Text]), Rule::MaxLength(255)])),
            ("force_host_copy", shapes::BOOLEAN),
            ("lock_volume", shapes::BOOLEAN),
        ]),
        Rule::Required(&["host"]),
        Rule::NoOthers,
    ])
);
const MIGRATE_TO_CLUSTER: Schema = action!(
    "os-migrate_volume",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("host", shapes::SHORT_TEXT),
            ("force_host_copy", shapes::BOOLEAN),
            ("lock_volume", shapes::BOOLEAN),
            ("cluster", shapes::SHORT_TEXT),
        ]),
        Rule::NoOthers,
    ])
);
const MIGRATE_COMPLETION: Schema = action!(
    "os-migrate_volume_completion",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("new_volume", shapes::UUID),
            ("error", Schema(&[Rule::Type(&[Text, Null, Boolean])])),
        ]),
        Rule::Required(&["new_volume"]),
        Rule::NoOthers,
    ])
);

const REIMAGE: Schema = action!(
    "os-reimage",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[("image_id", shapes::UUID), ("reimage_reserved", shapes::BOOLEAN)]),
        Rule::Required(&["image_id"]),
        Rule::NoOthers,
    ])
);

const UPLOAD_NAME: Schema = shapes::SOME_TEXT;
const UPLOAD_FORMAT: Schema = Schema(&[
    Rule::Type(&[Text]),
    Rule::OneOf(&[
        Word("raw"),
        Word("vmdk"),
        Word("vdi"),
        Word("qcow2"),
        Word("vhd"),
        Word("vhdx"),
        Word("ploop"),
    ]),
]);
/// The body of `os-volume_upload_image` with what a revision adds to it.
macro_rules! upload {
    ($($added:expr),*) => {
        action!(
            "os-volume_upload_image",
            Schema(&[
                Rule::Type(&[Object]),
                Rule::Properties(&[
                    ("image_name", UPLOAD_NAME),
                    ("force", shapes::BOOLEAN),
                    ("disk_format", UPLOAD_FORMAT),
                    ("container_format", shapes::DESCRIPTION),
                    $($added),*
                ]),
                Rule::Required(&["image_name"]),
                Rule::NoOthers,
            ])
        )
    };
}

const VISIBILITY: Schema = Schema(&[
    Rule::Type(&[Text]),
    Rule::OneOf(&[Word("community"), Word("public"), Word("private"), Word("shared")]),
]);
const UPLOAD: Schema = upload!();
/// From 3.1 on.
const UPLOAD_WITH_VISIBILITY: Schema = upload!(("visibility", VISIBILITY), ("protected", shapes::BOOLEAN));

/// What to do with the bytes of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveAction {
    /// `revert`.
    Revert {
        /// The snapshot, as it was written.
        snapshot_id: Option<String>,
    },
    /// `os-retype`.
    Retype(Retype),
    /// `os-migrate_volume`.
    Migrate(Migrate),
    /// `os-migrate_volume_completion`.
    MigrateCompletion(MigrateCompletion),
    /// `os-reimage` (3.68).
    Reimage {
        /// The image.
        image: ImageId,
        /// Whether the volume may be promised to a server.
        reserved_too: bool,
    },
    /// `os-volume_upload_image`.
    Upload(Upload),
}

/// An image to be made of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its name.
    pub image_name: String,
    /// `raw`, `qcow2`, …
    pub disk_format: String,
    /// `bare`, …
    pub container_format: String,
    /// Who sees it (3.1).
    pub visibility: ImageVisibility,
    /// Whether it can be deleted (3.1).
    pub protected: bool,
    /// Whether the volume may be attached.
    pub force: bool,
}

/// Another type for a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retype {
    /// Name or identifier.
    pub new_type: String,
    /// Whether it may go to another backend for it (`on-demand`).
    pub may_migrate: bool,
}

/// Another place for a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrate {
    /// Where to.
    pub to: Destination,
    /// Whether the backend may not do it by itself.
    pub force_host_copy: bool,
    /// Whether nothing else may be done to it meanwhile.
    pub lock_volume: bool,
}

/// A host or a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// `host@backend#pool`.
    Host(String),
    /// `cluster@backend#pool` (3.16).
    Cluster(String),
}

/// How the compute service's part of a migration ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrateCompletion {
    /// The volume with the copied content.
    pub new_volume: VolumeId,
    /// Whether it failed.
    pub error: bool,
}

impl MoveAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8], version: Microversion) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "revert" => {
                let snapshot_id = action.fields(&REVERT)?.string("snapshot_id");
                Ok(Self::Revert { snapshot_id })
            }
            "os-reimage" => {
                let mut fields = action.fields(&REIMAGE)?;
                let Some(image) = fields.id("image_id") else { return Err(Fault::malformed_body()) };
                let reserved_too = fields.flag("reimage_reserved").unwrap_or_default();
                Ok(Self::Reimage { image, reserved_too })
            }
            "os-retype" => Retype::parse(action).map(Self::Retype),
            "os-migrate_volume" => Migrate::parse(action, version).map(Self::Migrate),
            "os-volume_upload_image" => Upload::parse(action, version).map(Self::Upload),
            "os-migrate_volume_completion" => MigrateCompletion::parse(action).map(Self::MigrateCompletion),
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

impl Retype {
    fn parse(action: Action) -> Result<Self, Fault> {
        let mut fields = action.fields(&RETYPE)?;
        let may_migrate = fields.string("migration_policy").is_some_and(|policy| policy == "on-demand");
        Ok(Self { new_type: fields.string("new_type").unwrap_or_default(), may_migrate })
    }
}

impl Migrate {
    fn parse(action: Action, version: Microversion) -> Result<Self, Fault> {
        let clusters = version.has(gate::MIGRATE_TO_CLUSTER);
        let mut fields = action.fields(if clusters { &MIGRATE_TO_CLUSTER } else { &MIGRATE })?;
        let mut name = |key| fields.string(key).filter(|name| !name.is_empty());
        let to = match (name("host"), name("cluster")) {
            (Some(host), None) => Destination::Host(host),
            (None, Some(cluster)) => Destination::Cluster(cluster),
            _ => {
                let why = if clusters {
                    "One and only one of cluster and host must be set."
                } else {
                    "Host field is missing."
                };
                return Err(Fault::bad_request(format!("Invalid input received: {why}")));
            }
        };
        Ok(Self {
            to,
            force_host_copy: fields.flag("force_host_copy").unwrap_or_default(),
            lock_volume: fields.flag("lock_volume").unwrap_or_default(),
        })
    }
}

impl Upload {
    fn parse(action: Action, version: Microversion) -> Result<Self, Fault> {
        let has_visibility = version.has(gate::UPLOAD_VISIBILITY);
        let mut fields = action.fields(if has_visibility { &UPLOAD_WITH_VISIBILITY } else { &UPLOAD })?;
        let mut word = |key| fields.string(key);
        let visibility = word("visibility").and_then(|word| word.parse().ok());
        Ok(Self {
            image_name: word("image_name").unwrap_or_default(),
            disk_format: word("disk_format").unwrap_or_else(|| "raw".to_owned()),
            container_format: word("container_format").unwrap_or_else(|| "bare".to_owned()),
            visibility: visibility.unwrap_or(ImageVisibility::Private),
            protected: fields.flag("protected").unwrap_or_default(),
            force: fields.flag("force").unwrap_or_default(),
        })
    }
}

impl MigrateCompletion {
    fn parse(action: Action) -> Result<Self, Fault> {
        let mut fields = action.fields(&MIGRATE_COMPLETION)?;
        let Some(new_volume) = fields.id("new_volume") else { return Err(Fault::malformed_body()) };
        // Any word counts, "false" too: that is how the service reads it.
        let error = match fields.take("error") {
            Some(Value::Bool(error)) => error,
            Some(Value::String(word)) => !word.is_empty(),
            _ => false,
        };
        Ok(Self { new_volume, error })
    }
}

#[cfg(test)]
mod tests;
