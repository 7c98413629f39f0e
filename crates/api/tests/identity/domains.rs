//! `/v3/domains`.

use serde_json::{Value, json};

use crate::world::{World, counts, each};

#[tokio::test]
async fn domains_come_and_go_with_all_that_is_in_them() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let project = admin.make("project", json!({"name": "p", "domain_id": domain})).await;
    admin.make("project", json!({"name": "q", "domain_id": domain, "parent_id": project})).await;
    let user = admin.make("user", json!({"name": "u", "domain_id": domain, "password": "u"})).await;
    let group = admin.make("group", json!({"name": "g", "domain_id": domain})).await;
    let stranger = admin.make_user("stranger").await;
    admin.put(&format!("/v3/groups/{group}/users/{stranger}")).await.expect(204);
    for (scope, actor) in [
        (format!("domains/{domain}"), format!("users/{user}")),
        (format!("projects/{project}"), format!("users/{stranger}")),
        (format!("projects/{}", admin.project_id), format!("groups/{group}")),
    ] {
        admin.grant(&scope, &actor, "member").await;
    }
    let path = format!("/v3/domains/{domain}");
    let message = admin.delete(&path).await.refusal(403);
    assert_eq!(message, "Cannot delete a domain that is enabled, please disable it first.");
    admin.patch(&path, json!({"domain": {"enabled": false}})).await.expect(200);
    admin.delete(&path).await.expect(204);

    admin.get(&path).await.refusal(404);
    admin.get(&format!("/v3/projects/{project}")).await.refusal(404);
    admin.get(&format!("/v3/users/{user}")).await.refusal(404);
    assert_eq!(admin.get("/v3/groups?name=g").await.expect(200).body["groups"], json!([]));
    let left = admin.get("/v3/role_assignments").await.expect(200).body;
    assert_eq!(left["role_assignments"].as_array().unwrap().len(), 3, "those of the first start: {left}");
}

#[tokio::test]
async fn domains_are_found_and_changed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let id = admin.make("domain", json!({"name": "lab", "enabled": false, "color": "red"})).await;
    for (query, expected) in
        [("name=lab", "lab"), ("name=nothing", ""), ("enabled=false", "lab"), ("enabled=1", "Default")]
    {
        let list = admin.get(&format!("/v3/domains?{query}")).await.expect(200).body;
        assert_eq!(each(&list["domains"], "name").join(" "), expected, "{query}");
    }
    let path = format!("/v3/domains/{id}");
    let change = json!({"domain": {"name": "works", "description": "d", "color": "blue"}});
    let changed = admin.patch(&path, change).await.expect(200).body;
    assert_eq!(changed["domain"]["name"], "works");
    assert_eq!((&changed["domain"]["color"], &changed["domain"]["enabled"]), (&json!("blue"), &json!(false)));
    assert_eq!(admin.get(&path).await.expect(200).body, changed);

    admin.patch(&path, json!({"domain": {"name": "Default"}})).await.refusal(409);
    admin.post("/v3/domains", json!({"domain": {"name": "Default"}})).await.refusal(409);
    admin.patch("/v3/domains/nothing", json!({"domain": {"name": "x"}})).await.refusal(404);
    admin.delete("/v3/domains/nothing").await.refusal(404);
    admin.get("/v3/domains/nothing").await.refusal(404);
    let demo = world.demo().await;
    demo.get("/v3/domains/default").await.expect(200);
    demo.get(&path).await.refusal(403);
    demo.get("/v3/domains").await.refusal(403);
}

#[tokio::test]
async fn in_a_disabled_domain_nobody_does_anything() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let project = admin.make("project", json!({"name": "p", "domain_id": domain})).await;
    let user = admin.make("user", json!({"name": "u", "domain_id": domain, "password": "u"})).await;
    let stranger = admin.make_user("stranger").await;
    let elsewhere = admin.make_project("elsewhere").await;
    let (in_project, on_domain) = (format!("projects/{project}"), format!("domains/{domain}"));
    admin.grant(&in_project, &format!("users/{user}"), "member").await;
    admin.grant(&format!("projects/{elsewhere}"), &format!("users/{user}"), "member").await;
    admin.grant(&in_project, &format!("users/{stranger}"), "member").await;
    admin.grant(&on_domain, &format!("users/{stranger}"), "member").await;
    let ask = |user: &str, password: &str, scope: Value| {
        let user = json!({"id": user, "password": password});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        json!({"auth": {"identity": identity, "scope": scope}})
    };
    let ways = [
        ask(&user, "u", json!({"project": {"id": project}})),
        ask(&user, "u", json!({"project": {"id": elsewhere}})),
        ask(&user, "u", json!("unscoped")),
        ask(&stranger, "stranger", json!({"project": {"id": project}})),
        ask(&stranger, "stranger", json!({"domain": {"id": domain}})),
    ];
    let mut holders = Vec::new();
    for way in &ways {
        holders.push(world.client(&world.issue(way).await.expect(201)));
    }
    let path = format!("/v3/domains/{domain}");
    admin.patch(&path, json!({"domain": {"enabled": false}})).await.expect(200);
    for (holder, way) in holders.iter().zip(&ways) {
        assert!(!counts(&world, holder).await, "{way}");
        world.issue(way).await.refusal(401);
    }
    // Who logs in again may go on; what is enabled again does not bring old tokens back.
    admin.patch(&path, json!({"domain": {"enabled": true}})).await.expect(200);
    for (holder, way) in holders.iter().zip(&ways) {
        assert!(!counts(&world, holder).await, "{way}");
        world.issue(way).await.expect(201);
    }
}
