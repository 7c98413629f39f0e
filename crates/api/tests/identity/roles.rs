//! `/v3/roles`.

use serde_json::json;

use crate::world::{World, each};

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
    }
}
