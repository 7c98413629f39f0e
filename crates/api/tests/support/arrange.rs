//! Volumes as tests need them.

use model::{AttachStatus, Attachment, AttachmentId, VolumeId, VolumeStatus};
use serde_json::{Value, json};

use super::{Client, World};

/// Where placed volumes live.
pub const HOST: &str = "node@backend#pool";

/// Asks for a volume of 1 GiB with these further fields; it stays `creating`, since nobody works.
pub async fn create(client: &Client<'_>, fields: Value) -> VolumeId {
    let mut volume = json!({"size": 1});
    volume.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let reply = client.post("/volumes", json!({"volume": volume})).await.expect(202);
    reply["volume"]["id"].as_str().unwrap().parse().unwrap()
}

/// A volume of the member that is there.
pub async fn available(world: &World) -> VolumeId {
    placed(world, json!({})).await
}

/// The same with these further fields.
pub async fn placed(world: &World, fields: Value) -> VolumeId {
    let id = create(&world.member().at("3.71"), fields).await;
    provision(world, id).await;
    id
}

/// What the workers would have done to a new volume.
pub async fn provision(world: &World, id: VolumeId) {
    world
        .write(move |conn| {
            let volume = store::volumes::get(conn, id)?.unwrap();
            store::volumes::place(conn, &volume, HOST, "nova")?;
            store::volumes::set_provisioned(conn, id, None, None)?;
            conn.run("UPDATE operations SET queue = NULL, exclusive_key = NULL, state = 'done'", &[])?;
            store::volumes::set_status(conn, id, VolumeStatus::Available)
        })
        .await;
}

/// Puts a volume into this status.
pub async fn set_status(world: &World, id: VolumeId, status: VolumeStatus) {
    world.write(move |conn| store::volumes::set_status(conn, id, status)).await;
}

/// Attaches a volume to a server, as `os-attach` would.
pub async fn attach(world: &World, id: VolumeId) {
    world
        .write(move |conn| {
            let volume = store::volumes::get(conn, id)?.unwrap();
            let attachment = Attachment {
                id: AttachmentId::random(),
                volume_id: id,
                project_id: volume.project_id,
                instance_uuid: Some(SERVER.to_owned()),
                attached_host: Some("compute".to_owned()),
                mountpoint: Some("/dev/vdb".to_owned()),
                status: AttachStatus::Attached,
                mode: None,
                connector: None,
                connection_info: None,
                created_at: conn.now(),
                updated_at: None,
                attached_at: Some(conn.now()),
            };
            store::attachments::insert(conn, &attachment)?;
            store::attachments::settle(conn, id)
        })
        .await;
}

/// A server.
pub const SERVER: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";

/// The status of a volume; none when it is gone.
pub async fn status(world: &World, id: VolumeId) -> Option<VolumeStatus> {
    world.read(move |conn| Ok(store::volumes::get(conn, id)?.map(|volume| volume.status))).await
}

/// An identifier that nothing has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
