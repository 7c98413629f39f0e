//! Roles given to users and groups, in projects, on domains and on the system.

use serde_json::json;

use crate::world::{World, by_password, each};

#[tokio::test]
async fn roles_are_given_checked_listed_and_taken() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = (admin.make_user("ann").await, admin.make_project("lab").await);
    let group = admin.make("group", json!({"name": "staff"})).await;
    for (scope, actor) in [
        (format!("projects/{project}"), format!("users/{user}")),
        (format!("domains/{}", "default"), format!("users/{user}")),
        ("system".to_owned(), format!("users/{user}")),
        (format!("projects/{project}"), format!("groups/{group}")),
        ("domains/default".to_owned(), format!("groups/{group}")),
    ] {
        let grant = admin.grant_path(&scope, &actor, "member").await;
        let list = format!("/v3/{scope}/{actor}/roles");
        let listed = || async { admin.get(&list).await.expect(200).body["roles"].clone() };
        let checked = || async { admin.ask("HEAD", &grant).await.status };
        assert_eq!(listed().await, json!([]));
        assert_eq!(checked().await, 404);
        for _ in 0..2 {
            admin.put(&grant).await.expect(204);
        }
        assert_eq!(checked().await, 204);
        assert_eq!(each(&listed().await, "name"), ["member"]);
        admin.delete(&grant).await.expect(204);
        assert_eq!(listed().await, json!([]));
        let message = admin.delete(&grant).await.refusal(404);
        assert!(message.starts_with("Could not find role assignment with role: "), "{message}");
    }
}

#[tokio::test]
async fn what_is_not_there_has_no_roles() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = (admin.make_user("ann").await, admin.make_project("lab").await);
    let role = admin.id_of("role", "member").await;
    for (path, missing) in [
        (format!("projects/{project}/users/nobody/roles/{role}"), "user: nobody"),
        (format!("projects/{project}/groups/nobody/roles/{role}"), "group: nobody"),
        (format!("projects/nothing/users/{user}/roles/{role}"), "project: nothing"),
        (format!("domains/nothing/users/{user}/roles/{role}"), "domain: nothing"),
        (format!("projects/{project}/users/{user}/roles/nothing"), "role: nothing"),
        (format!("system/users/{user}/roles/nothing"), "role: nothing"),
    ] {
        let expected = format!("Could not find {missing}.");
        for method in ["PUT", "DELETE"] {
            assert_eq!(
                admin.ask(method, &format!("/v3/{path}")).await.refusal(404),
                expected,
                "{method} {path}"
            );
        }
    }
    admin.get(&format!("/v3/projects/nothing/users/{user}/roles")).await.refusal(404);
    admin.get("/v3/system/users/nobody/roles").await.refusal(404);
}

#[tokio::test]
async fn the_manager_of_a_domain_gives_what_it_may() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let project = admin.make("project", json!({"name": "p", "domain_id": domain})).await;
    let boss = admin.make("user", json!({"name": "boss", "password": "boss", "domain_id": domain})).await;
    let user = admin.make("user", json!({"name": "ann", "domain_id": domain})).await;
    admin.grant(&format!("domains/{domain}"), &format!("users/{boss}"), "manager").await;
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {"id": boss, "password": "boss"}}},
        "scope": {"domain": {"id": domain}},
    }});
    let boss = world.client(&world.issue(&body).await.expect(201));
    for (role, status) in
        [("member", 204), ("reader", 204), ("manager", 204), ("admin", 403), ("service", 403)]
    {
        let grant = admin.grant_path(&format!("projects/{project}"), &format!("users/{user}"), role).await;
        assert_eq!(boss.put(&grant).await.status, status, "{role}");
    }
    let scope = format!("projects/{}", admin.project_id);
    let elsewhere = admin.grant_path(&scope, &format!("users/{user}"), "member").await;
    boss.put(&elsewhere).await.refusal(403);
    let system = admin.grant_path("system", &format!("users/{user}"), "reader").await;
    boss.put(&system).await.refusal(403);
}

#[tokio::test]
async fn who_may_ask_about_the_system_is_told() {
    let world = World::new().await;
    let admin = world.admin().await;
    let user = admin.make_user("ann").await;
    admin.grant("system", &format!("users/{user}"), "reader").await;
    let reader = world.issue(&by_password("ann", "ann", Some(json!({"system": {"all": true}})))).await;
    let reader = world.client(&reader.expect(201));
    let grant = admin.grant_path("system", &format!("users/{user}"), "reader").await;
    let other = admin.grant_path("system", &format!("users/{user}"), "member").await;
    let nobody = admin.grant_path("system", "users/nobody", "reader").await;
    for (who, path, status) in [
        (&admin, &grant, 204),
        (&reader, &grant, 204),
        (&reader, &other, 404),
        (&reader, &nobody, 404),
        (&world.demo().await, &grant, 403),
        (&world.demo().await, &nobody, 403),
        (&world.nobody(), &grant, 401),
    ] {
        assert_eq!(who.ask("HEAD", path).await.status, status, "{path}");
    }
}
