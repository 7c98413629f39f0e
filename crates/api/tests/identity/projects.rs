//! `/v3/projects`.

use serde_json::json;

use crate::world::{World, each};

#[tokio::test]
async fn projects_are_found_by_what_they_are() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let parent =
        admin.make("project", json!({"name": "parent", "domain_id": domain, "tags": ["a", "b"]})).await;
    admin
        .make("project", json!({"name": "child", "domain_id": domain, "parent_id": parent, "tags": ["b"]}))
        .await;
    admin.make("project", json!({"name": "off", "domain_id": domain, "enabled": false})).await;
    for (query, expected) in [
        (format!("domain_id={domain}"), "child off parent"),
        (format!("domain_id={domain}&enabled=true"), "child parent"),
        (format!("domain_id={domain}&enabled=False"), "off"),
        (format!("parent_id={domain}"), "off parent"),
        (format!("parent_id={parent}"), "child"),
        (format!("name=child&domain_id={domain}"), "child"),
        ("name=child&domain_id=default".to_owned(), ""),
        (format!("domain_id={domain}&tags=a,b"), "parent"),
        (format!("domain_id={domain}&tags-any=a,b"), "child parent"),
        (format!("domain_id={domain}&not-tags=a,b"), "child off"),
        (format!("domain_id={domain}&not-tags-any=a,b"), "off"),
        (format!("domain_id={domain}&is_domain=true"), ""),
        (format!("domain_id={domain}&unheard=of"), "child off parent"),
    ] {
        let list = admin.get(&format!("/v3/projects?{query}")).await.expect(200).body;
        let mut names = each(&list["projects"], "name");
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{query}");
    }
    admin.get("/v3/projects?enabled=perhaps").await.refusal(400);
    admin.get("/v3/projects?name=").await.refusal(400);
}

#[tokio::test]
async fn a_project_has_its_place() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let parent = admin.make("project", json!({"name": "parent", "domain_id": domain})).await;
    let make = |project| admin.post("/v3/projects", json!({"project": project}));

    let message = make(json!({"name": "x", "domain_id": "nowhere"})).await.refusal(400);
    assert_eq!(message, "Could not find domain: nowhere.");
    let message = make(json!({"name": "x", "parent_id": "nothing"})).await.refusal(400);
    assert_eq!(message, "Could not find project: nothing.");
    let message = make(json!({"name": "x", "parent_id": parent})).await.refusal(400);
    assert!(message.contains("specifies a parent in a different domain"), "{message}");
    make(json!({"name": "x", "is_domain": true})).await.refusal(403);

    let mut below = parent.clone();
    for depth in 2..=5 {
        let project = json!({"name": format!("p{depth}"), "domain_id": domain, "parent_id": below});
        below = admin.make("project", project).await;
    }
    make(json!({"name": "deeper", "domain_id": domain, "parent_id": below})).await.refusal(403);
}

#[tokio::test]
async fn a_name_is_given_once_in_a_domain() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    admin.make_project("twice").await;
    admin.make("project", json!({"name": "twice", "domain_id": domain})).await;
    let message = admin.post("/v3/projects", json!({"project": {"name": "twice"}})).await.refusal(409);
    assert!(
        message.starts_with("Conflict occurred attempting to store project - it is not permitted"),
        "{message}"
    );
    let other = admin.make_project("other").await;
    admin.patch(&format!("/v3/projects/{other}"), json!({"project": {"name": "twice"}})).await.refusal(409);
}

