//! What recordings begin with, and what no request of theirs can make.

use std::collections::BTreeSet;
use std::sync::Arc;

use api::volume_v3::ResourceFilters;
use model::service::{Binary, ReplicationStatus};
use model::{
    BackupId, BackupStatus, GroupId, GroupSnapshotId, GroupSnapshotStatus, GroupStatus, Image, ImageId,
    ImageStatus, ImageVisibility, Metadata, ProjectId, SnapshotId, SnapshotStatus, Timestamp, UserId,
    VolumeId, VolumeStatus,
};
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde_json::{Value, json};
use store::operations::NewOperation;

use crate::support::busy::{Busy, Site};
use crate::support::{PROJECT, World};

/// The cluster of the recordings.
const CLUSTER: &str = "c@sim";

/// A world in which somebody works, as the words after `given` describe it.
pub(crate) async fn world(given: &[&str]) -> Busy {
    let mut site = Site::default();
    let mut default_group_type = None;
    for words in given {
        match *words {
            "a cluster" => site.cluster = Some(CLUSTER.to_owned()),
            "another backend" => site.another = true,
            "replication" => site.replication_targets = vec!["there".to_owned()],
            "a default group type" => default_group_type = Some("together".to_owned()),
            "filters of parts" => {}
            unknown => panic!("nobody knows what is given with {unknown}"),
        }
    }
    let world = World::patient_with(
        |settings| settings.default_group_type = default_group_type,
        Some(Arc::new(NobodyThere)),
    );
    let world = world.await;
    if given.contains(&"filters of parts") {
        world.api.lists.set_resource_filters(filters_of_parts());
    }
    let busy = Busy::on(world, tempfile::tempdir().unwrap(), site).await;
    for name in ["stray", "stray-snapshot"] {
        let stray = std::fs::File::create(busy.backend.path().join(name)).unwrap();
        stray.set_len(1 << 20).unwrap();
    }
    busy
}

/// The usual filters, all of which may also name a part.
fn filters_of_parts() -> ResourceFilters {
    let usual = ResourceFilters::default();
    let of_parts = usual.iter().map(|(resource, names)| {
        let names: Vec<Value> = names.iter().map(|name| format!("{name}~").into()).collect();
        (resource.to_owned(), Value::Array(names))
    });
    let text = Value::Object(of_parts.collect()).to_string();
    ResourceFilters::parse(&text).unwrap()
}

/// A service of the cluster that was heard of for the last time long ago, in the middle of something.
pub(crate) async fn dead_service(world: &World, host: &str) {
    let host = host.to_owned();
    let work = NewOperation {
        kind: "volume.delete",
        resource: "volume/1".to_owned(),
        project_id: ProjectId::new(PROJECT),
        user_id: UserId::new("somebody"),
        request_id: None,
        queue: format!("volume:{host}"),
        phase: "remove",
        args: "{}".to_owned(),
        reads: Vec::new(),
    };
    let beat = move |conn: &store::Conn<'_>| {
        store::services::beat(conn, Binary::Volume, &host, "nova", "uuid", true)?;
        store::clusters::join(conn, Binary::Volume, &host, Some(CLUSTER))?;
        store::services::set_replication(conn, &host, ReplicationStatus::NotCapable, None)?;
        store::operations::admit(conn, &work)?;
        conn.run(&format!("UPDATE services SET heartbeat_at = 0 WHERE host = '{host}'"), &[]).map(drop)
    };
    world.write(beat).await;
}

/// A volume that the host of a server is to grow, whose word is waited for.
pub(crate) async fn growing(world: &World, id: VolumeId, new_size_gib: u64) {
    let work = NewOperation {
        kind: "volume.extend",
        resource: format!("volume/{id}"),
        project_id: ProjectId::new(PROJECT),
        user_id: UserId::new("somebody"),
        request_id: None,
        queue: "volume:node@sim".to_owned(),
        phase: "await",
        args: json!({"new_size_gib": new_size_gib, "before": "in-use", "refused_at": null}).to_string(),
        reads: Vec::new(),
    };
    let begin = move |conn: &store::Conn<'_>| {
        store::volumes::charge(conn, id, new_size_gib)?;
        store::volumes::set_status(conn, id, VolumeStatus::Extending)?;
        store::host_growths::begin(conn, id, new_size_gib, 60)?;
        store::operations::admit(conn, &work).map(drop)
    };
    world.write(begin).await;
}

/// Puts a thing into a status, by whatever way it may have come to it.
pub(crate) async fn status(world: &World, kind: &str, id: &str, status: &str) {
    macro_rules! set {
        ($table:ident, $id:ident, $status:ident) => {{
            let (id, to) = (id.parse::<$id>().unwrap(), status.parse::<$status>().unwrap());
            world.write(move |conn| store::$table::set_status_from(conn, id, $status::ALL, to)).await
        }};
    }
    let set = match kind {
        "volume" => set!(volumes, VolumeId, VolumeStatus),
        "snapshot" => set!(snapshots, SnapshotId, SnapshotStatus),
        "backup" => set!(backups, BackupId, BackupStatus),
        "group" => set!(groups, GroupId, GroupStatus),
        "group_snapshot" => set!(group_snapshots, GroupSnapshotId, GroupSnapshotStatus),
        unknown => panic!("nobody knows a {unknown}"),
    };
    assert!(set, "there is no {kind} {id}");
}

/// An image that is there, without data: requests only read its record.
pub(crate) async fn image(world: &World, name: &str, details: &Value) -> ImageId {
    let id = ImageId::random();
    let properties = details["properties"].as_object().into_iter().flatten();
    let properties: Metadata =
        properties.map(|(key, value)| (key.clone(), value.as_str().unwrap().to_owned())).collect();
    let image = Image {
        id,
        owner: Some(ProjectId::new(PROJECT)),
        name: Some(name.to_owned()),
        status: ImageStatus::Active,
        visibility: ImageVisibility::Public,
        disk_format: Some("raw".to_owned()),
        container_format: Some("bare".to_owned()),
        size_bytes: details["size"].as_u64(),
        virtual_size_bytes: None,
        checksum: None,
        os_hash_algo: None,
        os_hash_value: None,
        min_disk_gib: 0,
        min_ram_mib: 0,
        protected: false,
        hidden: false,
        properties,
        tags: BTreeSet::new(),
        locations: Vec::new(),
        worker: None,
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    world.write(move |conn| store::images::insert(conn, &image)).await;
    id
}

/// A compute service that knows no server.
struct NobodyThere;

impl Compute for NobodyThere {
    fn attachment_of(&self, _: &str, _: &str) -> Result<Option<String>, ComputeError> {
        Ok(None)
    }

    fn whereabouts_of(&self, _server: &str) -> Result<Whereabouts, ComputeError> {
        Ok(Whereabouts::Hidden)
    }

    fn swap_volume(&self, _server: &str, _old: &str, _new: &str) -> Result<(), ComputeError> {
        Ok(())
    }

    fn tell(&self, _: ComputeEvent, _: &[String], _: &str) -> Result<(), ComputeError> {
        Ok(())
    }
}
