//! Lists.

use serde_json::{Value, json};

use crate::world::World;

async fn names(world: &World, query: &str) -> Vec<String> {
    let list = world.get("member", &format!("/v2/images{query}")).await.expect(200);
    let name = |image: &Value| image["name"].as_str().unwrap_or_default().to_owned();
    list["images"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn filters_find_what_they_name() {
    let world = World::new().await;
    let a = world.create(json!({"name": "a", "os": "x", "tags": ["t", "u"], "protected": true})).await;
    world.create(json!({"name": "b", "os": "y", "tags": ["t"], "visibility": "private"})).await;
    world.create(json!({"name": "c", "disk_format": "iso"})).await;
    world.create(json!({"name": "h", "os_hidden": true})).await;
    world.put_data(&a, "12345").await.expect(204);
    for (query, found) in [
        ("?sort=name:asc", vec!["a", "b", "c"]),
        ("?sort_key=name&sort_dir=desc", vec!["c", "b", "a"]),
        ("?name=in:a,%22c%22&sort=name:asc", vec!["a", "c"]),
        ("?os=x", vec!["a"]),
        ("?tag=t&sort=name:asc", vec!["a", "b"]),
        ("?tag=t&tag=u", vec!["a"]),
        ("?visibility=private", vec!["b"]),
        ("?os_hidden=true", vec!["h"]),
        ("?protected=true", vec!["a"]),
        ("?disk_format=iso", vec!["c"]),
        ("?status=active", vec!["a"]),
        ("?size_min=5&size_max=5", vec!["a"]),
        ("?size_min=6", vec![]),
        ("?created_at=lt:2000-01-01", vec![]),
        ("?created_at=gt:2000-01-01T00:00:00Z&name=b", vec!["b"]),
        ("?nothing=1", vec![]),
    ] {
        assert_eq!(names(&world, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn pages_lead_to_the_next() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        world.create(json!({"name": name})).await;
    }
    let first = world.get("member", "/v2/images?limit=2&sort=name:asc").await.expect(200);
    assert_eq!(first["first"], "/v2/images?limit=2&sort=name%3Aasc");
    let next = first["next"].as_str().unwrap();
    let second = world.get("member", next).await.expect(200);
    assert_eq!((&second["images"][0]["name"], second.get("next")), (&json!("c"), None));
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let world = World::new().await;
    for query in [
        "limit=x",
        "limit=-1",
        "marker=x",
        "marker=00000000-0000-4000-8000-000000000000",
        "sort=nothing",
        "sort=name:up",
        "sort=name&sort_key=name",
        "sort_dir=asc&sort_dir=asc",
        "visibility=secret",
        "member_status=x",
        "os_hidden=maybe",
        "protected=maybe",
        "size_min=x",
        "created_at=gt:never",
        "name=in:%22a",
        "changes-since=1",
    ] {
        world.get("member", &format!("/v2/images?{query}")).await.refused(400);
    }
}
