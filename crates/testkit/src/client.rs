//! Requests, as the API would hand them to the desk.

use std::sync::Arc;

use model::encryption::{ControlLocation, Encryption};
use model::message::Message;
use model::volume_type::DEFAULT_TYPE_NAME;
use model::{
    AttachStatus, Base, EncryptionId, ProjectId, Snapshot, SnapshotId, UserId, Volume, VolumeId,
    VolumeStatus, VolumeType, VolumeTypeId,
};
use operations::volume::create::{Create, Sources};
use operations::volume::delete;
use operations::{Refused, Requester, snapshot, volume};

use crate::{Process, invariants};

/// A request for a blank volume.
#[must_use]
pub fn blank(size_gib: u64) -> Create {
    Create { size_gib: Some(size_gib), ..Create::default() }
}

/// A request for a blank volume of the type `name`.
#[must_use]
pub fn blank_of_type(size_gib: u64, name: &str) -> Create {
    Create { volume_type: Some(name.to_owned()), ..blank(size_gib) }
}

/// A request for a copy of a volume.
#[must_use]
pub fn from_volume(size_gib: u64, source: VolumeId) -> Create {
    Create { sources: Sources { source_volid: Some(source), ..Sources::default() }, ..blank(size_gib) }
}

/// A request for a volume with the content of a snapshot.
#[must_use]
pub fn from_snapshot(size_gib: u64, source: SnapshotId) -> Create {
    Create { sources: Sources { snapshot_id: Some(source), ..Sources::default() }, ..blank(size_gib) }
}

/// Somebody who may do everything in the project `project`.
pub(crate) fn requester() -> Requester {
    Requester {
        user_id: UserId::new("user"),
        project_id: ProjectId::new("project"),
        request_id: Some("req-test".to_owned()),
        is_admin: true,
        may: Arc::new(|_, _| Ok(())),
    }
}

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn create(&self, request: Create) -> Result<VolumeId, Refused> {
        let accepted = self.run(volume::create::accept(&self.desk, &requester(), request))?;
        Ok(accepted.0.id)
    }

    pub fn delete(&self, id: VolumeId, options: delete::Options) -> Result<(), Refused> {
        self.run(delete::accept(&self.desk, &requester(), id, options))
    }

    pub fn extend(&self, id: VolumeId, new_size_gib: u64) -> Result<(), Refused> {
        let askers = volume::extend::Askers { detached: requester(), attached: Some(requester()) };
        self.run(volume::extend::accept(&self.desk, askers, id, new_size_gib))
    }

    pub fn reset_status(&self, id: VolumeId, status: VolumeStatus) -> Result<(), Refused> {
        let reset = volume::edit::Reset { status: Some(status), ..Default::default() };
        self.run(volume::edit::reset_status(&self.desk, &requester(), id, reset))
    }

    /// Says that nobody has the volume any more, without asking the hosts.
    pub fn say_detached(&self, id: VolumeId) -> Result<(), Refused> {
        let reset = volume::edit::Reset { attach_status: Some(AttachStatus::Detached), ..Default::default() };
        self.run(volume::edit::reset_status(&self.desk, &requester(), id, reset))
    }

    pub fn snapshot(&self, volume_id: VolumeId) -> Result<SnapshotId, Refused> {
        let request = snapshot::create::Create {
            volume_id,
            name: None,
            description: None,
            metadata: model::Metadata::default(),
            attached_too: false,
        };
        Ok(self.run(snapshot::create::accept(&self.desk, &requester(), request))?.id)
    }

    pub fn delete_snapshot(&self, id: SnapshotId, force: bool) -> Result<(), Refused> {
        self.run(snapshot::delete::accept(&self.desk, &requester(), id, force))
    }

    /// Several requests at once; the answers in the order of the requests.
    pub fn create_all(&self, requests: Vec<Create>) -> Vec<Result<VolumeId, Refused>> {
        let accept = |request| {
            let desk = self.desk.clone();
            async move {
                let accepted = volume::create::accept(&desk, &requester(), request).await;
                accepted.map(|(volume, _)| volume.id)
            }
        };
        self.run(async {
            let mut tasks = tokio::task::JoinSet::new();
            let running: Vec<_> =
                requests.into_iter().map(|request| tasks.spawn(accept(request)).id()).collect();
            let mut answers = std::collections::HashMap::new();
            while let Some(answered) = tasks.join_next_with_id().await {
                let (id, answer) = answered.expect("no admission panics");
                answers.insert(id, answer);
            }
            running.iter().filter_map(|id| answers.remove(id)).collect()
        })
    }

    /// Adds a type whose volumes are encrypted.
    pub fn add_encrypted_type(&self, name: &'static str) {
        self.add_type_encrypted_by(name, "luks", 256);
    }

    /// Adds a type whose volumes are encrypted by `provider` with a key of so many bits.
    pub fn add_type_encrypted_by(&self, name: &'static str, provider: &'static str, key_bits: u64) {
        self.write(move |conn| {
            let by_default = store::volume_types::by_name(conn, DEFAULT_TYPE_NAME)?;
            let by_default = by_default.expect("the default type is made at start");
            let id = VolumeTypeId::random();
            let new = VolumeType { id, name: name.to_owned(), ..by_default };
            store::volume_types::insert(conn, &new)?;
            let encryption = Encryption {
                id: EncryptionId::random(),
                provider: provider.to_owned(),
                cipher: Some("aes-xts-plain64".to_owned()),
                key_size_bits: Some(key_bits),
                control_location: ControlLocation::FrontEnd,
                created_at: conn.now(),
                updated_at: None,
            };
            store::encryptions::insert(conn, id, &encryption)
        });
    }

    /// A volume's row, if there is one.
    #[must_use]
    pub fn volume(&self, id: VolumeId) -> Option<Volume> {
        self.read(move |conn| store::volumes::get(conn, id))
    }

    /// Every base.
    #[must_use]
    pub fn bases(&self) -> Vec<Base> {
        self.read(store::bases::all)
    }

    /// What users were told about a resource.
    #[must_use]
    pub fn told(&self, id: &str) -> Vec<String> {
        let about = |message: &Message| message.resource_uuid.as_deref() == Some(id);
        let messages = self.read(invariants::messages);
        messages.into_iter().filter(about).map(|message| message.user_message).collect()
    }

    /// A snapshot's row, if there is one.
    #[must_use]
    pub fn snapshot_row(&self, id: SnapshotId) -> Option<Snapshot> {
        self.read(move |conn| store::snapshots::get(conn, id))
    }
}
