//! `POST /snapshots/{id}/action`.

use model::SnapshotStatus;

use super::action::{Action, action};
use crate::Fault;
use crate::validate::format::{Format, parse_progress};
use crate::validate::schema::Kind::{Object, String as Text};
use crate::validate::{Rule, Schema, shapes};

const FORCE_DELETE: Schema = action!("os-force_delete", shapes::ANYTHING);
const UNMANAGE: Schema = action!("os-unmanage", shapes::ANYTHING);
const RESET_STATUS: Schema = action!(
    "os-reset_status",
    "status": Schema(&[Rule::Type(&[Text]), Rule::Format(Format::SNAPSHOT_STATUS)])
);
const UPDATE_STATUS: Schema = action!(
    "os-update_snapshot_status",
    Schema(&[
        Rule::Type(&[Object]),
        Rule::Properties(&[
            ("status", Schema(&[Rule::Type(&[Text])])),
            ("progress", Schema(&[Rule::Format(Format::PROGRESS)])),
        ]),
        Rule::Required(&["status"]),
        Rule::NoOthers,
    ])
);

/// What to do with a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SnapshotAction {
    /// `os-reset_status`.
    ResetStatus(SnapshotStatus),
    /// `os-force_delete`.
    ForceDelete,
    /// `os-unmanage`.
    Unmanage,
    /// `os-update_snapshot_status`: how the hypervisor gets on with a snapshot that it takes or removes.
    UpdateStatus {
        /// The status that it should have; any word, which the operation refuses unless the present status
        /// allows it.
        status: String,
        /// Work done, in per cent.
        progress_percent: Option<u8>,
    },
}

impl SnapshotAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "os-unmanage" => action.fields(&UNMANAGE).map(|_| Self::Unmanage),
            "os-force_delete" => action.fields(&FORCE_DELETE).map(|_| Self::ForceDelete),
            "os-reset_status" => {
                let word = action.fields(&RESET_STATUS)?.string("status").unwrap_or_default().to_lowercase();
                word.parse().map(Self::ResetStatus).map_err(|_| Fault::malformed())
            }
            "os-update_snapshot_status" => {
                let mut fields = action.fields(&UPDATE_STATUS)?;
                let progress_percent = fields.string("progress").as_deref().and_then(parse_progress);
                Ok(Self::UpdateStatus {
                    status: fields.string("status").unwrap_or_default(),
                    progress_percent,
                })
            }
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

#[cfg(test)]
mod tests;
