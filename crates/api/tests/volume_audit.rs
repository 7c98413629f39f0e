//! Audit events: two for every request that changes something, none for others, and no secret in any.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{PROJECT, World};

/// The events that wait to be told, by their kinds.
async fn told(world: &World) -> Vec<(String, Value)> {
    let waiting = world.read(|conn| store::outbox::oldest(conn, 100)).await;
    let audits = waiting.into_iter().filter(|notice| notice.event_type.starts_with("audit."));
    audits.map(|it| (it.event_type, serde_json::from_str(&it.payload).unwrap())).collect()
}

async fn world() -> World {
    World::patient_with(|settings| settings.audits = true, None).await
}

#[tokio::test]
async fn a_change_is_told_when_it_is_asked_for_and_when_it_is_answered() {
    let world = world().await;
    let made = world.member().post("/volumes", json!({"volume": {"size": 1, "name": "s3cr3t"}})).await;
    let id = made.expect(202)["volume"]["id"].as_str().unwrap().to_owned();
    world.member().get("/volumes/detail").await.expect(200);
    let told = told(&world).await;
    let kinds: Vec<&str> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["audit.http.request", "audit.http.response"]);
    let [(_, asked), (_, answered)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&asked["outcome"], &answered["outcome"]), (&json!("pending"), &json!("success")));
    assert_eq!(asked["id"], answered["id"]);
    assert_eq!(answered["reason"], json!({"reasonType": "HTTP", "reasonCode": "202"}));
    assert_eq!(
        (&asked["action"], &asked["target"]["typeURI"]),
        (&json!("create"), &json!("service/storage/block/volumes"))
    );
    assert_eq!(asked["initiator"]["project_id"], PROJECT);
    assert_eq!(asked["requestPath"], format!("/v3/{PROJECT}/volumes"));
    assert!(!asked.to_string().contains("s3cr3t"), "bodies are not told: {asked}");
    assert_eq!(asked["initiator"]["credential"]["token"], "***");

    let grow = json!({"os-extend": {"new_size": 2}});
    world.member().post(&format!("/volumes/{id}/action"), grow).await;
    let (_, last) = self::told(&world).await.pop().unwrap();
    assert_eq!(last["action"], "update/os-extend");
    assert_eq!(last["target"]["id"], id.as_str());
    assert_eq!(last["target"]["typeURI"], "service/storage/block/volumes/volume/action");
    assert_eq!(last["outcome"], "failure", "it is being made: {last}");
}

#[tokio::test]
async fn what_is_refused_is_told_and_nobody_is_told_unless_it_is_wanted() {
    let wanted = world().await;
    wanted.reader().post("/volumes", json!({"volume": {"size": 1}})).await.expect(403);
    let (_, last) = told(&wanted).await.pop().unwrap();
    assert_eq!((&last["outcome"], &last["reason"]["reasonCode"]), (&json!("failure"), &json!("403")));
    let silent = World::new().await;
    silent.member().post("/volumes", json!({"volume": {"size": 1}})).await.expect(202);
    assert!(told(&silent).await.is_empty());
}
