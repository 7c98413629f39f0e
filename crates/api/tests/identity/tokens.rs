//! Tokens after they were issued: validated, revoked, ended by what happens to their holders.

use std::sync::Arc;

use api::tokens::Tokens;
use serde_json::json;

use crate::world::{ADMIN_PASSWORD, DEMO_PASSWORD, World, by_password, counts};

#[tokio::test]
async fn a_token_is_shown_as_it_was_issued() {
    let world = World::new().await;
    let scope = json!({"project": {"name": "demo", "domain": {"name": "Default"}}});
    let issued = world.issue(&by_password("demo", DEMO_PASSWORD, Some(scope))).await.expect(201);
    let (demo, admin) = (world.client(&issued), world.admin().await);
    let token = demo.token.clone().unwrap();
    for asker in [&demo, &admin] {
        let shown = asker.about("GET", "/v3/auth/tokens", &token).await.expect(200);
        assert_eq!(shown.body, issued.body);
        assert_eq!(shown.headers["x-subject-token"], token.as_str());
    }
    let short = admin.about("GET", "/v3/auth/tokens?nocatalog", &token).await.expect(200);
    assert!(short.body["token"].get("catalog").is_none());
    let head = admin.about("HEAD", "/v3/auth/tokens", &token).await.expect(200);
    assert!(head.body.is_null());
    assert_eq!(head.headers["x-subject-token"], token.as_str());
}

#[tokio::test]
async fn what_is_no_token_is_not_found_and_others_tokens_are_not_shown() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    for method in ["GET", "DELETE"] {
        assert_eq!(admin.ask(method, "/v3/auth/tokens").await.refusal(404), "No token in the request");
        admin.about(method, "/v3/auth/tokens", "nonsense").await.refusal(404);
        demo.about(method, "/v3/auth/tokens", "nonsense").await.refusal(404);
        demo.about(method, "/v3/auth/tokens", admin.token.as_ref().unwrap()).await.refusal(403);
    }
    assert_eq!(admin.about("HEAD", "/v3/auth/tokens", "nonsense").await.status, 404);
    assert!(counts(&world, &admin).await);
}

#[tokio::test]
async fn other_apis_are_told_who_holds_a_token() {
    let world = World::new().await;
    let demo = world.demo().await;
    let token = demo.token.clone().unwrap();
    let credentials = world.tokens.validate(&token).await.unwrap();
    assert_eq!((&*credentials.user.name, &*credentials.user.domain.name), ("demo", "Default"));
    assert_eq!(credentials.project_id(), Some(demo.project_id.as_str()));
    assert_eq!(credentials.roles, ["member", "reader"]);
    assert!(!credentials.is_admin);
    let again = world.tokens.validate(&token).await.unwrap();
    assert!(Arc::ptr_eq(&credentials, &again), "it was remembered");
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_takes_its_children_along() {
    let world = World::new().await;
    let parent = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    let child = || async {
        let mut body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": parent.token}}}});
        body["auth"]["scope"] = json!({"project": {"name": "demo", "domain": {"id": "default"}}});
        world.client(&world.issue(&body).await.expect(201))
    };
    let (one, two, other) = (child().await, child().await, world.demo().await);
    assert!(counts(&world, &one).await);
    one.about("DELETE", "/v3/auth/tokens", one.token.as_ref().unwrap()).await.expect(204);
    assert!(!counts(&world, &one).await);
    assert!(counts(&world, &two).await && counts(&world, &parent).await, "a sibling and a parent stay");

    let (admin, id) = (world.admin().await, parent.token.clone().unwrap());
    admin.about("DELETE", "/v3/auth/tokens", &id).await.expect(204);
    assert!(!counts(&world, &parent).await && !counts(&world, &two).await);
    assert!(counts(&world, &other).await);
    admin.about("GET", "/v3/auth/tokens", &id).await.refusal(404);
    parent.get("/v3/auth/projects").await.refusal(401);
    let reuse = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": id}}}});
    world.issue(&reuse).await.refusal(401);
}

#[tokio::test]
async fn children_survive_when_only_the_parent_is_to_end() {
    let world = World::new().await;
    let parent = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    let body = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": parent.token}}}});
    let child = world.client(&world.issue(&body).await.expect(201));
    let id = parent.token.clone().unwrap();
    parent.about("DELETE", "/v3/auth/tokens?cascade=false", &id).await.expect(204);
    assert!(!counts(&world, &parent).await && counts(&world, &child).await);
}

#[tokio::test]
async fn tokens_end_with_what_they_stand_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    for (number, what) in [
        "disable user",
        "password",
        "delete user",
        "disable project",
        "delete project",
        "withdraw role",
        "delete role",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("person{number}");
        let role = format!("role{number}");
        admin.make("role", json!({"name": role})).await;
        let (user, project) = admin.make_person(&name, &role).await;
        let person = world.login(&name, &name, &name).await;
        assert!(counts(&world, &person).await);
        let (user, project) = (format!("/v3/users/{user}"), format!("/v3/projects/{project}"));
        let role = admin.id_of("role", &role).await;
        match what {
            "disable user" => admin.patch(&user, json!({"user": {"enabled": false}})).await.expect(200),
            "password" => admin.patch(&user, json!({"user": {"password": "other"}})).await.expect(200),
            "delete user" => admin.delete(&user).await.expect(204),
            "disable project" => {
                admin.patch(&project, json!({"project": {"enabled": false}})).await.expect(200)
            }
            "delete project" => admin.delete(&project).await.expect(204),
            "withdraw role" => {
                let grant = format!("{project}/users/{}/roles/{role}", person.user_id);
                admin.delete(&grant).await.expect(204)
            }
            _ => admin.delete(&format!("/v3/roles/{role}")).await.expect(204),
        };
        assert!(!counts(&world, &person).await, "{what}");
        // What is enabled again does not bring old tokens back.
        match what {
            "disable user" => admin.patch(&user, json!({"user": {"enabled": true}})).await.expect(200),
            "disable project" => {
                admin.patch(&project, json!({"project": {"enabled": true}})).await.expect(200)
            }
            _ => continue,
        };
        assert!(!counts(&world, &person).await, "{what}, undone");
        assert!(counts(&world, &world.login(&name, &name, &name).await).await);
    }
}

