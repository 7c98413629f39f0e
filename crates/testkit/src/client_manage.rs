//! Requests to take over and to let go, of volumes and of whole sites.

use std::time::Duration;

use model::service::{Binary, Service};
use model::{Metadata, SnapshotId, VolumeId};
use operations::manageable::{self, NoList, Page, SortKey, What};
use operations::service::failover;
use operations::service::target::Target;
use operations::{Refused, snapshot, volume};
use ports::volume::Reference;

use crate::Process;
use crate::client::requester;

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn manage(&self, backend: &str, reference: Reference) -> Result<VolumeId, Refused> {
        let request = volume::manage::Manage {
            target: Target::Host(format!("{}@{backend}", crate::process::HOST)),
            reference,
            name: None,
            description: None,
            volume_type: None,
            availability_zone: None,
            bootable: false,
            metadata: Metadata::default(),
        };
        Ok(self.run(volume::manage::accept(&self.desk, &requester(), request))?.0.id)
    }

    pub fn unmanage(&self, id: VolumeId) -> Result<(), Refused> {
        self.run(volume::unmanage::accept(&self.desk, &requester(), id))
    }

    pub fn manage_snapshot(&self, volume_id: VolumeId, reference: Reference) -> Result<SnapshotId, Refused> {
        let request = snapshot::manage::Manage {
            volume_id,
            reference,
            name: None,
            description: None,
            metadata: Metadata::default(),
        };
        Ok(self.run(snapshot::manage::accept(&self.desk, &requester(), request))?.id)
    }

    pub fn unmanage_snapshot(&self, id: SnapshotId) -> Result<(), Refused> {
        self.run(snapshot::unmanage::accept(&self.desk, &requester(), id))
    }

    /// Asks for a list, and does not wait for it.
    pub fn ask_for_manageable(&self, backend: &str, what: What) -> Result<(), Refused> {
        let page = Page { marker: None, limit: 100, offset: 0, sort: vec![(SortKey::Reference, false)] };
        let target = Target::Host(format!("{}@{backend}", crate::process::HOST));
        match self.run(manageable::list(&self.desk, &requester(), what, target, page, Duration::ZERO)) {
            Err(NoList::Refused(refused)) => Err(refused),
            _ => Ok(()),
        }
    }

    pub fn fail_over(&self, backend: &str, site: &str) -> Result<(), Refused> {
        let target = Target::Host(format!("{}@{backend}", crate::process::HOST));
        self.run(failover::accept(&self.desk, &requester(), target, Some(site.to_owned())))
    }

    /// The service of a backend.
    #[must_use]
    pub fn service(&self, backend: &str) -> Option<Service> {
        let host = format!("{}@{backend}", crate::process::HOST);
        self.read(move |conn| store::services::get(conn, Binary::Volume, &host))
    }
}
