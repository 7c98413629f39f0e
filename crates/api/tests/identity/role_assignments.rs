//! `GET /v3/role_assignments`.

use serde_json::{Value, json};

use crate::world::{BASE, Client, World};

/// The assignments of a list, each as `who is role in where`.
async fn lines(client: &Client<'_>, query: &str) -> Vec<String> {
    let list = client.get(&format!("/v3/role_assignments?include_names&{query}")).await.expect(200).body;
    let text = |value: &Value| value["name"].as_str().map(str::to_owned);
    let mut lines: Vec<String> = list["role_assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let who = text(&it["user"]).or_else(|| text(&it["group"])).unwrap();
            let place = text(&it["scope"]["project"]).or_else(|| text(&it["scope"]["domain"]));
            format!("{who} is {} in {}", text(&it["role"]).unwrap(), place.unwrap_or("the system".to_owned()))
        })
        .collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn assignments_are_found_by_their_parts() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "member").await;
    admin.grant("domains/default", &format!("users/{user}"), "reader").await;
    admin.grant("system", &format!("users/{user}"), "reader").await;
    let group = admin.make("group", json!({"name": "staff"})).await;
    admin.grant(&format!("projects/{project}"), &format!("groups/{group}"), "admin").await;
    let reader = admin.id_of("role", "reader").await;
    for (query, expected) in [
        (
            format!("user.id={user}"),
            "ann is member in ann, ann is reader in Default, ann is reader in the system",
        ),
        (format!("group.id={group}"), "staff is admin in ann"),
        (format!("scope.project.id={project}"), "ann is member in ann, staff is admin in ann"),
        ("scope.domain.id=default".to_owned(), "ann is reader in Default"),
        (format!("scope.system=all&user.id={user}"), "ann is reader in the system"),
        (format!("role.id={reader}"), "ann is reader in Default, ann is reader in the system"),
        (format!("user.id={user}&scope.project.id={project}"), "ann is member in ann"),
        ("user.id=nobody".to_owned(), ""),
        ("role.id=nothing".to_owned(), ""),
        ("scope.OS-INHERIT:inherited_to=projects".to_owned(), ""),
    ] {
        assert_eq!(lines(&admin, &query).await.join(", "), expected, "{query}");
    }
    assert_eq!(lines(&admin, "").await.len(), 7);
    for query in [
        format!("user.id={user}&group.id={group}"),
        format!("scope.project.id={project}&scope.domain.id=default"),
        format!("effective&group.id={group}"),
    ] {
        admin.get(&format!("/v3/role_assignments?{query}")).await.refusal(400);
    }
    world.demo().await.get(&format!("/v3/role_assignments?user.id={user}")).await.refusal(403);
}

#[tokio::test]
async fn effective_assignments_are_those_that_count() {
    let world = World::new().await;
    let admin = world.admin().await;
    let (user, project) = admin.make_person("ann", "member").await;
    let other = admin.make_user("bob").await;
    let group = admin.make("group", json!({"name": "staff"})).await;
    for member in [&user, &other] {
        admin.put(&format!("/v3/groups/{group}/users/{member}")).await.expect(204);
    }
    admin.grant(&format!("projects/{project}"), &format!("groups/{group}"), "manager").await;
    let of_project = format!("effective=true&scope.project.id={project}");
    assert_eq!(
        lines(&admin, &of_project).await.join(", "),
        "ann is manager in ann, ann is member in ann, ann is reader in ann, \
         bob is manager in ann, bob is member in ann, bob is reader in ann"
    );
    let reader = admin.id_of("role", "reader").await;
    let query = format!("effective&user.id={other}&role.id={reader}");
    assert_eq!(lines(&admin, &query).await, ["bob is reader in ann"]);

    let list = admin.get(&format!("/v3/role_assignments?effective&user.id={other}")).await.expect(200).body;
    let manager = admin.id_of("role", "manager").await;
    let links = json!({
        "assignment": format!("{BASE}/v3/projects/{project}/groups/{group}/roles/{manager}"),
        "membership": format!("{BASE}/v3/groups/{group}/users/{other}"),
    });
    assert_eq!(list["role_assignments"][0]["links"], links);
}

#[tokio::test]
async fn names_are_shown_when_asked_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    let demo = admin.id_of("user", "demo").await;
    let (project, role) = (admin.id_of("project", "demo").await, admin.id_of("role", "member").await);
    let list = |more: &'static str| {
        let (admin, demo) = (admin.clone(), demo.clone());
        async move {
            let list =
                admin.get(&format!("/v3/role_assignments?user.id={demo}{more}")).await.expect(200).body;
            list["role_assignments"].clone()
        }
    };
    let links = json!({"assignment": format!("{BASE}/v3/projects/{project}/users/{demo}/roles/{role}")});
    let bare = json!([{
        "links": links, "scope": {"project": {"id": project}}, "user": {"id": demo}, "role": {"id": role},
    }]);
    assert_eq!(list("").await, bare);
    assert_eq!(list("&include_names=false").await, bare);
    let domain = json!({"id": "default", "name": "Default"});
    let named = json!([{
        "links": links,
        "scope": {"project": {"id": project, "name": "demo", "domain": domain}},
        "user": {"id": demo, "name": "demo", "domain": domain},
        "role": {"id": role, "name": "member"},
    }]);
    assert_eq!(list("&include_names=True").await, named);
}