#[tokio::test]
async fn a_project_is_changed_and_keeps_what_is_not_said() {
    let world = World::new().await;
    let admin = world.admin().await;
    let id = admin.make("project", json!({"name": "lab", "color": "red", "size": 5})).await;
    let path = format!("/v3/projects/{id}");
    let change = json!({"project": {"description": "new", "color": "blue", "tags": ["x"]}});
    let changed = admin.patch(&path, change).await.expect(200).body;
    let project = &changed["project"];
    assert_eq!((&project["name"], &project["description"]), (&json!("lab"), &json!("new")));
    assert_eq!(
        (&project["color"], &project["size"], &project["tags"]),
        (&json!("blue"), &json!(5), &json!(["x"]))
    );
    assert_eq!(admin.get(&path).await.expect(200).body, changed);
    let cleared = admin.patch(&path, json!({"project": {"description": null}})).await.expect(200).body;
    assert_eq!(cleared["project"]["description"], "");

    let refused = |change, status| {
        let (admin, path) = (admin.clone(), path.clone());
        async move { admin.patch(&path, json!({"project": change})).await.refusal(status) }
    };
    assert_eq!(refused(json!({"parent_id": "x"}), 403).await, "Update of `parent_id` is not allowed.");
    assert_eq!(refused(json!({"domain_id": "x"}), 400).await, "Cannot change Domain ID");
    assert_eq!(refused(json!({"id": "x"}), 400).await, "Cannot change ID");
    refused(json!({}), 400).await;
    refused(json!({"is_domain": true}), 400).await;
    refused(json!({"enabled": "yes"}), 400).await;
    refused(json!({"tags": ["a,b"]}), 400).await;
    refused(json!({"tags": "a"}), 400).await;
    admin.patch(&path, json!({"project": {"id": id, "domain_id": "default"}})).await.expect(200);
    admin.patch("/v3/projects/nothing", json!({"project": {"name": "x"}})).await.refusal(404);
}

#[tokio::test]
async fn what_lies_in_a_project_keeps_it_as_it_is() {
    let world = World::new().await;
    let admin = world.admin().await;
    let parent = admin.make_project("parent").await;
    let child = admin.make("project", json!({"name": "child", "parent_id": parent})).await;
    let (parent, child) = (format!("/v3/projects/{parent}"), format!("/v3/projects/{child}"));
    let switch = |enabled| json!({"project": {"enabled": enabled}});
    assert!(admin.patch(&parent, switch(false)).await.refusal(403).contains("contains enabled projects"));
    assert!(admin.delete(&parent).await.refusal(403).contains("not a leaf in the hierarchy"));
    admin.patch(&child, switch(false)).await.expect(200);
    admin.patch(&parent, switch(false)).await.expect(200);
    assert!(admin.patch(&child, switch(true)).await.refusal(403).contains("disabled parents"));
    let id = parent.rsplit('/').next().unwrap();
    admin.post("/v3/projects", json!({"project": {"name": "x", "parent_id": id}})).await.refusal(400);
    for path in [&child, &parent] {
        admin.delete(path).await.expect(204);
        admin.get(path).await.refusal(404);
        admin.delete(path).await.refusal(404);
    }
}

#[tokio::test]
async fn a_member_sees_its_own_project_and_no_other() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    let own = demo.get(&format!("/v3/projects/{}", demo.project_id)).await.expect(200).body;
    assert_eq!(own["project"]["name"], "demo");
    demo.get(&format!("/v3/projects/{}", admin.project_id)).await.refusal(403);
    demo.get("/v3/projects/nothing").await.refusal(403);
    demo.get("/v3/projects").await.refusal(403);
}

#[tokio::test]
async fn the_reader_of_a_domain_reads_that_domain() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    admin.make("project", json!({"name": "inside", "domain_id": domain})).await;
    let user = admin.make("user", json!({"name": "ann", "password": "ann", "domain_id": domain})).await;
    admin.grant(&format!("domains/{domain}"), &format!("users/{user}"), "manager").await;
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {"id": user, "password": "ann"}}},
        "scope": {"domain": {"id": domain}},
    }});
    let ann = world.client(&world.issue(&body).await.expect(201));
    for (nouns, expected) in [("projects", "inside"), ("users", "ann"), ("domains", "lab"), ("groups", "")] {
        let list = ann.get(&format!("/v3/{nouns}?domain_id=default")).await.expect(200).body;
        assert_eq!(each(&list[nouns], "name").join(" "), expected, "{nouns}");
    }
    let assignments = ann.get("/v3/role_assignments").await.expect(200).body;
    assert_eq!(assignments["role_assignments"].as_array().unwrap().len(), 1);
    let made = ann.post("/v3/projects", json!({"project": {"name": "new"}})).await.expect(201).body;
    assert_eq!(made["project"]["domain_id"], domain.as_str());
    ann.post("/v3/projects", json!({"project": {"name": "new", "domain_id": "default"}})).await.refusal(403);
    ann.post("/v3/domains", json!({"domain": {"name": "new"}})).await.refusal(403);
}
