//! Requests to hand volumes over, as the API would hand them to the desk.

use model::{ProjectId, TransferId, UserId, VolumeId};
use operations::{Refused, Requester, transfer};

use crate::Process;
use crate::client::requester;

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    /// Answers with the offer and its key.
    pub fn offer(&self, volume_id: VolumeId, no_snapshots: bool) -> Result<(TransferId, String), Refused> {
        let offer = transfer::create::Create { volume_id, name: None, no_snapshots, encrypted_too: false };
        let (transfer, key) = self.run(transfer::create::accept(&self.desk, &requester(), offer))?;
        Ok((transfer.id, key))
    }

    /// Accepts an offer for `project`.
    pub fn take_over(&self, project: &ProjectId, id: TransferId, key: String) -> Result<(), Refused> {
        let taker = Requester { user_id: UserId::new("taker"), project_id: project.clone(), ..requester() };
        self.run(transfer::accept::accept(&self.desk, &taker, id, key)).map(drop)
    }

    pub fn withdraw_offer(&self, id: TransferId) -> Result<(), Refused> {
        self.run(transfer::delete::accept(&self.desk, &requester(), id))
    }
}
