//! `/templates` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

#[path = "../support/mod.rs"]
mod support;

use model::VolumeStatus;
use ports::volume::bases::location_on;
use serde_json::json;
use support::World;
use support::arrange::{available, set_status, status};

#[tokio::test]
async fn a_template_is_made_from_one_thing_that_is_there() {
    let world = World::new().await;
    for body in [json!({}), json!({"image": "a", "iso": "b"}), json!({"image": "nothing of that name"})] {
        world.member().post("/templates", json!({"template": body})).await.expect(400);
    }
    world.member().post("/templates", json!({"template": {"color": "red"}})).await.expect(400);
    let listed = world.member().get("/templates").await.expect(200);
    assert_eq!(listed, json!({"templates": []}));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new().await;
    let id = "11111111-2222-4333-8444-555555555555";
    for path in ["", "/generations", "/generations/1", "/desktops"] {
        world.member().get(&format!("/templates/{id}{path}")).await.expect(404);
    }
    world.member().get("/templates/none").await.expect(404);
    let reset = json!({"reset": {}});
    world.member().post(&format!("/templates/{id}/reset"), reset.clone()).await.expect(404);
    world.member().post(&format!("/templates/{id}/desktops/{id}/reset"), reset).await.expect(404);
    let all = json!({"roll_out": {"generation": 1}});
    world.member().post(&format!("/templates/{id}/roll-out"), all).await.expect(404);
}

#[tokio::test]
async fn who_may_only_read_makes_nothing() {
    let world = World::new().await;
    world.reader().get("/templates").await.expect(200);
    world.reader().post("/templates", json!({"template": {"image": "any"}})).await.expect(403);
}

#[tokio::test]
async fn what_stands_on_an_image_is_flattened() {
    let world = World::new().await;
    let id = available(&world).await;
    let path = format!("/volumes/{id}/flatten");
    world.member().post(&path, json!({})).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Available), "it stands on nothing");
    let location = location_on(model::BaseId::random());
    world.write(move |conn| store::volumes::set_location(conn, id, Some(&location))).await;
    world.reader().post(&path, json!({})).await.fault(403);
    world.stranger().post(&path, json!({})).await.fault(404);
    world.member().post(&path, json!({})).await.expect(202);
    assert_eq!(status(&world, id).await, Some(VolumeStatus::Maintenance));
    set_status(&world, id, VolumeStatus::Error).await;
    let why = world.member().post(&path, json!({})).await.fault(400);
    assert!(why.ends_with("status must be available, but current status is error."), "{why}");
}
