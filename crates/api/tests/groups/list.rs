//! `GET /groups` and `GET /groups/detail`.

use serde_json::{Value, json};

use crate::support::{Client, PROJECT, World};
use crate::{add_type, create, member, place};

fn names(list: &Value) -> String {
    list["groups"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap_or("-")).collect()
}

async fn find(client: &Client<'_>, query: &str) -> String {
    names(&client.get(&format!("/groups?{query}")).await.expect(200))
}

#[tokio::test]
async fn newest_first_page_by_page() {
    let world = World::new().await;
    add_type(&world, "plain", json!({})).await;
    for name in ["a", "b", "c"] {
        create(&world, json!({"name": name})).await;
    }
    let member = world.member().at("3.71");
    let page = member.get("/groups/detail?limit=2").await.expect(200);
    assert_eq!(names(&page), "cb");
    let next = page["group_links"][0]["href"].as_str().unwrap();
    let path = next.strip_prefix(&format!("http://cloud:8776/v3/{PROJECT}")).unwrap();
    assert!(path.starts_with("/groups/detail?limit=2&marker="), "{path}");
    let rest = member.get(path).await.expect(200);
    assert_eq!(names(&rest), "a");
    assert!(rest.get("group_links").is_none());
    let short = member.get("/groups?limit=1").await.expect(200);
    assert_eq!(short["groups"][0].as_object().unwrap().len(), 2);
    assert_eq!(member.get("/groups?marker=x").await.fault(404), "Group x could not be found.");
}

#[tokio::test]
async fn filters_and_sorting() {
    let world = World::new().await;
    add_type(&world, "plain", json!({})).await;
    create(&world, json!({"name": "b"})).await;
    let a = create(&world, json!({"name": "a", "description": "text"})).await;
    place(&world, a).await;
    let member = world.member().at("3.71");
    for (query, expected) in [
        ("name=a", "a"),
        ("name=x", ""),
        ("sort=name:asc", "ab"),
        ("sort_key=name&sort_dir=desc", "ba"),
        ("limit=1&offset=1", "b"),
        ("all_tenants=1", "ab"),
    ] {
        assert_eq!(find(&member, query).await, expected, "{query}");
    }
    assert_eq!(
        member.get("/groups?status=error").await.fault(400),
        "Invalid filters status are found in query options."
    );
    let admin = world.admin().at("3.71");
    for (query, expected) in [
        ("status=available", "a"),
        ("description~=ex", "a"),
        ("availability_zone=nova", "ab"),
        ("nonsense=1", ""),
    ] {
        assert_eq!(find(&admin, query).await, expected, "{query}");
    }
    assert_eq!(find(&world.member().at("3.30"), "nonsense=1").await, "");
    assert_eq!(find(&world.stranger().at("3.71"), "all_tenants=1").await, "");
    assert_eq!(
        world.member().at("3.71").get("/groups?sort=x").await.fault(400),
        "Invalid input received: Invalid sort key"
    );
}

#[tokio::test]
async fn volumes_are_listed_when_asked_for() {
    let world = World::new().await;
    let group = crate::plain(&world).await;
    let volume = member(&world, group).await;
    let client = world.member().at("3.25");
    let listed = client.get("/groups/detail?list_volume=true").await.expect(200);
    assert_eq!(listed["groups"][0]["volumes"], json!([volume.to_string()]));
    let listed = client.get("/groups/detail").await.expect(200);
    assert!(listed["groups"][0].get("volumes").is_none());
    let listed = client.get("/volumes/detail").await.expect(200);
    assert_eq!(listed["volumes"][0]["group_id"], group.to_string());
}
