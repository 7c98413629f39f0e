//! `POST /volumes/{id}/action`.

use model::{AttachStatus, Metadata, MigrationStatus, VolumeStatus};

use super::action::{Action, action};
use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Null, Object, String as Text};
use crate::validate::{Rule, Schema, shapes};

const EXTEND: Schema = action!("os-extend", "new_size": shapes::SIZE_GIB);
const SET_BOOTABLE: Schema = action!("os-set_bootable", "bootable": shapes::BOOLEAN);
const UPDATE_READONLY_FLAG: Schema = action!("os-update_readonly_flag", "readonly": shapes::BOOLEAN);
const FORCE_DELETE: Schema = action!("os-force_delete", shapes::ANYTHING);
const UNMANAGE: Schema = action!("os-unmanage", shapes::ANYTHING);
const SET_IMAGE_METADATA: Schema = action!("os-set_image_metadata", "metadata": shapes::IMAGE_METADATA);
const SHOW_IMAGE_METADATA: Schema = action!("os-show_image_metadata", shapes::ANYTHING);
const UNSET_IMAGE_METADATA: Schema = action!("os-unset_image_metadata", "key": shapes::SOME_TEXT);
const RESET_STATUS: Schema = action!(
    "os-reset_status",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Format(Format::RESETS_SOMETHING),
        Rule::Properties(&[
            ("status", Schema(&[Rule::Type(&[Text, Null]), Rule::Format(Format::VOLUME_STATUS)])),
            ("attach_status", Schema(&[Rule::Type(&[Text, Null]), Rule::Format(Format::ATTACH_STATUS)])),
            (
                "migration_status",
                Schema(&[Rule::Type(&[Text, Null]), Rule::Format(Format::MIGRATION_STATUS)])
            ),
        ]),
        Rule::NoOthers,
    ])
);

/// What to do with a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeAction {
    /// `os-extend`.
    Extend {
        /// The size to grow to, in GiB.
        new_size_gib: u64,
    },
    /// `os-reset_status`.
    ResetStatus(ResetStatus),
    /// `os-force_delete`.
    ForceDelete,
    /// `os-unmanage`.
    Unmanage,
    /// `os-set_bootable`.
    SetBootable {
        /// Whether a machine can boot from it.
        bootable: bool,
    },
    /// `os-update_readonly_flag`.
    UpdateReadonlyFlag {
        /// Whether it may only be attached for reading.
        readonly: bool,
    },
    /// `os-set_image_metadata`: pairs to add to the facts about its image.
    SetImageMetadata(Metadata),
    /// `os-show_image_metadata`.
    ShowImageMetadata,
    /// `os-unset_image_metadata`.
    UnsetImageMetadata {
        /// The key to remove.
        key: String,
    },
}

/// Statuses to write down as they are, at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResetStatus {
    /// Status.
    pub status: Option<VolumeStatus>,
    /// Attach status.
    pub attach_status: Option<AttachStatus>,
    /// Migration status; `none` removes it.
    pub migration_status: Option<MigrationStatus>,
}

impl VolumeAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "os-extend" => {
                let new_size_gib = action.fields(&EXTEND)?.number("new_size").unwrap_or_default();
                Ok(Self::Extend { new_size_gib })
            }
            "os-set_bootable" => {
                let bootable = action.fields(&SET_BOOTABLE)?.flag("bootable").unwrap_or_default();
                Ok(Self::SetBootable { bootable })
            }
            "os-update_readonly_flag" => {
                let readonly = action.fields(&UPDATE_READONLY_FLAG)?.flag("readonly").unwrap_or_default();
                Ok(Self::UpdateReadonlyFlag { readonly })
            }
            "os-set_image_metadata" => {
                let metadata = action.fields(&SET_IMAGE_METADATA)?.metadata("metadata").unwrap_or_default();
                Ok(Self::SetImageMetadata(metadata))
            }
            "os-unset_image_metadata" => {
                let key = action.fields(&UNSET_IMAGE_METADATA)?.string("key").unwrap_or_default();
                Ok(Self::UnsetImageMetadata { key })
            }
            "os-show_image_metadata" => action.fields(&SHOW_IMAGE_METADATA).map(|_| Self::ShowImageMetadata),
            "os-unmanage" => action.fields(&UNMANAGE).map(|_| Self::Unmanage),
            "os-force_delete" => action.fields(&FORCE_DELETE).map(|_| Self::ForceDelete),
            "os-reset_status" => ResetStatus::parse(action).map(Self::ResetStatus),
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

impl ResetStatus {
    fn parse(action: Action) -> Result<Self, Fault> {
        let mut fields = action.fields(&RESET_STATUS)?;
        let mut word = |key| fields.string(key).map(|word| word.to_lowercase()).unwrap_or_default();
        Ok(Self {
            status: word("status").parse().ok(),
            attach_status: word("attach_status").parse().ok(),
            migration_status: word("migration_status").parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests;
