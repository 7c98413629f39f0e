//! `/v3/services`, `/v3/endpoints` and `/v3/regions`.

use serde_json::{Value, json};

use crate::world::{World, each};

#[tokio::test]
async fn services_are_made_changed_and_removed_with_their_endpoints() {
    let world = World::new().await;
    let admin = world.admin().await;
    let service = json!({"type": "compute", "name": "nova", "description": "d"});
    let id = admin.make("service", service).await;
    let path = format!("/v3/services/{id}");
    let endpoint = json!({"service_id": id, "interface": "public", "url": "http://c/%(project_id)s"});
    let endpoint = admin.make("endpoint", endpoint).await;
    for (query, many) in [("type=compute", 1), ("name=nova", 1), ("type=compute&name=x", 0)] {
        let list = admin.get(&format!("/v3/services?{query}")).await.expect(200).body;
        assert_eq!(list["services"].as_array().unwrap().len(), many, "{query}");
    }
    let change = json!({"service": {"name": "nova2", "enabled": false, "color": "red"}});
    let changed = admin.patch(&path, change).await.expect(200).body["service"].clone();
    assert_eq!((&changed["name"], &changed["type"]), (&json!("nova2"), &json!("compute")));
    assert_eq!((&changed["description"], &changed["color"]), (&json!("d"), &json!("red")));
    let catalog = admin.get("/v3/auth/catalog").await.expect(200).body;
    assert!(!each(&catalog["catalog"], "type").contains(&"compute"), "it is disabled");

    admin.delete(&path).await.expect(204);
    admin.get(&path).await.refusal(404);
    admin.delete(&path).await.refusal(404);
    admin.patch(&path, json!({"service": {"name": "x"}})).await.refusal(404);
    admin.get(&format!("/v3/endpoints/{endpoint}")).await.refusal(404);
    for bad in [json!({}), json!({"type": ""}), json!({"type": 5}), json!({"type": "x", "enabled": "x"})] {
        admin.post("/v3/services", json!({"service": bad})).await.refusal(400);
    }
}

#[tokio::test]
async fn endpoints_are_made_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let service = admin.make("service", json!({"type": "compute"})).await;
    let body =
        json!({"service_id": service, "interface": "public", "url": "http://c", "region_id": "RegionOne"});
    let id = admin.make("endpoint", body).await;
    let path = format!("/v3/endpoints/{id}");
    for (query, many) in [
        (format!("service_id={service}"), 1),
        (format!("service_id={service}&interface=admin"), 0),
        (format!("service_id={service}&region_id=RegionOne&interface=public"), 1),
        (format!("service_id={service}&region_id=nowhere"), 0),
    ] {
        let list = admin.get(&format!("/v3/endpoints?{query}")).await.expect(200).body;
        assert_eq!(list["endpoints"].as_array().unwrap().len(), many, "{query}");
    }
    let change = json!({"endpoint": {"interface": "internal", "url": "http://d", "region": "Two"}});
    let changed = admin.patch(&path, change).await.expect(200).body["endpoint"].clone();
    assert_eq!((&changed["interface"], &changed["url"]), (&json!("internal"), &json!("http://d")));
    assert_eq!((&changed["region"], &changed["region_id"]), (&json!("Two"), &json!("Two")));
    admin.get("/v3/regions/Two").await.expect(200);
    admin.patch(&path, json!({"endpoint": {"service_id": "nothing"}})).await.refusal(400);
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.refusal(404);
    admin.delete(&path).await.refusal(404);
    admin.patch(&path, json!({"endpoint": {"url": "http://x"}})).await.refusal(404);
}

#[tokio::test]
async fn an_endpoint_that_leads_nowhere_is_refused() {
    let world = World::new().await;
    let admin = world.admin().await;
    let service = admin.make("service", json!({"type": "compute"})).await;
    let with = |key: &str, value: Value| {
        let mut body = json!({"service_id": service, "interface": "public", "url": "http://c"});
        body[key] = value;
        json!({"endpoint": body})
    };
    for (body, expected) in [
        (with("interface", json!("publicURL")), "'publicURL' is not one of ['admin', 'internal', 'public']"),
        (with("interface", json!(null)), "is not of type 'string'"),
        (with("service_id", json!("nothing")), "Expecting to find endpoint service_id in service table."),
        (with("region_id", json!("nowhere")), "Expecting to find endpoint region_id in region table."),
        (with("url", json!("")), "does not match"),
        (with("url", json!("c/%(project_id)s")), "does not match"),
        (
            with("url", json!("http://%(project_id")),
            "Cannot create an endpoint with an invalid URL: http://%(project_id.",
        ),
        (with("url", json!("http://%(password)s")), "invalid URL"),
        (json!({"endpoint": {"service_id": service, "interface": "public"}}), "'url' is a required property"),
    ] {
        let message = admin.post("/v3/endpoints", body.clone()).await.refusal(400);
        assert!(message.contains(expected), "{body}: {message}");
    }
}

#[tokio::test]
async fn regions_are_made_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = |region| json!({"region": region});
    let one = json!({"id": "West", "description": "d", "parent_region_id": "RegionOne"});
    admin.post("/v3/regions", body(one.clone())).await.expect(201);
    let message = admin.post("/v3/regions", body(one)).await.refusal(409);
    assert_eq!(message, "Conflict occurred attempting to store region - Duplicate ID, West..");
    admin.post("/v3/regions", body(json!({"id": "Wild", "parent_region_id": "West"}))).await.expect(201);
    let parts = admin.get("/v3/regions?parent_region_id=RegionOne").await.expect(200).body;
    assert_eq!(each(&parts["regions"], "id"), ["West"]);
    world.demo().await.get("/v3/regions").await.expect(200);

    let changed = admin.patch("/v3/regions/West", body(json!({"description": "e"}))).await.expect(200).body;
    assert_eq!(changed["region"]["parent_region_id"], "RegionOne");
    for above in ["West", "Wild"] {
        let message =
            admin.patch("/v3/regions/West", body(json!({"parent_region_id": above}))).await.refusal(400);
        assert!(message.contains("would create a circular region hierarchy"), "{message}");
    }
    admin.post("/v3/regions", body(json!({"parent_region_id": "nowhere"}))).await.refusal(404);
    let put = |id: &'static str, region: Value| {
        let admin = admin.clone();
        async move { admin.say("PUT", &format!("/v3/regions/{id}"), json!({"region": region}).to_string()).await }
    };
    assert_eq!(put("East", json!({"description": "d"})).await.expect(201).body["region"]["id"], "East");
    put("East", json!({})).await.refusal(409);
    put("North", json!({"id": "South"})).await.refusal(400);
    admin.delete("/v3/regions/RegionOne").await.refusal(403);
    admin.delete("/v3/regions/West").await.expect(204);
    for gone in ["West", "Wild"] {
        admin.get(&format!("/v3/regions/{gone}")).await.refusal(404);
    }
    admin.delete("/v3/regions/West").await.refusal(404);
    admin.patch("/v3/regions/West", body(json!({"description": "x"}))).await.refusal(404);
}
