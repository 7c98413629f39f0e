//! Policies of backups, as the API would hand them to the desk, and their clock.

use std::path::Path;

use model::backup_policy::{Chore, Due, Targets, Terms};
use model::{BackupPolicy, BackupPolicyId, Timestamp, VolumeId};
use operations::Refused;
use operations::backup_policy::{create, look, round::round, run, update};
use store::backup_policies::made::{self, Made};

use crate::Process;
use crate::client::requester;

/// Terms under which nothing happens by itself before the end of the year, and everything is kept.
///
/// # Panics
/// Never: the schedule is one.
#[must_use]
pub fn yearly() -> Terms {
    let terms = Terms::new("@yearly".parse().expect("a schedule"));
    Terms { name: Some("yearly".to_owned()), full_every: 1, ..terms }
}

#[allow(missing_docs, clippy::missing_errors_doc, reason = "each does what its name says, or says why not")]
impl Process {
    pub fn make_policy(&self, terms: Terms, volumes: &[VolumeId]) -> Result<BackupPolicyId, Refused> {
        self.make_policy_for(terms, Targets { volumes: volumes.to_vec(), types: Vec::new() })
    }

    pub fn make_policy_for(&self, terms: Terms, targets: Targets) -> Result<BackupPolicyId, Refused> {
        Ok(self.run(create::accept(&self.desk, &requester(), terms, targets))?.id)
    }

    /// Has a policy do this now, and looks at the clock.
    pub fn do_now(&self, id: BackupPolicyId, chore: Chore) -> Result<(), Refused> {
        self.run(run::accept(&self.desk, &requester(), id, chore))?;
        self.look_at_clock(None)
    }

    /// Looks at the clock for all policies: the database's, or one that shows `time`.
    pub fn look_at_clock(&self, time: Option<Timestamp>) -> Result<(), Refused> {
        Ok(self.run(round(&self.desk, time))?)
    }

    /// The database's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.read(|conn| Ok(conn.now()))
    }

    /// Every policy, oldest first.
    #[must_use]
    pub fn policies(&self) -> Vec<BackupPolicy> {
        self.read(|conn| store::backup_policies::list(conn, None))
    }

    /// What users were told about the resource `id`.
    #[must_use]
    pub fn messages_about(&self, id: &str) -> Vec<String> {
        let about = |message: &model::message::Message| message.resource_uuid.as_deref() == Some(id);
        let all = self.read(crate::invariants::messages).into_iter();
        all.filter(about).map(|message| message.user_message).collect()
    }

    /// What a policy has not begun yet.
    #[must_use]
    pub fn due_of(&self, id: BackupPolicyId) -> Vec<Due> {
        self.run(look::one(&self.desk, &requester(), id)).expect("a policy that is there").1
    }

    /// Changes what a policy says.
    pub fn amend(
        &self,
        id: BackupPolicyId,
        amend: impl Fn(&mut Terms) + Clone + Send + 'static,
    ) -> Result<BackupPolicy, Refused> {
        let change = update::Change::default();
        self.run(update::accept(&self.desk, &requester(), id, amend, change))
    }

    /// Where backups lie.
    #[must_use]
    pub fn backup_root(&self) -> &Path {
        &self.backup_root
    }

    /// What a policy made: volume by volume, the newest content first.
    #[must_use]
    pub fn made_by(&self, id: BackupPolicyId) -> Vec<Made> {
        self.read(move |conn| made::by(conn, id))
    }
}
