//! `/v3/groups`.

use serde_json::json;

use crate::world::{World, by_password, each};

#[tokio::test]
async fn the_members_of_a_group_have_its_roles() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = (admin.make_user("ann").await, admin.make_project("lab").await);
    let group = admin.make("group", json!({"name": "staff"})).await;
    let (scope, actor) = (format!("projects/{project}"), format!("groups/{group}"));
    admin.grant(&scope, &actor, "member").await;
    let ask = by_password("ann", "ann", Some(json!({"project": {"id": project}})));
    world.issue(&ask).await.refusal(401);

    for _ in 0..2 {
        admin.put(&format!("/v3/groups/{group}/users/{user}")).await.expect(204);
    }
    let issued = world.issue(&ask).await.expect(201);
    assert_eq!(each(&issued.body["token"]["roles"], "name"), ["member", "reader"]);
    let ann = world.client(&issued);
    let groups = ann.get(&format!("/v3/users/{user}/groups")).await.expect(200).body;
    assert_eq!(each(&groups["groups"], "name"), ["staff"]);
    let projects = ann.get("/v3/auth/projects").await.expect(200).body;
    assert_eq!(each(&projects["projects"], "name"), ["lab"]);

    admin.delete(&admin.grant_path(&scope, &actor, "member").await).await.expect(204);
    ann.get("/v3/auth/projects").await.refusal(401);
}

#[tokio::test]
async fn groups_are_made_and_found() {
    let world = World::new().await;
    let admin = world.admin().await;
    let group = admin.make("group", json!({"name": "staff", "description": "d"})).await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    admin.make("group", json!({"name": "staff", "domain_id": domain})).await;
    for (query, many) in [("name=staff", 2), ("name=staff&domain_id=default", 1), ("name=x", 0), ("", 2)] {
        let list = admin.get(&format!("/v3/groups?{query}")).await.expect(200).body;
        assert_eq!(list["groups"].as_array().unwrap().len(), many, "{query}");
    }
    admin.post("/v3/groups", json!({"group": {"name": "staff"}})).await.refusal(409);
    admin.post("/v3/groups", json!({"group": {"name": "x", "domain_id": "nowhere"}})).await.refusal(404);
    admin.post("/v3/groups", json!({"group": {}})).await.refusal(400);
    admin.put(&format!("/v3/groups/{group}/users/nobody")).await.refusal(404);
    admin.put(&format!("/v3/groups/nothing/users/{}", admin.user_id)).await.refusal(404);
}
