//! Volume types that projects have by default.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use model::{VolumeId, VolumeTypeId};
use serde_json::{Value, json};
use support::arrange::create;
use support::{Client, OTHER_PROJECT, PROJECT, World};

const SINCE: &str = "3.62";

fn of(project: &str) -> String {
    format!("/default-types/{project}")
}

fn naming(volume_type: impl ToString) -> Value {
    json!({"default_type": {"volume_type": volume_type.to_string()}})
}

fn row(project: &str, id: VolumeTypeId) -> Value {
    json!({"project_id": project, "volume_type_id": id.to_string()})
}

async fn set(world: &World, project: &str, volume_type: impl ToString) {
    world.admin().at(SINCE).put(&of(project), naming(volume_type)).await.expect(200);
}

async fn type_of(world: &World, id: VolumeId) -> VolumeTypeId {
    world.read(move |conn| store::volumes::get(conn, id)).await.unwrap().volume_type_id
}

/// The name of the type that a project's volumes get.
async fn effective(client: &Client<'_>) -> Value {
    client.get("/types/default").await.expect(200)["volume_type"]["name"].clone()
}

#[tokio::test]
async fn a_default_is_set_shown_changed_and_unset() {
    let world = World::new().await;
    let (fast, slow) = (world.add_type("fast", &[]).await, world.add_type("slow", &[]).await);
    let admin = world.admin().at(SINCE);
    let missing = format!("Default type for project {PROJECT} not found.");
    assert_eq!(admin.get("/default-types").await.expect(200), json!({"default_types": []}));
    assert_eq!(admin.get(&of(PROJECT)).await.fault(404), missing);

    let made = admin.put(&of(PROJECT), naming("fast")).await.expect(200);
    assert_eq!(made, json!({"default_type": row(PROJECT, fast)}));
    let changed = admin.put(&of(PROJECT), naming(slow)).await.expect(200);
    assert_eq!(changed, json!({"default_type": row(PROJECT, slow)}));
    set(&world, OTHER_PROJECT, fast).await;
    assert_eq!(admin.get(&of(PROJECT)).await.expect(200), changed);
    let all = json!({"default_types": [row(PROJECT, slow), row(OTHER_PROJECT, fast)]});
    assert_eq!(admin.get("/default-types").await.expect(200), all);

    for _ in 0..2 {
        assert_eq!(admin.delete(&of(PROJECT)).await.expect(204), Value::Null);
        assert_eq!(admin.get(&of(PROJECT)).await.fault(404), missing);
    }
    assert_eq!(
        admin.get("/default-types").await.expect(200),
        json!({"default_types": [row(OTHER_PROJECT, fast)]})
    );
}

#[tokio::test]
async fn volumes_of_that_project_get_it_unless_they_say_otherwise() {
    let world = World::new().await;
    let (fast, slow) = (world.add_type("fast", &[]).await, world.add_type("slow", &[]).await);
    let of_all = world.read(|conn| store::volume_types::by_name(conn, "__DEFAULT__")).await.unwrap().id;
    set(&world, PROJECT, fast).await;

    let member = world.member();
    let implied = create(&member, json!({})).await;
    assert_eq!(type_of(&world, implied).await, fast);
    let named = create(&member, json!({"volume_type": "slow"})).await;
    assert_eq!(type_of(&world, named).await, slow);
    let elsewhere = create(&world.stranger(), json!({})).await;
    assert_eq!(type_of(&world, elsewhere).await, of_all);
    assert_eq!(effective(&member).await, "fast");
    assert_eq!(effective(&world.stranger()).await, "__DEFAULT__");

    world.admin().at(SINCE).delete(&of(PROJECT)).await.expect(204);
    assert_eq!(type_of(&world, create(&member, json!({})).await).await, of_all);
    assert_eq!(effective(&member).await, "__DEFAULT__");
}

#[tokio::test]
async fn a_copy_keeps_the_type_of_its_source() {
    let world = World::new().await;
    let (fast, slow) = (world.add_type("fast", &[]).await, world.add_type("slow", &[]).await);
    let source = world.add_volume(PROJECT, slow, 1, None).await;
    set(&world, PROJECT, fast).await;
    let copy = create(&world.member(), json!({"source_volid": source.to_string()})).await;
    assert_eq!(type_of(&world, copy).await, slow);
}