#[tokio::test]
async fn a_token_shows_the_roles_of_now() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "reader").await;
    let ann = world.login("ann", "ann", "ann").await;
    let roles = || async { world.tokens.validate(ann.token.as_ref().unwrap()).await.unwrap().roles.clone() };
    assert_eq!(roles().await, ["reader"]);
    admin.grant(&format!("projects/{project}"), &format!("users/{user}"), "manager").await;
    let mut now = roles().await;
    now.sort_unstable();
    assert_eq!(now, ["manager", "member", "reader"]);
}

#[tokio::test]
async fn a_service_may_ask_about_tokens_and_a_member_may_not() {
    let world = World::new().await;
    let admin = world.admin().await;
    admin.make_person("nova", "service").await;
    let (nova, demo) = (world.login("nova", "nova", "nova").await, world.demo().await);
    let subject = world.login("admin", ADMIN_PASSWORD, "admin").await.token.unwrap();
    nova.about("GET", "/v3/auth/tokens", &subject).await.expect(200);
    demo.about("GET", "/v3/auth/tokens", &subject).await.refusal(403);
    nova.about("DELETE", "/v3/auth/tokens", &subject).await.refusal(403);
}

#[tokio::test]
async fn the_holder_of_a_token_sees_where_it_could_go() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    let second = admin.make_project("second").await;
    admin.grant(&format!("projects/{second}"), &format!("users/{}", demo.user_id), "reader").await;
    let unscoped = world.client(&world.issue(&by_password("demo", DEMO_PASSWORD, None)).await.expect(201));
    for client in [&demo, &unscoped] {
        let mine = client.get("/v3/auth/projects").await.expect(200).body;
        let mut names: Vec<_> = crate::world::each(&mine["projects"], "name");
        names.sort_unstable();
        assert_eq!(names, ["demo", "second"]);
        assert_eq!(client.get("/v3/auth/domains").await.expect(200).body["domains"], json!([]));
        assert_eq!(client.get("/v3/auth/system").await.expect(200).body["system"], json!([]));
    }
    admin.patch(&format!("/v3/projects/{second}"), json!({"project": {"enabled": false}})).await.expect(200);
    let mine = demo.get("/v3/auth/projects").await.expect(200).body;
    assert_eq!(crate::world::each(&mine["projects"], "name"), ["demo"]);

    admin.grant("domains/default", &format!("users/{}", demo.user_id), "reader").await;
    let domains = demo.get("/v3/auth/domains").await.expect(200).body;
    assert_eq!(crate::world::each(&domains["domains"], "id"), ["default"]);
    assert_eq!(admin.get("/v3/auth/system").await.expect(200).body["system"], json!([{"all": true}]));

    assert!(demo.get("/v3/auth/catalog").await.expect(200).body["catalog"].is_array());
    unscoped.get("/v3/auth/catalog").await.refusal(403);
}
