//! `os-migrate_volume`.

use model::service::Binary;
use model::{MigrationStatus, VolumeId, VolumeStatus};
use serde_json::{Value, json};

use crate::support::{World, arrange};
use crate::{act, status};

const ELSEWHERE: &str = "node@other#pool";

fn to(host: &str) -> Value {
    json!({"os-migrate_volume": {"host": host}})
}

async fn world() -> World {
    let world = World::new().await;
    world.add_service(Binary::Volume, "node@backend", "nova").await;
    world.add_service(Binary::Volume, "node@other", "nova").await;
    world
}

async fn migration_status(world: &World, id: VolumeId) -> Option<MigrationStatus> {
    world.read(move |conn| Ok(store::volumes::get(conn, id)?.expect("a volume").migration_status)).await
}

#[tokio::test]
async fn is_accepted_with_and_without_a_lock() {
    let world = world().await;
    let id = arrange::available(&world).await;
    act(&world.admin(), id, to(ELSEWHERE)).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available));
    assert_eq!(migration_status(&world, id).await, Some(MigrationStatus::Starting));
    let why = act(&world.admin(), id, to(ELSEWHERE)).await.fault(400);
    assert!(why.contains("must not be migrating"), "{why}");

    let id = arrange::available(&world).await;
    let locked =
        json!({"os-migrate_volume": {"host": ELSEWHERE, "lock_volume": true, "force_host_copy": "True"}});
    act(&world.admin().at("3.16"), id, locked).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Maintenance));
}

#[tokio::test]
async fn refuses_what_cannot_be_moved() {
    let world = world().await;
    let id = arrange::available(&world).await;
    let refusal = |id: VolumeId| {
        format!(
            "Invalid volume: Volume {id} status must be available or in-use, must not be migrating, have snapshots, \
             be replicated, be part of a group and destination host/cluster must be different than the current one"
        )
    };
    assert_eq!(act(&world.admin(), id, to(arrange::HOST)).await.fault(400), refusal(id));
    assert_eq!(
        act(&world.admin(), id, to("zz")).await.fault(400),
        "Invalid host: No available service named 'zz'"
    );
    // Any pool of its own backend is where it is already; another one by its name is not.
    let why = act(&world.admin(), id, to("node@backend")).await.fault(400);
    assert!(why.starts_with("Invalid host: volume "), "{why}");
    let other = arrange::available(&world).await;
    act(&world.admin(), other, to("node@backend#another")).await.expect(202);
    world.add_snapshot(id).await;
    assert_eq!(act(&world.admin(), id, to(ELSEWHERE)).await.fault(400), refusal(id));

    let attached = arrange::available(&world).await;
    arrange::attach(&world, attached).await;
    let why = act(&world.admin(), attached, to(ELSEWHERE)).await.fault(400);
    assert!(why.contains(&format!("Volume {attached} is attached: ")), "{why}");
    assert!(why.contains("[nova]"), "{why}");
    assert_eq!(status(&world, attached).await, Some(VolumeStatus::InUse));

    let id = arrange::available(&world).await;
    world.write(|conn| store::services::set_disabled(conn, Binary::Volume, "node@other", true, None)).await;
    act(&world.admin(), id, to(ELSEWHERE)).await.fault(400);
    assert_eq!(migration_status(&world, id).await, None);
}

#[tokio::test]
async fn is_for_administrators() {
    let world = world().await;
    let id = arrange::available(&world).await;
    assert_eq!(
        act(&world.member(), id, to(ELSEWHERE)).await.fault(403),
        "Policy doesn't allow volume_extension:volume_admin_actions:migrate_volume to be performed."
    );
    act(&world.stranger(), id, to(ELSEWHERE)).await.fault(404);
    act(&world.admin(), VolumeId::random(), to(ELSEWHERE)).await.fault(404);
    act(&world.admin(), id, json!({"os-migrate_volume": {}})).await.fault(400);
}

/// What the compute service copies a volume to is shown to administrators alone, and with what it is for.
#[tokio::test]
async fn a_volume_that_is_copied_to_is_hidden_from_users() {
    let world = World::new().await;
    let (id, hidden) = (arrange::available(&world).await, arrange::available(&world).await);
    world
        .write(move |conn| {
            let row = store::volumes::get(conn, hidden)?.unwrap();
            store::volumes::remove(conn, hidden)?;
            let row = model::Volume { host: None, migrates_for: Some(id), consumes_quota: false, ..row };
            store::volumes::insert(conn, &row)?;
            store::volumes::place(conn, &row, arrange::HOST, "nova")
        })
        .await;
    let shown = world.admin().get(&format!("/volumes/{hidden}")).await.expect(200);
    assert_eq!(shown["volume"]["os-vol-mig-status-attr:migstat"], format!("target:{id}"));
    for (client, count) in [(world.admin(), 2), (world.member(), 1)] {
        let list = client.get("/volumes").await.expect(200);
        assert_eq!(list["volumes"].as_array().unwrap().len(), count);
    }
    let complete =
        |new: model::VolumeId| json!({"os-migrate_volume_completion": {"new_volume": new.to_string()}});
    assert_eq!(
        act(&world.admin(), id, complete(hidden)).await.fault(400),
        "Invalid volume: Source volume not mid-migration."
    );
    act(&world.member(), id, complete(hidden)).await.fault(403);
    assert!(
        world
            .member()
            .delete(&format!("/volumes/{hidden}"))
            .await
            .fault(400)
            .contains("must not be migrating")
    );
}
