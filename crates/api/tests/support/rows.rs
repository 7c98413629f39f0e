//! Rows that no request of these tests can make: what workers and services would have written.

use model::message::Message;
use model::service::Binary;
use model::{
    AttachStatus, MessageId, Metadata, ProjectId, Snapshot, SnapshotId, SnapshotStatus, UserId, Volume,
    VolumeId, VolumeStatus, VolumeTypeId,
};
use serde_json::Value;

use super::{USER, World};

impl World {
    /// A service that has just beaten.
    pub async fn add_service(&self, binary: Binary, host: &'static str, zone: &'static str) {
        self.write(move |conn| store::services::beat(conn, binary, host, zone, "uuid", true)).await;
    }

    /// A pool (`host@backend#pool`) that has just reported this.
    pub async fn add_pool(&self, host: &'static str, report: Value) {
        let report = serde_json::json!({"pools": [report]}).to_string();
        self.write(move |conn| store::pools::report(conn, host, &report, model::pool::AtReport::default()))
            .await;
    }

    /// An available volume of `size_gib`, placed on `host` when there is one.
    pub async fn add_volume(
        &self,
        project: &'static str,
        volume_type: VolumeTypeId,
        size_gib: u64,
        host: Option<&'static str>,
    ) -> VolumeId {
        let id = VolumeId::random();
        self.write(move |conn| {
            let volume = volume(id, project, volume_type, size_gib, conn.now());
            store::volumes::insert(conn, &volume)?;
            host.map_or(Ok(()), |host| store::volumes::place(conn, &volume, host, "nova"))
        })
        .await;
        id
    }

    /// An available snapshot of a volume.
    pub async fn add_snapshot(&self, of: VolumeId) -> SnapshotId {
        let id = SnapshotId::random();
        self.write(move |conn| {
            let volume = store::volumes::get(conn, of)?.expect("the volume is there");
            let snapshot = Snapshot {
                id,
                volume_id: of,
                project_id: volume.project_id,
                user_id: volume.user_id,
                name: None,
                description: None,
                size_gib: volume.size_gib,
                charged_gib: volume.size_gib,
                consumes_quota: true,
                status: SnapshotStatus::Available,
                progress_percent: 100,
                group_snapshot_id: None,
                encryption_key_id: None,
                volume_type_id: volume.volume_type_id,
                provider_location: None,
                provider_id: None,
                metadata: Metadata::default(),
                image_metadata: Metadata::default(),
                created_at: conn.now(),
                updated_at: None,
            };
            store::snapshots::insert(conn, &snapshot)
        })
        .await;
        id
    }

    /// A message about a volume.
    pub async fn add_message(&self, project: &'static str, event_id: &'static str) -> MessageId {
        let id = MessageId::random();
        self.write(move |conn| {
            let message = Message {
                id,
                project_id: ProjectId::new(project),
                request_id: Some("req-1".to_owned()),
                resource_type: "VOLUME".to_owned(),
                resource_uuid: Some(VolumeId::random().to_string()),
                event_id: event_id.to_owned(),
                level: "ERROR".to_owned(),
                user_message: "schedule allocate volume:Could not find any available weighted backend."
                    .to_owned(),
                created_at: conn.now(),
            };
            store::messages::insert(conn, &message)
        })
        .await;
        id
    }
}

fn volume(
    id: VolumeId,
    project: &str,
    volume_type_id: VolumeTypeId,
    size_gib: u64,
    now: model::Timestamp,
) -> Volume {
    Volume {
        id,
        project_id: ProjectId::new(project),
        user_id: UserId::new(USER),
        name: None,
        description: None,
        size_gib,
        charged_gib: size_gib,
        consumes_quota: true,
        status: VolumeStatus::Available,
        previous_status: None,
        attach_status: AttachStatus::Detached,
        migration_status: None,
        volume_type_id,
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
        created_at: now,
        updated_at: None,
        launched_at: Some(now),
        name_id: None,
        migrates_for: None,
    }
}
