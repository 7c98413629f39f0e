//! A store in a directory of its own, and rows for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use model::{
    AttachStatus, Metadata, ProjectId, Snapshot, SnapshotId, SnapshotStatus, Timestamp, UserId, Volume,
    VolumeId, VolumeStatus, VolumeType, VolumeTypeId,
};
use store::{Conn, Options, Store, StoreError};
use testdb::TestDatabase;

pub(crate) struct Bench {
    pub(crate) store: Store,
    /// How many commits were begun.
    pub(crate) commits: Arc<AtomicU64>,
    /// The point that fails.
    pub(crate) fails: Arc<Mutex<Option<&'static str>>>,
    pub(crate) database: TestDatabase,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let database = TestDatabase::new();
        let (commits, fails) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(None)));
        let (counted, failing) = (Arc::clone(&commits), Arc::clone(&fails));
        let hook = move |point: &'static str| {
            if point == "store.commit.before" {
                counted.fetch_add(1, Ordering::SeqCst);
            }
            match *failing.lock().unwrap() {
                Some(fails) if fails == point => Err(StoreError::Injected(fails)),
                _ => Ok(()),
            }
        };
        let options = Options { commit_hook: Some(Arc::new(hook)), ..database.options() };
        Self { store: Store::open(options).unwrap(), commits, fails, database }
    }

    /// Another process over the same database.
    pub(crate) fn another(&self) -> Store {
        Store::open_beside(self.database.options()).unwrap()
    }

    pub(crate) async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Clone + Send + 'static,
    ) -> T {
        self.store.write(job).await.unwrap()
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Conn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.store.read(job).await.unwrap()
    }

    /// Adds a volume type.
    pub(crate) async fn add_type(&self, name: &str) -> VolumeTypeId {
        let volume_type = volume_type(name);
        let id = volume_type.id;
        self.write(move |conn| store::volume_types::insert(conn, &volume_type)).await;
        id
    }
}

pub(crate) fn volume_type(name: &str) -> VolumeType {
    VolumeType {
        id: VolumeTypeId::random(),
        name: name.to_owned(),
        description: None,
        is_public: true,
        projects: Vec::new(),
        extra_specs: Metadata::default(),
        qos_specs_id: None,
        is_encrypted: false,
        created_at: Timestamp(0),
        updated_at: None,
    }
}

/// A volume that nothing has placed yet.
pub(crate) fn volume(project: &str, volume_type: VolumeTypeId, size_gib: u64) -> Volume {
    Volume {
        id: VolumeId::random(),
        project_id: ProjectId::new(project),
        user_id: UserId::new("user"),
        name: None,
        description: None,
        size_gib,
        charged_gib: size_gib,
        consumes_quota: true,
        status: VolumeStatus::Creating,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id: volume_type,
        availability_zone: "nova".to_owned(),
        host: None,
        bootable: false,
        multiattach: false,
        readonly: None,
        snapshot_id: None,
        source_volid: None,
        backup_id: None,
        group_id: None,
        encryption_key_id: None,
        replication_status: None,
        provider_location: None,
        provider_id: None,
        metadata: Metadata::default(),
        image_metadata: Metadata::default(),
        created_at: Timestamp(0),
        updated_at: None,
        launched_at: None,
        name_id: None,
        migrates_for: None,
    }
}

/// A snapshot of `of`.
pub(crate) fn snapshot(of: &Volume) -> Snapshot {
    Snapshot {
        id: SnapshotId::random(),
        volume_id: of.id,
        project_id: of.project_id.clone(),
        user_id: of.user_id.clone(),
        name: None,
        description: None,
        size_gib: of.size_gib,
        charged_gib: of.size_gib,
        consumes_quota: true,
        status: SnapshotStatus::Creating,
        progress_percent: 0,
        group_snapshot_id: None,
        encryption_key_id: None,
        volume_type_id: of.volume_type_id,
        provider_location: None,
        provider_id: None,
        metadata: Metadata::default(),
        image_metadata: Metadata::default(),
        created_at: Timestamp(0),
        updated_at: None,
    }
}
