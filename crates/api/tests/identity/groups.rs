//! `/v3/groups`.

use serde_json::{Value, json};

use crate::world::{Answer, Client, World, by_password, counts, each};

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

#[tokio::test]
async fn a_group_is_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let group = admin.make("group", json!({"name": "staff", "description": "d", "floor": 2})).await;
    admin.make("group", json!({"name": "guests"})).await;
    let path = format!("/v3/groups/{group}");
    let change = json!({"group": {"name": "crew", "description": null, "floor": 3, "domain_id": "default"}});
    let changed = admin.patch(&path, change).await.expect(200).body;
    let shown = &changed["group"];
    assert_eq!((&shown["name"], &shown["description"]), (&json!("crew"), &json!("")));
    assert_eq!((&shown["floor"], &shown["domain_id"]), (&json!(3), &json!("default")));
    assert_eq!(admin.get(&path).await.expect(200).body, changed);
    assert_eq!(admin.ask("HEAD", &path).await.status, 200);

    let taken = "Conflict occurred attempting to store group - Duplicate entry found with name guests";
    let rename = |more: Value| {
        let mut said = json!({"name": "guests"});
        said.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        admin.patch(&path, json!({"group": said}))
    };
    assert_eq!(rename(json!({})).await.refusal(409), format!("{taken}."));
    let message = rename(json!({"domain_id": "default"})).await.refusal(409);
    assert_eq!(message, format!("{taken} at domain ID default."));
    for (change, expected) in
        [(json!({"id": "x"}), "Cannot change ID"), (json!({"domain_id": "x"}), "Cannot change Domain ID")]
    {
        assert_eq!(admin.patch(&path, json!({"group": change})).await.refusal(400), expected);
    }
    admin.patch(&path, json!({"group": {}})).await.refusal(400);
    admin.patch(&path, json!({"group": {"name": " "}})).await.refusal(400);

    admin.delete(&path).await.expect(204);
    let missing = format!("Could not find group: {group}.");
    for method in ["GET", "DELETE"] {
        assert_eq!(admin.ask(method, &path).await.refusal(404), missing);
    }
    assert_eq!(admin.patch(&path, json!({"group": {"name": "x"}})).await.refusal(404), missing);
    assert_eq!(admin.get(&format!("{path}/users")).await.refusal(404), missing);
}

#[tokio::test]
async fn members_are_listed_checked_and_taken_out() {
    let world = World::new().await;
    let admin = world.admin().await;
    let group = admin.make("group", json!({"name": "staff"})).await;
    let (ann, bob) = (admin.make_user("ann").await, admin.make_user("bob").await);
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let eve = admin.make("user", json!({"name": "eve", "domain_id": domain, "enabled": false})).await;
    let users = format!("/v3/groups/{group}/users");
    assert_eq!(admin.get(&users).await.expect(200).body["users"], json!([]));
    for user in [&ann, &eve] {
        admin.put(&format!("{users}/{user}")).await.expect(204);
    }
    for (query, expected) in [
        ("".to_owned(), "ann eve"),
        ("name=ann".to_owned(), "ann"),
        ("name=bob".to_owned(), ""),
        ("enabled=false".to_owned(), "eve"),
        (format!("domain_id={domain}"), "eve"),
    ] {
        let list = admin.get(&format!("{users}?{query}")).await.expect(200).body;
        let mut names = each(&list["users"], "name");
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{query}");
    }
    let status = |user: &str| {
        let path = format!("{users}/{user}");
        let admin = &admin;
        async move { admin.ask("HEAD", &path).await.status }
    };
    assert_eq!((status(&ann).await, status(&bob).await, status("nobody").await), (204, 404, 404));

    admin.delete(&format!("{users}/{ann}")).await.expect(204);
    assert_eq!(status(&ann).await, 404);
    assert_eq!(each(&admin.get(&users).await.body["users"], "name"), ["eve"]);
    for (path, expected) in [
        (format!("{users}/{ann}"), format!("User '{ann}' not found in group '{group}'")),
        (format!("{users}/nobody"), "Could not find user: nobody.".to_owned()),
        (format!("/v3/groups/nothing/users/{ann}"), "Could not find group: nothing.".to_owned()),
    ] {
        assert_eq!(admin.delete(&path).await.refusal(404), expected);
    }
}

/// A user that is `member` of a project through a group: its token, and the paths of group and membership.
async fn through_a_group<'w>(world: &'w World, admin: &Client<'w>) -> (Client<'w>, String, String) {
    let (user, project) = (admin.make_user("ann").await, admin.make_project("lab").await);
    let group = admin.make("group", json!({"name": "staff"})).await;
    admin.grant(&format!("projects/{project}"), &format!("groups/{group}"), "member").await;
    let (group, membership) = (format!("/v3/groups/{group}"), format!("/v3/groups/{group}/users/{user}"));
    admin.put(&membership).await.expect(204);
    let ann = world.client(&ask_for_lab(world).await.expect(201));
    assert!(counts(world, &ann).await);
    (ann, group, membership)
}

