//! Answers as a whole, with what is drawn or timed replaced by its form.

use serde_json::{Value, json};

use crate::world::{BASE, DEMO_PASSWORD, World, by_password};

/// Replaces ids, times and audit ids by words for them.
fn masked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(masked_text(text)),
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), masked(value))).collect(),
        other => other.clone(),
    }
}

fn masked_text(text: &str) -> String {
    let is_id = |part: &str| part.len() == 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() == 27 && text.ends_with('Z') && text.as_bytes()[10] == b'T' {
        return "TIME".to_owned();
    }
    if text.len() == 22 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)) {
        return "AUDIT".to_owned();
    }
    text.split('/').map(|part| if is_id(part) { "ID" } else { part }).collect::<Vec<_>>().join("/")
}

fn endpoints(url: &str) -> Value {
    let endpoint = |interface| json!({"id": "ID", "interface": interface, "region_id": "RegionOne", "url": url, "region": "RegionOne"});
    json!([endpoint("admin"), endpoint("internal"), endpoint("public")])
}

/// The catalog in the order of types and interfaces: ids are drawn, and lists are in their order.
fn sorted(mut catalog: Value) -> Value {
    let services = catalog.as_array_mut().unwrap();
    services.sort_by_key(|service| service["type"].as_str().unwrap().to_owned());
    for service in services {
        let endpoints = service["endpoints"].as_array_mut().unwrap();
        endpoints.sort_by_key(|endpoint| endpoint["interface"].as_str().unwrap().to_owned());
    }
    catalog
}

#[tokio::test]
async fn a_token() {
    let world = World::new().await;
    let scope = json!({"project": {"name": "demo", "domain": {"name": "Default"}}});
    let mut issued = world.issue(&by_password("demo", DEMO_PASSWORD, Some(scope))).await.expect(201).body;
    issued["token"]["catalog"] = sorted(issued["token"]["catalog"].take());
    let domain = json!({"id": "default", "name": "Default"});
    let volumes = endpoints("http://volume:8776/v3/ID");
    let expected = json!({"token": {
        "methods": ["password"],
        "user": {"domain": domain, "id": "ID", "name": "demo", "password_expires_at": null},
        "audit_ids": ["AUDIT"],
        "expires_at": "TIME",
        "issued_at": "TIME",
        "project": {"domain": domain, "id": "ID", "name": "demo"},
        "is_domain": false,
        "roles": [{"id": "ID", "name": "member"}, {"id": "ID", "name": "reader"}],
        "catalog": [
            {"endpoints": volumes, "id": "ID", "type": "block-storage", "name": "cinder"},
            {"endpoints": endpoints(&format!("{BASE}/v3")), "id": "ID", "type": "identity", "name": "keystone"},
            {"endpoints": volumes, "id": "ID", "type": "volumev3", "name": "cinderv3"},
        ],
    }});
    assert_eq!(masked(&issued), expected);
    assert_eq!(masked(&issued).to_string(), expected.to_string(), "in this order");
}

#[tokio::test]
async fn a_project_and_a_list_of_them() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body =
        json!({"project": {"name": "lab", "description": "for tests", "tags": ["b", "a"], "color": "red"}});
    let made = admin.post("/v3/projects", body).await.expect(201).body;
    let project = json!({
        "color": "red",
        "id": "ID",
        "name": "lab",
        "domain_id": "default",
        "description": "for tests",
        "enabled": true,
        "parent_id": "default",
        "is_domain": false,
        "tags": ["a", "b"],
        "options": {},
        "links": {"self": format!("{BASE}/v3/projects/ID")},
    });
    assert_eq!(masked(&made), json!({"project": project}));
    let list = admin.get("/v3/projects?name=lab").await.expect(200).body;
    let links = json!({"next": null, "self": format!("{BASE}/v3/projects?name=lab"), "previous": null});
    assert_eq!(masked(&list), json!({"projects": [project], "links": links}));
}

#[tokio::test]
async fn a_user() {
    let world = World::new().await;
    let admin = world.admin().await;
    let project = admin.make_project("lab").await;
    let user =
        json!({"name": "ann", "password": "secret", "email": "ann@lab", "default_project_id": project});
    let made = admin.post("/v3/users", json!({"user": user})).await.expect(201).body;
    let expected = json!({"user": {
        "email": "ann@lab",
        "id": "ID",
        "name": "ann",
        "domain_id": "default",
        "enabled": true,
        "password_expires_at": null,
        "options": {},
        "default_project_id": "ID",
        "links": {"self": format!("{BASE}/v3/users/ID")},
    }});
    assert_eq!(masked(&made), expected);
    let plain = admin.post("/v3/users", json!({"user": {"name": "bob"}})).await.expect(201).body;
    assert!(plain["user"].get("default_project_id").is_none(), "{plain}");
}

#[tokio::test]
async fn the_other_resources() {
    let world = World::new().await;
    let admin = world.admin().await;
    let link = |path: &str| json!({"self": format!("{BASE}/v3/{path}")});
    for (noun, said, expected) in [
        (
            "domain",
            json!({"name": "d"}),
            json!({"id": "ID", "name": "d", "description": "", "enabled": true, "tags": [], "options": {}}),
        ),
        (
            "group",
            json!({"name": "g"}),
            json!({"id": "ID", "name": "g", "domain_id": "default", "description": ""}),
        ),
        (
            "role",
            json!({"name": "r"}),
            json!({"id": "ID", "name": "r", "domain_id": null, "description": null, "options": {}}),
        ),
        ("service", json!({"type": "t"}), json!({"id": "ID", "type": "t", "name": "", "enabled": true})),
        (
            "region",
            json!({"description": "d", "parent_region_id": "RegionOne"}),
            json!({"id": "ID", "description": "d", "parent_region_id": "RegionOne"}),
        ),
    ] {
        let made = admin.post(&format!("/v3/{noun}s"), json!({noun: said})).await.expect(201).body;
        let mut expected = expected;
        expected["links"] = link(&format!("{noun}s/ID"));
        assert_eq!(masked(&made), json!({noun: expected}));
        let id = made[noun]["id"].as_str().unwrap();
        assert_eq!(admin.get(&format!("/v3/{noun}s/{id}")).await.body, made);
    }
}

#[tokio::test]
async fn an_application_credential() {
    let world = World::new().await;
    let demo = world.demo().await;
    let path = format!("/v3/users/{}/application_credentials", demo.user_id);
    let body = json!({"application_credential": {"name": "ci", "roles": [{"name": "reader"}],
        "expires_at": "2100-01-01T00:00:00.5"}});
    let mut made = demo.post(&path, body).await.expect(201).body;
    let secret = made["application_credential"].as_object_mut().unwrap().shift_remove("secret").unwrap();
    assert_eq!(secret.as_str().unwrap().len(), 86);
    let expected = json!({"application_credential": {
        "id": "ID",
        "name": "ci",
        "description": null,
        "user_id": "ID",
        "project_id": "ID",
        "system": null,
        "expires_at": "2100-01-01T00:00:00.500000",
        "unrestricted": null,
        "roles": [
            {"id": "ID", "name": "reader", "domain_id": null, "description": null, "options": {"immutable": true}},
        ],
        "links": {"self": format!("{BASE}/v3/users/ID/application_credentials/ID")},
    }});
    assert_eq!(masked(&made), expected);
}
