//! Fresh things to ask for.

use std::fs::File;

use model::service::Binary;
use model::volume_type::DEFAULT_TYPE_NAME;
use model::{
    Image, ImageId, ImageStatus, ImageVisibility, MessageId, Metadata, ProjectId, SnapshotId, VolumeId,
};
use serde_json::{Value, json};
use store::{Conn, StoreError};

use crate::support::busy::Busy;
use crate::support::{PROJECT, USER};

/// Where volumes live.
const POOL: &str = "node@sim#pool";

/// What all requests share: no limits, a second host, a cluster, a type of groups.
pub(crate) async fn furnish(busy: &Busy) {
    let admin = busy.world.admin().at("3.71");
    let quotas = ["volumes", "gigabytes", "snapshots", "backups", "backup_gigabytes", "groups"];
    let limits: serde_json::Map<String, Value> =
        quotas.iter().map(|name| ((*name).to_owned(), json!(-1))).collect();
    admin.put("/os-quota-class-sets/default", json!({"quota_class_set": limits})).await.expect(200);
    busy.world.add_service(Binary::Volume, "other@sim", "nova").await;
    busy.world.add_service(Binary::Backup, "node", "nova").await;
    busy.world.write(|conn| store::clusters::join(conn, Binary::Volume, "other@sim", Some("c@sim"))).await;
    let group_type = json!({"group_type": {"name": "plain", "group_specs": {"k": "v"}}});
    admin.post("/group_types", group_type).await.expect(202);
    let consistent = json!({"group_type": {"name": "default_cgsnapshot_type"}});
    let made = admin.post("/group_types", consistent).await;
    assert!([202, 409].contains(&made.status), "{}", made.body);
}

async fn sql(busy: &Busy, statement: String) {
    busy.world.write(move |conn: &Conn<'_>| conn.run(&statement, &[]).map(drop)).await;
}

/// An available volume that holds metadata.
pub(crate) async fn volume(busy: &Busy) -> VolumeId {
    let volume_type =
        busy.world.read(|conn| Ok(store::volume_types::by_name(conn, DEFAULT_TYPE_NAME)?.unwrap().id)).await;
    let id = busy.world.add_volume(PROJECT, volume_type, 1, Some(POOL)).await;
    let file = File::create(busy.backend.path().join(format!("volume-{id}"))).unwrap();
    file.set_len(1 << 20).unwrap();
    let pairs = r#"{"k": "v"}"#;
    sql(
        busy,
        format!("UPDATE volumes SET metadata = '{pairs}', image_metadata = '{pairs}' WHERE id = '{id}'"),
    )
    .await;
    id
}

/// A bootable volume that servers may share and that one of them has.
pub(crate) async fn bootable_volume_for_many(busy: &Busy) -> VolumeId {
    let id = volume_that_is(busy, "in-use", "attached").await;
    sql(busy, format!("UPDATE volumes SET bootable = 1, multiattach = 1 WHERE id = '{id}'")).await;
    id
}

/// A volume in this status.
pub(crate) async fn volume_that_is(busy: &Busy, status: &str, attach_status: &str) -> VolumeId {
    let id = volume(busy).await;
    sql(
        busy,
        format!(
            "UPDATE volumes SET status = '{status}', attach_status = '{attach_status}' WHERE id = '{id}'"
        ),
    )
    .await;
    id
}

/// An image of the project, whose data nobody keeps.
pub(crate) async fn image(busy: &Busy) -> ImageId {
    let id = ImageId::random();
    let image = Image {
        id,
        owner: Some(ProjectId::new(PROJECT)),
        name: None,
        status: ImageStatus::Active,
        visibility: ImageVisibility::Private,
        disk_format: Some("raw".to_owned()),
        container_format: Some("bare".to_owned()),
        size_bytes: Some(1),
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: false,
        hidden: false,
        properties: Metadata::default(),
        tags: std::collections::BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: model::Timestamp(0),
        updated_at: model::Timestamp(0),
    };
    busy.world.write(move |conn| store::images::insert(conn, &image)).await;
    id
}

/// An available snapshot of a volume, with metadata.
pub(crate) async fn snapshot_of(busy: &Busy, volume: VolumeId) -> SnapshotId {
    let id = busy.world.add_snapshot(volume).await;
    let file = File::create(busy.backend.path().join(format!("snapshot-{id}"))).unwrap();
    file.set_len(1 << 20).unwrap();
    sql(busy, format!("UPDATE snapshots SET metadata = '{{\"k\": \"v\"}}' WHERE id = '{id}'")).await;
    id
}

pub(crate) async fn snapshot_that_is(busy: &Busy, status: &str) -> SnapshotId {
    let id = snapshot_of(busy, volume(busy).await).await;
    sql(busy, format!("UPDATE snapshots SET status = '{status}' WHERE id = '{id}'")).await;
    id
}

pub(crate) async fn message(busy: &Busy) -> MessageId {
    busy.world.add_message(PROJECT, "VOLUME_VOLUME_001_003").await
}

/// What an administrator gets when he makes this.
async fn made(busy: &Busy, path: &str, body: Value, key: &str) -> Value {
    let answer = busy.world.admin().at("3.71").post(path, body).await;
    assert!((200..300).contains(&answer.status), "{path}: {}", answer.body);
    answer.body[key].clone()
}

fn id_of(thing: &Value) -> String {
    thing["id"].as_str().unwrap().to_owned()
}

/// A name that nothing else has.
pub(crate) fn name() -> String {
    VolumeId::random().to_string()
}

pub(crate) async fn volume_type(busy: &Busy, is_public: bool) -> String {
    let body = json!({"volume_type": {
        "name": name(), "os-volume-type-access:is_public": is_public,
        "extra_specs": {"k": "v", "multiattach": "<is> False"},
    }});
    id_of(&made(busy, "/types", body, "volume_type").await)
}

/// A type of volumes that servers may share.
pub(crate) async fn type_for_many(busy: &Busy) -> String {
    let extra_specs = json!({"multiattach": "<is> True"});
    let body = json!({"volume_type": {"name": name(), "extra_specs": extra_specs}});
    id_of(&made(busy, "/types", body, "volume_type").await)
}

/// A type with an encryption; its identifier and that of the encryption.
pub(crate) async fn encrypted_type(busy: &Busy) -> (String, String) {
    let id = volume_type(busy, true).await;
    let body = json!({"encryption": {"provider": "luks", "control_location": "front-end"}});
    let encryption = made(busy, &format!("/types/{id}/encryption"), body, "encryption").await;
    let encryption_id = encryption["encryption_id"].as_str().unwrap().to_owned();
    (id, encryption_id)
}

pub(crate) async fn qos_specs(busy: &Busy) -> String {
    id_of(&made(busy, "/qos-specs", json!({"qos_specs": {"name": name(), "a": "b"}}), "qos_specs").await)
}

/// An offer of a volume; its identifier and key.
pub(crate) async fn transfer(busy: &Busy) -> (String, String) {
    let body = json!({"transfer": {"volume_id": volume(busy).await.to_string()}});
    let offer = made(busy, "/volume-transfers", body, "transfer").await;
    (id_of(&offer), offer["auth_key"].as_str().unwrap().to_owned())
}

pub(crate) async fn group_type(busy: &Busy) -> String {
    let body = json!({"group_type": {"name": name(), "group_specs": {"k": "v"}}});
    id_of(&made(busy, "/group_types", body, "group_type").await)
}

/// By which API a group is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Group,
    ConsistencyGroup,
}

