//! `/v3/users`.

use serde_json::json;

use crate::world::{DEMO_PASSWORD, World, by_password, each};

#[tokio::test]
async fn users_are_found_by_what_they_are() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    admin.make("user", json!({"name": "ann", "domain_id": domain})).await;
    admin.make("user", json!({"name": "off", "domain_id": domain, "enabled": false})).await;
    for (query, expected) in [
        ("".to_owned(), "admin ann demo off"),
        (format!("domain_id={domain}"), "ann off"),
        (format!("domain_id={domain}&enabled=true"), "ann"),
        ("name=demo".to_owned(), "demo"),
        ("name=nobody".to_owned(), ""),
    ] {
        let list = admin.get(&format!("/v3/users?{query}")).await.expect(200).body;
        let mut names = each(&list["users"], "name");
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{query}");
    }
}

#[tokio::test]
async fn a_user_is_made_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let id = admin.make("user", json!({"name": "ann", "password": "one", "email": "a@b"})).await;
    let path = format!("/v3/users/{id}");
    let change = json!({"user": {"name": "anna", "email": null, "password": "two", "description": "x"}});
    let changed = admin.patch(&path, change).await.expect(200).body;
    assert_eq!(changed["user"]["name"], "anna");
    assert!(changed["user"]["email"].is_null() && changed["user"].get("password").is_none(), "{changed}");
    assert_eq!(admin.get(&path).await.expect(200).body, changed);
    world.issue(&by_password("anna", "two", None)).await.expect(201);
    world.issue(&by_password("anna", "one", None)).await.refusal(401);
    admin.patch(&path, json!({"user": {"password": null}})).await.expect(200);
    world.issue(&by_password("anna", "two", None)).await.refusal(401);

    admin.patch(&path, json!({"user": {"name": "demo"}})).await.refusal(409);
    let message = admin.post("/v3/users", json!({"user": {"name": "demo"}})).await.refusal(409);
    let duplicate = "Duplicate entry found with name demo at domain ID default.";
    assert_eq!(message, format!("Conflict occurred attempting to store user - {duplicate}"));
    for (change, expected) in
        [(json!({"id": "x"}), "Cannot change ID"), (json!({"domain_id": "x"}), "Cannot change Domain ID")]
    {
        assert_eq!(admin.patch(&path, json!({"user": change})).await.refusal(400), expected);
    }
    admin.delete(&path).await.expect(204);
    for method in ["GET", "DELETE"] {
        assert_eq!(admin.ask(method, &path).await.refusal(404), format!("Could not find user: {id}."));
    }
    admin.patch(&path, json!({"user": {"name": "x"}})).await.refusal(404);
    admin.post("/v3/users", json!({"user": {"name": "x", "domain_id": "nowhere"}})).await.refusal(404);
}

#[tokio::test]
async fn what_cannot_be_a_user_is_refused_without_repeating_its_password() {
    let world = World::new().await;
    let admin = world.admin().await;
    for user in [
        json!({"password": "s3cret"}),
        json!({"name": "", "password": "s3cret"}),
        json!({"name": "  ", "password": "s3cret"}),
        json!({"name": 5, "password": "s3cret"}),
        json!({"name": null, "password": "s3cret"}),
        json!({"name": "a".repeat(256), "password": "s3cret"}),
        json!({"name": "a\u{0}b", "password": "s3cret"}),
        json!({"name": "x", "password": {"s3cret": "s3cret"}}),
        json!({"name": "x", "password": ["s3cret"]}),
        json!({"name": "x", "password": ""}),
        json!({"name": "x", "password": "s3cret".repeat(1000)}),
        json!({"name": "x", "password": "s3cret", "enabled": "yes"}),
        json!({"name": "x", "password": "s3cret", "domain_id": 5}),
        json!({"name": "x", "password": "s3cret", "default_project_id": []}),
        json!(["s3cret"]),
        json!("s3cret"),
    ] {
        let answer = admin.post("/v3/users", json!({"user": user})).await;
        let message = answer.refusal(400);
        let repeats = message.contains("s3cret") && user != json!("s3cret");
        assert!(!repeats, "{user}: {message}");
    }
    assert_eq!(
        admin.post("/v3/users", json!({"usr": {}})).await.refusal(400),
        "'user' is a required property"
    );
}

#[tokio::test]
async fn a_user_sees_itself_and_nobody_else() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    let own = demo.get(&format!("/v3/users/{}", demo.user_id)).await.expect(200).body;
    assert_eq!(own["user"]["name"], "demo");
    demo.get(&format!("/v3/users/{}", admin.user_id)).await.refusal(403);
    demo.get("/v3/users/nobody").await.refusal(403);
    demo.patch(&format!("/v3/users/{}", demo.user_id), json!({"user": {"enabled": true}})).await.refusal(403);

    let projects = demo.get(&format!("/v3/users/{}/projects", demo.user_id)).await.expect(200).body;
    assert_eq!(each(&projects["projects"], "name"), ["demo"]);
    demo.get(&format!("/v3/users/{}/groups", demo.user_id)).await.expect(200);
    demo.get(&format!("/v3/users/{}/projects", admin.user_id)).await.refusal(403);
    demo.get(&format!("/v3/users/{}/groups", admin.user_id)).await.refusal(403);
    admin.get("/v3/users/nobody/projects").await.refusal(404);
    admin.get("/v3/users/nobody/groups").await.refusal(404);
}

#[tokio::test]
async fn a_user_changes_its_password_by_proving_the_old_one() {
    let world = World::new().await;
    let demo = world.demo().await;
    let path = format!("/v3/users/{}/password", demo.user_id);
    let change = |old: &str, new: &str| json!({"user": {"original_password": old, "password": new}});
    let nobody = world.nobody();
    nobody.post(&path, change("wrong", "new")).await.refusal(401);
    nobody.post("/v3/users/nobody/password", change(DEMO_PASSWORD, "new")).await.refusal(401);
    nobody.post(&path, json!({"user": {"password": "new"}})).await.refusal(400);
    nobody.post(&path, json!({"user": {"original_password": DEMO_PASSWORD}})).await.refusal(400);
    let mut more = change(DEMO_PASSWORD, "new");
    more["user"]["enabled"] = json!(true);
    nobody.post(&path, more).await.refusal(400);
    nobody.post(&path, change(DEMO_PASSWORD, "")).await.refusal(400);
    demo.get("/v3/auth/projects").await.expect(200);

    demo.post(&path, change(DEMO_PASSWORD, "new")).await.expect(204);
    demo.get("/v3/auth/projects").await.refusal(401);
    world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.refusal(401);
    world.issue(&by_password("demo", "new", None)).await.expect(201);

    let admin = world.admin().await;
    let off = admin.make("user", json!({"name": "off", "password": "off", "enabled": false})).await;
    nobody.post(&format!("/v3/users/{off}/password"), change("off", "new")).await.refusal(401);
}
