//! Requests that move the bytes of volumes.

use model::{SnapshotId, VolumeId};
use operations::{Refused, volume};

use crate::Process;
use crate::client::requester;

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn revert(&self, id: VolumeId, snapshot: SnapshotId) -> Result<(), Refused> {
        self.run(volume::revert::accept(&self.desk, &requester(), id, Some(snapshot.to_string())))
    }
}
