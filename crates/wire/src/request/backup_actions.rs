//! `POST /backups/{id}/action`.

use model::BackupStatus;

use super::action::{Action, action};
use crate::Fault;
use crate::validate::format::Format;
use crate::validate::schema::Kind::{Object, String as Text};
use crate::validate::{Rule, Schema, shapes};

const FORCE_DELETE: Schema = action!("os-force_delete", shapes::ANYTHING);
const RESET_STATUS: Schema = action!(
    "os-reset_status",
    "status": Schema(&[Rule::Type(&[Text]), Rule::Format(Format::BACKUP_STATUS)])
);

/// What to do with a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupAction {
    /// `os-reset_status`.
    ResetStatus(BackupStatus),
    /// `os-force_delete`.
    ForceDelete,
}

impl BackupAction {
    /// # Errors
    /// 400 in the words of the service; 413 for a body that is too large.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let action = Action::parse(body)?;
        match action.name.as_str() {
            "os-force_delete" => action.fields(&FORCE_DELETE).map(|_| Self::ForceDelete),
            "os-reset_status" => {
                let word = action.fields(&RESET_STATUS)?.string("status").unwrap_or_default().to_lowercase();
                word.parse().map(Self::ResetStatus).map_err(|_| Fault::malformed())
            }
            unknown => Err(Fault::no_such_action(unknown)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_statuses_can_be_set() {
        let reset = |status: &str| {
            BackupAction::parse(format!("{{\"os-reset_status\": {{\"status\": {status:?}}}}}").as_bytes())
        };
        assert_eq!(reset("Available"), Ok(BackupAction::ResetStatus(BackupStatus::Available)));
        assert_eq!(reset("error"), Ok(BackupAction::ResetStatus(BackupStatus::Error)));
        let refused = reset("creating").unwrap_err();
        assert_eq!(
            refused.message.as_ref(),
            "Backup status: creating is invalid, valid statuses are: ['available', 'error']."
        );
        assert_eq!(BackupAction::parse(b"{\"os-force_delete\": {}}"), Ok(BackupAction::ForceDelete));
    }
}