async fn ask_for_lab(world: &World) -> Answer {
    let scope = json!({"project": {"name": "lab", "domain": {"id": "default"}}});
    world.issue(&by_password("ann", "ann", Some(scope))).await
}

#[tokio::test]
async fn who_is_taken_out_of_a_group_loses_its_roles_at_once() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (ann, _, membership) = through_a_group(&world, &admin).await;
    admin.delete(&membership).await.expect(204);
    assert!(!counts(&world, &ann).await);
    ann.get("/v3/auth/projects").await.refusal(401);
    ask_for_lab(&world).await.refusal(401);

    admin.put(&membership).await.expect(204);
    assert!(!counts(&world, &ann).await, "the old token stays dead");
    ask_for_lab(&world).await.expect(201);
}

#[tokio::test]
async fn with_a_group_go_its_roles_and_the_tokens_that_had_them() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (ann, group, _) = through_a_group(&world, &admin).await;
    let given = |list: Answer| list.expect(200).body["role_assignments"].as_array().unwrap().len();
    let before = given(admin.get("/v3/role_assignments").await);
    admin.delete(&group).await.expect(204);
    assert_eq!(given(admin.get("/v3/role_assignments").await), before - 1);
    assert!(!counts(&world, &ann).await);
    ask_for_lab(&world).await.refusal(401);
    let groups = admin.get(&format!("/v3/users/{}/groups", ann.user_id)).await.expect(200).body;
    assert_eq!(groups["groups"], json!([]));
}

/// As in Keystone: a group that had a role anywhere ends all tokens of its members, and one that gave them nothing none.
#[tokio::test]
async fn a_group_without_roles_goes_without_ending_tokens() {
    let world = World::new().await;
    let (admin, demo) = (world.admin().await, world.demo().await);
    for has_role in [false, true] {
        let group = admin.make("group", json!({"name": "staff"})).await;
        admin.put(&format!("/v3/groups/{group}/users/{}", demo.user_id)).await.expect(204);
        if has_role {
            admin.grant("domains/default", &format!("groups/{group}"), "reader").await;
        }
        assert!(counts(&world, &demo).await);
        admin.delete(&format!("/v3/groups/{group}")).await.expect(204);
        assert_eq!(counts(&world, &demo).await, !has_role);
    }
    assert!(counts(&world, &admin).await, "others keep theirs");
}

#[tokio::test]
async fn others_touch_groups_as_far_as_their_domain_goes() {
    let world = World::new().await;
    let admin = world.admin().await;
    let domain = admin.make("domain", json!({"name": "lab"})).await;
    let group = admin.make("group", json!({"name": "staff", "domain_id": domain})).await;
    let elsewhere = admin.make("group", json!({"name": "staff"})).await;
    let user = admin.make("user", json!({"name": "ann", "domain_id": domain})).await;
    for (group, user) in [(&group, &user), (&elsewhere, &user), (&group, &admin.user_id)] {
        admin.put(&format!("/v3/groups/{group}/users/{user}")).await.expect(204);
    }
    let [reader, manager] =
        [in_domain(&world, &domain, "reader").await, in_domain(&world, &domain, "manager").await];
    let demo = world.demo().await;
    let rename = json!({"group": {"name": "crew"}}).to_string();
    for (method, path, by_reader, by_manager) in [
        ("GET", group.clone(), 200, 200),
        ("GET", format!("{group}/users"), 200, 200),
        ("HEAD", format!("{group}/users/{user}"), 204, 204),
        ("HEAD", format!("{group}/users/{}", admin.user_id), 403, 403),
        ("PATCH", group.clone(), 403, 200),
        ("DELETE", format!("{group}/users/{}", admin.user_id), 403, 403),
        ("DELETE", format!("{group}/users/{user}"), 403, 204),
        ("GET", elsewhere.clone(), 403, 403),
        ("PATCH", elsewhere.clone(), 403, 403),
        ("DELETE", format!("{elsewhere}/users/{user}"), 403, 403),
        ("DELETE", elsewhere.clone(), 403, 403),
        ("DELETE", "nothing".to_owned(), 403, 403),
        ("DELETE", group.clone(), 403, 204),
    ] {
        let path = format!("/v3/groups/{path}");
        for (who, status) in [(&demo, 403), (&reader, by_reader), (&manager, by_manager)] {
            let answer = who.say(method, &path, rename.clone()).await;
            assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
            if method == "GET" && status == 200 && path.ends_with("users") {
                assert_eq!(each(&answer.body["users"], "name"), ["ann"], "those of its domain");
            }
        }
        assert_eq!(world.nobody().ask(method, &path).await.status, 401, "{method} {path}");
    }
}

/// A new user of a domain with a token on it.
async fn in_domain<'w>(world: &'w World, domain: &str, role: &str) -> Client<'w> {
    let admin = world.admin().await;
    let id = admin.make("user", json!({"name": role, "password": role, "domain_id": domain})).await;
    admin.grant(&format!("domains/{domain}"), &format!("users/{id}"), role).await;
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {"id": id, "password": role}}},
        "scope": {"domain": {"id": domain}},
    }});
    world.client(&world.issue(&body).await.expect(201))
}
