//! `PUT /groups/{id}`.

use model::{GroupStatus, VolumeStatus};
use serde_json::json;

use crate::support::World;
use crate::support::arrange::{self, NOBODY, available as volume};
use crate::{available, member, plain, set_status, status};

#[tokio::test]
async fn a_new_name_makes_it_available() {
    let world = World::new().await;
    let group = plain(&world).await;
    set_status(&world, group, GroupStatus::Error).await;
    let (client, path) = (world.member().at("3.71"), format!("/groups/{group}"));
    client.put(&path, json!({"group": {"name": " n ", "description": "d"}})).await.expect(202);
    let shown = client.get(&path).await.expect(200);
    assert_eq!((&shown["group"]["name"], &shown["group"]["status"]), (&json!("n"), &json!("available")));
    assert_eq!(
        client.put(&path, json!({"group": {"name": "n"}})).await.fault(400),
        format!(
            "Invalid Group: Cannot update group {group} because no valid name, description, add_volumes, or \
             remove_volumes were provided."
        )
    );
}

#[tokio::test]
async fn a_new_name_does_not_end_what_is_under_way() {
    let world = World::new().await;
    let group = plain(&world).await;
    let new = volume(&world).await;
    let (client, path) = (world.member().at("3.71"), format!("/groups/{group}"));
    client.put(&path, json!({"group": {"add_volumes": new.to_string()}})).await.expect(202);
    client.put(&path, json!({"group": {"name": "other"}})).await.expect(202);
    let shown = client.get(&path).await.expect(200);
    assert_eq!((&shown["group"]["name"], &shown["group"]["status"]), (&json!("other"), &json!("updating")));
}

#[tokio::test]
async fn volumes_join_and_leave() {
    let world = World::new().await;
    let group = plain(&world).await;
    let (old, new) = (member(&world, group).await, volume(&world).await);
    let client = world.member().at("3.71");
    let body = json!({"group": {"add_volumes": format!("{new},"), "remove_volumes": old.to_string()}});
    client.put(&format!("/groups/{group}"), body.clone()).await.expect(202);
    assert_eq!(status(&world, group).await, Some(GroupStatus::Updating));
    assert_eq!(
        client.put(&format!("/groups/{group}"), body).await.fault(400),
        "Invalid Group: Group status must be available."
    );
}

#[tokio::test]
async fn volumes_that_cannot() {
    let world = World::new().await;
    let group = plain(&world).await;
    let other = available(&world, json!({})).await;
    let inside = member(&world, group).await;
    let elsewhere = member(&world, other).await;
    let client = world.member().at("3.71");
    let refuse = async |key: &str, id: String| {
        let answer = client.put(&format!("/groups/{group}"), json!({"group": {key: id}})).await;
        answer.fault(400).strip_prefix("Invalid volume: ").unwrap().to_owned()
    };
    let cannot = format!("to group {group}");
    assert_eq!(
        refuse("add_volumes", NOBODY.to_owned()).await,
        format!("Cannot add volume {NOBODY} {cannot} because volume cannot be found.")
    );
    assert_eq!(
        refuse("add_volumes", elsewhere.to_string()).await,
        format!("Cannot add volume {elsewhere} {cannot} because it is already in group {other}.")
    );
    let busy = volume(&world).await;
    arrange::set_status(&world, busy, VolumeStatus::Extending).await;
    assert_eq!(
        refuse("add_volumes", busy.to_string()).await,
        format!(
            "Cannot add volume {busy} {cannot} because volume is in an invalid state: extending. Valid states are: \
             ('available', 'in-use')."
        )
    );
    let moving = volume(&world).await;
    let migrates = store::volumes::Edit {
        migration_status: Some(Some(model::MigrationStatus::Migrating)),
        ..Default::default()
    };
    world.write(move |conn| store::volumes::edit(conn, moving, &migrates)).await;
    assert_eq!(
        refuse("add_volumes", moving.to_string()).await,
        format!("Cannot add volume {moving} {cannot} because it is being migrated.")
    );
    let gold = world.add_type("gold", &[]).await;
    let golden = arrange::placed(&world, json!({"volume_type": "gold"})).await;
    assert_eq!(
        refuse("add_volumes", golden.to_string()).await,
        format!(
            "Cannot add volume {golden} {cannot} because volume type {gold} is not supported by the group."
        )
    );
    let default =
        world.read(move |conn| Ok(store::groups::get(conn, group)?.unwrap().volume_type_ids[0])).await;
    let far = world.add_volume(crate::support::PROJECT, default, 1, Some("node@far#pool")).await;
    assert_eq!(refuse("add_volumes", far.to_string()).await, "Volume is not local to this node.");
    let foreign = world.add_volume(crate::support::OTHER_PROJECT, default, 1, Some(arrange::HOST)).await;
    assert_eq!(
        refuse("add_volumes", foreign.to_string()).await,
        format!("Cannot add volume {foreign} {cannot} because volume cannot be found.")
    );
    assert_eq!(
        refuse("remove_volumes", elsewhere.to_string()).await,
        format!("Cannot remove volume {elsewhere} from group {group} because it is not in the group.")
    );
    arrange::set_status(&world, inside, VolumeStatus::Extending).await;
    assert_eq!(
        refuse("remove_volumes", inside.to_string()).await,
        format!(
            "Cannot remove volume {inside} from group {group} because volume is in an invalid state: extending. Valid \
             states are: ('available', 'in-use', 'error', 'error_deleting')."
        )
    );
    let both = json!({"group": {"add_volumes": NOBODY, "remove_volumes": NOBODY}});
    assert_eq!(
        client.put(&format!("/groups/{group}"), both).await.fault(400),
        format!("Invalid volume: UUIDs ['{NOBODY}'] are in both add and remove volume list.")
    );
    assert_eq!(status(&world, group).await, Some(GroupStatus::Available));
}

#[tokio::test]
async fn only_those_who_may() {
    let world = World::new().await;
    let group = plain(&world).await;
    let (path, body) = (format!("/groups/{group}"), json!({"group": {"name": "n"}}));
    assert_eq!(
        world.reader().at("3.71").put(&path, body.clone()).await.fault(403),
        "Policy doesn't allow group:update to be performed."
    );
    world.stranger().at("3.71").put(&path, body).await.fault(404);
}
