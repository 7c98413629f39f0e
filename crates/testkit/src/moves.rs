//! Requests that move the bytes of volumes.

use model::{ImageId, ImageVisibility, Metadata, SnapshotId, VolumeId, VolumeType, VolumeTypeId};
use operations::{Refused, volume};

use crate::Process;
use crate::client::requester;
use crate::process::HOST;

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn revert(&self, id: VolumeId, snapshot: SnapshotId) -> Result<(), Refused> {
        self.run(volume::revert::accept(&self.desk, &requester(), id, Some(snapshot.to_string())))
    }

    /// By force, if the volume is attached.
    pub fn upload_volume(&self, id: VolumeId, disk_format: &str) -> Result<(), Refused> {
        let upload = volume::upload::Upload {
            image_name: "an image".to_owned(),
            disk_format: disk_format.to_owned(),
            container_format: "bare".to_owned(),
            visibility: ImageVisibility::Private,
            protected: false,
            force: true,
        };
        self.run(volume::upload::accept(&self.desk, &requester(), id, upload)).map(drop)
    }

    pub fn reimage(&self, id: VolumeId, image: ImageId) -> Result<(), Refused> {
        let who =
            volume::reimage::Askers { seeing: requester(), resting: requester(), reserved: requester() };
        let asked = volume::reimage::Reimage { image, reserved_too: true };
        self.run(volume::reimage::accept(&self.desk, who, id, asked))
    }

    /// To any pool of the backend `name`.
    pub fn migrate(&self, id: VolumeId, name: &str, lock: bool) -> Result<(), Refused> {
        let to = volume::migrate::Migrate { host: format!("{HOST}@{name}"), is_cluster: false, lock };
        self.run(volume::migrate::accept(&self.desk, &requester(), id, to))
    }

    pub fn retype(&self, id: VolumeId, new_type: &str, may_migrate: bool) -> Result<(), Refused> {
        let new_type = new_type.to_owned();
        let retype = volume::retype::Retype { new_type, may_migrate, no_multiattach: None };
        self.run(volume::retype::accept(&self.desk, &requester(), id, retype))
    }

    /// Adds a volume type with these extra specs.
    pub fn add_type(&self, name: &str, extra_specs: &[(&str, &str)]) -> VolumeTypeId {
        let (id, name) = (VolumeTypeId::random(), name.to_owned());
        let extra_specs: Metadata =
            extra_specs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        self.write(move |conn| {
            let new = VolumeType {
                id,
                name,
                description: None,
                is_public: true,
                projects: Vec::new(),
                extra_specs,
                qos_specs_id: None,
                is_encrypted: false,
                created_at: conn.now(),
                updated_at: None,
            };
            store::volume_types::insert(conn, &new)
        });
        id
    }

    /// Gives up the operation that holds a volume, as an administrator does.
    pub fn abandon(&self, id: VolumeId) {
        self.write(move |conn| store::operations::give_up_holder(conn, &format!("volume/{id}")));
    }
}
