//! Definitions of metadata.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_namespace_is_made_with_everything_in_it_and_removed() {
    let world = World::new().await;
    let namespaces = "/v2/metadefs/namespaces";
    let body = json!({
        "namespace": "N", "visibility": "public", "protected": true,
        "resource_type_associations": [{"name": "OS::X", "prefix": "hw_"}],
        "properties": {"p": {"title": "P", "type": "string", "enum": ["a"]}},
        "objects": [{"name": "o", "properties": {"q": {"title": "Q", "type": "integer"}}}],
        "tags": [{"name": "t"}],
    });
    world.post("member", namespaces, body.clone()).await.refused(403);
    world.post("admin", namespaces, body.clone()).await.expect(201);
    world.post("admin", namespaces, body).await.refused(409);
    let own = format!("{namespaces}/N");
    let shown = world.get("reader", &own).await.expect(200);
    assert_eq!(shown["properties"]["p"]["enum"], json!(["a"]));
    assert_eq!((&shown["objects"][0]["name"], &shown["tags"][0]["name"]), (&json!("o"), &json!("t")));
    assert_eq!(shown["resource_type_associations"][0]["prefix"], "hw_");
    let types = world.get("reader", "/v2/metadefs/resource_types").await.expect(200);
    assert!(types["resource_types"].as_array().unwrap().iter().any(|one| one["name"] == "OS::X"));
    world.send("admin", "DELETE", &own, &[], "").await.refused(403);
    let changed = json!({"namespace": "M", "visibility": "private"}).to_string();
    world.send("admin", "PUT", &own, &[], changed).await.expect(200);
    world.get("admin", &own).await.refused(404);
    world.get("stranger", &format!("{namespaces}/M")).await.refused(404);
    world.send("admin", "DELETE", &format!("{namespaces}/M"), &[], "").await.expect(204);
    world.get("admin", &format!("{namespaces}/M")).await.refused(404);
}

#[tokio::test]
async fn parts_are_made_changed_and_removed() {
    let world = World::new().await;
    world
        .post("admin", "/v2/metadefs/namespaces", json!({"namespace": "N", "visibility": "public"}))
        .await
        .expect(201);
    let base = "/v2/metadefs/namespaces/N";
    for (kind, body) in [
        ("properties", json!({"name": "x", "title": "X", "type": "string"})),
        ("objects", json!({"name": "x"})),
    ] {
        let all = format!("{base}/{kind}");
        let one = format!("{all}/x");
        world.post("member", &all, body.clone()).await.refused(403);
        world.post("admin", &all, json!({})).await.refused(400);
        world.post("admin", &all, body.clone()).await.expect(201);
        world.post("admin", &all, body.clone()).await.refused(409);
        world.get("reader", &one).await.expect(200);
        let mut renamed = body;
        renamed["name"] = json!("y");
        world.send("admin", "PUT", &one, &[], renamed.to_string()).await.expect(200);
        world.get("reader", &one).await.refused(404);
        world.send("admin", "DELETE", &format!("{all}/y"), &[], "").await.expect(204);
        world.send("admin", "DELETE", &format!("{all}/y"), &[], "").await.refused(404);
        world.send("admin", "DELETE", &all, &[], "").await.expect(204);
    }
    let tags = format!("{base}/tags");
    world.post("admin", &tags, json!({"tags": [{"name": "a"}, {"name": "b"}]})).await.expect(201);
    world.post("admin", &format!("{tags}/c"), json!(null)).await.expect(201);
    world
        .send(
            "admin",
            "POST",
            &tags,
            &[("x-openstack-append", "true")],
            json!({"tags": [{"name": "d"}]}).to_string(),
        )
        .await
        .expect(201);
    let count = |list: serde_json::Value| list["tags"].as_array().unwrap().len();
    assert_eq!(count(world.get("reader", &tags).await.expect(200)), 4);
    world.post("admin", &tags, json!({"tags": [{"name": "e"}]})).await.expect(201);
    assert_eq!(count(world.get("reader", &tags).await.expect(200)), 1);
    world.get("admin", "/v2/metadefs/namespaces/nothing/tags").await.refused(404);
}