#[tokio::test]
async fn a_default_that_the_project_may_not_use_is_not_found() {
    let world = World::new().await;
    let private = json!({"volume_type": {"name": "private", "os-volume-type-access:is_public": false}});
    let made = world.admin().post("/types", private).await.expect(200);
    let id = made["volume_type"]["id"].as_str().unwrap().to_owned();
    set(&world, PROJECT, "private").await;
    let missing = format!("Volume type {id} could not be found.");
    assert_eq!(world.member().get("/types/default").await.fault(404), missing);
    let refused = world.member().post("/volumes", json!({"volume": {"size": 1}})).await;
    assert_eq!(refused.fault(404), missing);

    let access = json!({"addProjectAccess": {"project": PROJECT}});
    world.admin().post(&format!("/types/{id}/action"), access).await.expect(202);
    assert_eq!(effective(&world.member()).await, "private");
    let volume = create(&world.member(), json!({})).await;
    assert_eq!(type_of(&world, volume).await.to_string(), id);
}

#[tokio::test]
async fn the_default_of_a_project_cannot_be_deleted() {
    let world = World::new().await;
    let fast = world.add_type("fast", &[]).await;
    set(&world, OTHER_PROJECT, fast).await;
    let path = format!("/types/{fast}");
    assert_eq!(
        world.admin().delete(&path).await.fault(400),
        format!("The volume type {fast} is a default volume type and cannot be deleted.")
    );
    world.admin().get(&path).await.expect(200);
    world.admin().at(SINCE).delete(&of(OTHER_PROJECT)).await.expect(204);
    world.admin().delete(&path).await.expect(202);
}

#[tokio::test]
async fn a_type_whose_name_looks_like_an_identifier_is_found() {
    let world = World::new().await;
    let odd = VolumeTypeId::random();
    let id = world.add_type(&odd.to_string(), &[]).await;
    set(&world, PROJECT, odd).await;
    let shown = world.admin().at(SINCE).get(&of(PROJECT)).await.expect(200);
    assert_eq!(shown, json!({"default_type": row(PROJECT, id)}));
    let nowhere = VolumeTypeId::random();
    let refused = world.admin().at(SINCE).put(&of(PROJECT), naming(nowhere)).await.fault(400);
    assert_eq!(refused, format!("Volume type {nowhere} could not be found."));
}

#[tokio::test]
async fn bad_requests_change_nothing() {
    let world = World::new().await;
    world.add_type("fast", &[]).await;
    let admin = world.admin().at(SINCE);
    let unknown = admin.put(&of(PROJECT), naming("no")).await.fault(400);
    assert_eq!(unknown, "Volume type with name no could not be found.");
    for body in [json!({}), json!({"default_type": {}}), json!([1]), naming(""), naming("x".repeat(256))] {
        admin.put(&of(PROJECT), body).await.fault(400);
    }
    admin.put(&of(&"a".repeat(256)), naming("fast")).await.fault(400);
    admin.get(&of(&"a".repeat(256))).await.fault(404);
    admin.post("/default-types", naming("fast")).await.fault(404);
    assert_eq!(admin.get("/default-types").await.expect(200), json!({"default_types": []}));
}

#[tokio::test]
async fn only_administrators_and_only_since_3_62() {
    let world = World::new().await;
    let fast = world.add_type("fast", &[]).await;
    set(&world, PROJECT, fast).await;
    let body = naming("fast").to_string();
    let requests = [
        ("GET", "/default-types".to_owned()),
        ("GET", of(PROJECT)),
        ("PUT", of(PROJECT)),
        ("DELETE", of(PROJECT)),
    ];
    for (method, path) in &requests {
        for client in [world.manager(), world.member(), world.reader(), world.stranger()] {
            let message = client.at(SINCE).ask(method, path, Some(body.clone())).await.fault(403);
            assert_eq!(message, "You are not authorized to perform this operation.", "{method} {path}");
        }
        let answer = world.nobody().at(SINCE).ask(method, path, Some(body.clone())).await;
        assert_eq!(answer.status, 401, "{method} {path}");
        world.admin().at("3.61").ask(method, path, Some(body.clone())).await.fault(404);
    }
    let kept = world.system().at(SINCE).ask_at("GET", &format!("/v3{}", of(PROJECT)), None).await;
    assert_eq!(kept.expect(200), json!({"default_type": row(PROJECT, fast)}));
}

#[tokio::test]
async fn a_project_that_is_none_is_not_found() {
    let world = World::new().await;
    let admin = world.admin().at(SINCE);
    let none = "44444444444444444444444444444444";
    let told = format!("Project with id {none} not found.");
    assert_eq!(admin.get(&of(none)).await.fault(404), told);
    assert_eq!(admin.put(&of(none), naming("__DEFAULT__")).await.fault(404), told);
    admin.delete(&of(none)).await.expect(204);
    world.member().at(SINCE).put(&of(none), naming("__DEFAULT__")).await.fault(403);
}