/// An available group, with a volume in it.
pub(crate) async fn group(busy: &Busy, kind: Kind) -> String {
    let made = match kind {
        Kind::Group => {
            let body = json!({"group": {"group_type": "plain", "volume_types": [DEFAULT_TYPE_NAME]}});
            made(busy, "/groups", body, "group").await
        }
        Kind::ConsistencyGroup => {
            let body = json!({"consistencygroup": {"name": "n", "volume_types": DEFAULT_TYPE_NAME}});
            made(busy, "/consistencygroups", body, "consistencygroup").await
        }
    };
    let id = id_of(&made);
    let path = if kind == Kind::Group { "groups" } else { "consistencygroups" };
    busy.wait(&format!("/{path}/{id}"), json!("available")).await;
    let place = store::groups::Edit { host: Some(POOL.to_owned()), ..Default::default() };
    let group = id.parse().unwrap();
    busy.world.write(move |conn| store::groups::edit(conn, group, &place)).await;
    let member = volume(busy).await;
    sql(busy, format!("UPDATE volumes SET group_id = '{id}' WHERE id = '{member}'")).await;
    id
}

/// An available snapshot of a group.
pub(crate) async fn group_snapshot(busy: &Busy, kind: Kind) -> String {
    let group = group(busy, kind).await;
    let (path, made) = match kind {
        Kind::Group => {
            let body = json!({"group_snapshot": {"group_id": group}});
            ("group_snapshots", made(busy, "/group_snapshots", body, "group_snapshot").await)
        }
        Kind::ConsistencyGroup => {
            let body = json!({"cgsnapshot": {"consistencygroup_id": group}});
            ("cgsnapshots", made(busy, "/cgsnapshots", body, "cgsnapshot").await)
        }
    };
    let id = id_of(&made);
    busy.wait(&format!("/{path}/{id}"), json!("available")).await;
    id
}

/// An available backup of a volume.
pub(crate) async fn backup(busy: &Busy) -> String {
    let (id, volume) = (name(), volume(busy).await);
    sql(
        busy,
        format!(
            "INSERT INTO backups (id, project_id, user_id, volume_id, size_gib, status, availability_zone, host, \
             container, service, service_metadata, object_count, data_timestamp, metadata, created_at) \
             VALUES ('{id}', '{PROJECT}', '{USER}', '{volume}', 1, 'available', 'nova', 'node', 'c', \
             'cinder.backup.drivers.posix.PosixBackupDriver', 'prefix', 1, 1, '{{}}', 1)"
        ),
    )
    .await;
    id
}

/// An attachment of a volume to a server that never connected.
pub(crate) async fn attachment(busy: &Busy) -> String {
    let (id, server) = (name(), name());
    let volume = volume_that_is(busy, "reserved", "reserved").await;
    sql(
        busy,
        format!(
            "INSERT INTO attachments (id, volume_id, project_id, instance_uuid, status, created_at) \
             VALUES ('{id}', '{volume}', '{PROJECT}', '{server}', 'reserved', 1)"
        ),
    )
    .await;
    id
}

/// Freezes or thaws the other host behind everybody's back, and says that it is replicated.
pub(crate) async fn set_other_host(busy: &Busy, frozen: bool) {
    busy.world
        .write(move |conn| -> Result<(), StoreError> {
            store::services::set_frozen(conn, "other@sim", frozen)?;
            let enabled = model::service::ReplicationStatus::Enabled;
            store::services::set_replication(conn, "other@sim", enabled, None)?;
            conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'done' WHERE kind = 'backend.fail_over'", &[])
                .map(drop)
        })
        .await;
}

/// Which operation failed last, and why.
pub(crate) async fn last_failure(busy: &Busy) -> String {
    let rows = busy.world.read(|conn| store::operations::list(conn, true, 50)).await;
    let failed = rows.into_iter().find(|row| row.state == "failed");
    failed.map(|row| format!("({} {:?})", row.kind, row.last_error)).unwrap_or_default()
}
