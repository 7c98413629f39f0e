//! `/backup-policies` end to end: the router over a real store, without workers.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::World;

fn nightly() -> Value {
    json!({"backup_policy": {
        "name": "nightly", "schedule": "0 2 * * *", "keep": {"last": 2, "daily": 7, "monthly": 12},
        "verify_schedule": "@weekly", "verify_by": "restore",
    }})
}

/// The path of a policy that was made.
async fn made(world: &World) -> String {
    let made = world.member().post("/backup-policies", nightly()).await.expect(201);
    format!("/backup-policies/{}", made["backup_policy"]["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_policy_is_made_shown_changed_and_deleted() {
    let world = World::new().await;
    let path = made(&world).await;
    let shown = world.member().get(&path).await.expect(200)["backup_policy"].clone();
    assert_eq!(
        shown["keep"],
        json!({"last": 2, "hourly": 0, "daily": 7, "weekly": 0, "monthly": 12, "yearly": 0})
    );
    assert_eq!((&shown["full_every"], &shown["enabled"]), (&json!(7), &json!(true)));
    assert_eq!((&shown["verify_schedule"], &shown["verify_by"]), (&json!("@weekly"), &json!("restore")));
    assert!(shown["next_run_at"].as_str().unwrap().ends_with("T02:00:00.000000"), "{shown}");
    assert_eq!((&shown["due"], &shown["volumes"]), (&json!([]), &json!([])));

    let change = json!({"backup_policy": {"enabled": false, "name": null}});
    let changed = world.member().put(&path, change).await.expect(200)["backup_policy"].clone();
    assert_eq!((&changed["name"], &changed["next_run_at"]), (&Value::Null, &Value::Null));
    assert_eq!(changed["keep"], shown["keep"]);
    world.member().post(&format!("{path}/run"), json!({"run": {}})).await.expect(409);
    let on = json!({"backup_policy": {"enabled": true}});
    world.member().put(&path, on).await.expect(200);
    world.member().post(&format!("{path}/run"), json!({"run": {}})).await.expect(202);
    let made = world.member().get(&format!("{path}/backups")).await.expect(200);
    assert_eq!(made, json!({"backups": []}));

    assert_eq!(
        world.member().get("/backup-policies").await.expect(200)["backup_policies"][0]["id"],
        shown["id"]
    );
    world.member().delete(&path).await.expect(204);
    world.member().get(&path).await.expect(404);
    assert_eq!(world.member().get("/backup-policies").await.expect(200), json!({"backup_policies": []}));
}

#[tokio::test]
async fn what_cannot_be_held_to_is_refused() {
    let world = World::new().await;
    let nobody = "11111111-2222-4333-8444-555555555555";
    for (policy, status) in [
        (json!({}), 400),
        (json!({"schedule": "at night"}), 400),
        (json!({"schedule": "@daily", "full_every": 0}), 400),
        (json!({"schedule": "@daily", "keep": {"daily": 1_000_000}}), 400),
        (json!({"schedule": "@daily", "volumes": [nobody]}), 404),
        (json!({"schedule": "@daily", "volume_types": [nobody]}), 404),
        (json!({"schedule": "@daily", "all_projects": true}), 403),
    ] {
        world.member().post("/backup-policies", json!({"backup_policy": policy})).await.expect(status);
    }
    let everywhere = json!({"backup_policy": {"schedule": "@daily", "all_projects": true}});
    world.admin().post("/backup-policies", everywhere).await.expect(201);
    for path in ["/backup-policies/none".to_owned(), format!("/backup-policies/{nobody}")] {
        world.member().get(&path).await.expect(404);
        world.member().delete(&path).await.expect(404);
    }
}

#[tokio::test]
async fn who_may_only_read_looks_and_changes_nothing() {
    let world = World::new().await;
    let path = made(&world).await;
    world.reader().get(&path).await.expect(200);
    world.reader().get("/backup-policies").await.expect(200);
    world.reader().post("/backup-policies", nightly()).await.expect(403);
    world.reader().put(&path, json!({"backup_policy": {}})).await.expect(403);
    world.reader().post(&format!("{path}/run"), json!({"run": {}})).await.expect(403);
    world.reader().delete(&path).await.expect(403);
}

#[tokio::test]
async fn a_project_has_a_limited_number_of_policies() {
    let world = World::new().await;
    let policy = json!({"backup_policy": {"schedule": "@daily"}});
    for _ in 0..operations::backup_policy::MAX_POLICIES {
        world.member().post("/backup-policies", policy.clone()).await.expect(201);
    }
    let refused = world.member().post("/backup-policies", policy).await.expect(409);
    assert!(refused.to_string().contains("has 100 backup policies, and may have 100"), "{refused}");
}
