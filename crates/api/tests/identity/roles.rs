//! `/v3/roles`.

use serde_json::json;

use crate::world::{World, by_password, each};

#[tokio::test]
async fn roles_are_made_found_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let id = admin.make("role", json!({"name": "auditor", "description": "d"})).await;
    let list = admin.get("/v3/roles?name=auditor").await.expect(200).body;
    assert_eq!(each(&list["roles"], "id"), [id.as_str()]);
    let all = admin.get("/v3/roles").await.expect(200).body;
    assert_eq!(all["roles"].as_array().unwrap().len(), 6);
    assert_eq!(admin.get("/v3/roles?domain_id=default").await.expect(200).body["roles"], json!([]));

    let message = admin.post("/v3/roles", json!({"role": {"name": "auditor"}})).await.refusal(409);
    let expected = "Conflict occurred attempting to store role - Duplicate entry found with name auditor.";
    assert_eq!(message, expected);
    admin.post("/v3/roles", json!({"role": {"name": "x", "domain_id": "default"}})).await.refusal(400);
    admin.post("/v3/roles", json!({"role": {}})).await.refusal(400);
    let path = format!("/v3/roles/{id}");
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.refusal(404);
    admin.delete(&path).await.refusal(404);
}

#[tokio::test]
async fn the_roles_that_rules_rely_on_stay() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["admin", "manager", "member", "reader", "service"] {
        let path = format!("/v3/roles/{}", admin.id_of("role", name).await);
        assert_eq!(admin.get(&path).await.body["role"]["options"], json!({"immutable": true}));
        assert!(
            admin.delete(&path).await.refusal(403).starts_with("Unable to delete immutable role resource")
        );
        let message = admin.patch(&path, json!({"role": {"name": "x"}})).await.refusal(403);
        assert!(message.starts_with("Unable to update immutable role resource"), "{message}");
    }
}

#[tokio::test]
async fn a_role_is_changed() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    let id = admin.make("role", json!({"name": "auditor", "description": "d", "color": "red"})).await;
    admin.make("role", json!({"name": "clerk"})).await;
    let path = format!("/v3/roles/{id}");
    let change = json!({"role": {"name": "inspector", "description": null, "color": "blue"}});
    let changed = admin.patch(&path, change.clone()).await.expect(200).body;
    let shown = &changed["role"];
    assert_eq!((&shown["name"], &shown["color"]), (&json!("inspector"), &json!("blue")));
    assert!(shown["description"].is_null() && shown["id"] == id.as_str(), "{changed}");
    assert_eq!(admin.get(&path).await.expect(200).body, changed);

    let message = admin.patch(&path, json!({"role": {"name": "clerk"}})).await.refusal(409);
    let expected = "Conflict occurred attempting to store role - Duplicate entry found with name clerk.";
    assert_eq!(message, expected);
    for (change, expected) in [
        (json!({"id": "x"}), "Cannot change ID"),
        (json!({"domain_id": "x"}), "Update of `domain_id` is not allowed."),
    ] {
        assert_eq!(admin.patch(&path, json!({"role": change})).await.refusal(400), expected);
    }
    admin.patch(&path, json!({"role": {}})).await.refusal(400);
    admin.patch("/v3/roles/nothing", change.clone()).await.refusal(404);
    demo.patch(&path, change.clone()).await.refusal(403);
    world.nobody().patch(&path, change).await.refusal(401);
}

#[tokio::test]
async fn a_token_has_the_new_name_of_its_role() {
    let world = World::new().await;
    let admin = world.admin().await;
    let id = admin.make("role", json!({"name": "auditor"})).await;
    let (_, project) = admin.make_person("ann", "auditor").await;
    let scope = json!({"project": {"id": project}});
    let issued = world.issue(&by_password("ann", "ann", Some(scope))).await.expect(201);
    assert_eq!(each(&issued.body["token"]["roles"], "name"), ["auditor"]);
    let token = world.client(&issued).token.unwrap();
    admin.patch(&format!("/v3/roles/{id}"), json!({"role": {"name": "inspector"}})).await.expect(200);
    let shown = admin.about("GET", "/v3/auth/tokens", &token).await.expect(200).body;
    assert_eq!(each(&shown["token"]["roles"], "name"), ["inspector"]);
}
