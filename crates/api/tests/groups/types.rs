//! `/group_types` and their specs.

use serde_json::{Value, json};

use crate::support::{World, assert_same_shape};
use crate::{add_type, create};

fn names(list: &Value) -> Vec<&str> {
    list["group_types"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_type_is_made_shown_changed_and_removed() {
    let world = World::new().await;
    let admin = world.admin().at("3.11");
    let body = json!({"group_type": {
        "name": "t", "description": "d", "is_public": "false", "group_specs": {"k": "v"},
    }});
    let made = admin.post("/group_types", body.clone()).await.expect(202);
    let shape = json!({"group_type": {
        "id": "", "name": "", "description": "", "is_public": false, "group_specs": {"k": ""},
    }});
    assert_same_shape(&made, &shape);
    assert_eq!(made["group_type"]["is_public"], false);
    let id = made["group_type"]["id"].as_str().unwrap();
    let path = format!("/group_types/{id}");
    assert_eq!(admin.get(&path).await.expect(200), made);
    assert_eq!(admin.post("/group_types", body).await.fault(409), "Group Type t already exists.");

    let changed = admin.put(&path, json!({"group_type": {"name": "u", "is_public": true}})).await.expect(200);
    assert_eq!(changed["group_type"]["name"], "u");
    assert_eq!(changed["group_type"]["description"], "d");
    assert_eq!(
        admin.put(&path, json!({"group_type": {}})).await.fault(400),
        "Specify group type name, description or a combination thereof."
    );
    assert_eq!(
        admin.put(&path, json!({"group_type": {"name": " "}})).await.fault(400),
        "Group type name can not be empty."
    );
    assert_eq!(admin.delete(&path).await.expect(202), Value::Null);
    assert_eq!(admin.get(&path).await.fault(404), format!("Group type {id} could not be found."));
    admin.delete(&path).await.fault(404);
    assert_eq!(admin.get("/group_types/x").await.fault(404), "Group type x could not be found.");
    world.admin().at("3.10").get("/group_types").await.fault(404);
}

#[tokio::test]
async fn only_administrators_see_specs_and_what_is_not_public() {
    let world = World::new().await;
    let admin = world.admin().at("3.71");
    let private = json!({"group_type": {"name": "private", "is_public": false}});
    let private = admin.post("/group_types", private).await.expect(202);
    let private = private["group_type"]["id"].as_str().unwrap();
    add_type(&world, "public", json!({"k": "v"})).await;
    let member = world.member().at("3.71");
    let listed = member.get("/group_types?is_public=None").await.expect(200);
    assert_eq!(names(&listed), ["public", "default_cgsnapshot_type"]);
    assert!(listed["group_types"][0].get("group_specs").is_none());
    member.get(&format!("/group_types/{private}")).await.fault(404);
    for (query, expected) in [
        ("", vec!["public", "default_cgsnapshot_type"]),
        ("?is_public=None", vec!["public", "private", "default_cgsnapshot_type"]),
        ("?is_public=false", vec!["private"]),
        ("?is_public=None&sort=name:asc&limit=2", vec!["default_cgsnapshot_type", "private"]),
    ] {
        let listed = admin.get(&format!("/group_types{query}")).await.expect(200);
        assert_eq!(names(&listed), expected, "{query}");
        assert_eq!(listed.get("group_type_links").is_some(), query.contains("limit"), "{query}");
    }
    for (method, path) in [("POST", "/group_types"), ("PUT", "/group_types/x"), ("DELETE", "/group_types/x")]
    {
        let path = path.replace('x', private);
        let body = (method != "DELETE").then(|| json!({"group_type": {"name": "n"}}).to_string());
        assert_eq!(member.ask(method, &path, body).await.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn specs_are_set_shown_and_removed() {
    let world = World::new().await;
    let id = add_type(&world, "t", json!({"a": "1"})).await;
    let (admin, path) = (world.admin().at("3.71"), format!("/group_types/{id}/group_specs"));
    let made = admin.post(&path, json!({"group_specs": {"b": "2"}})).await.expect(202);
    assert_eq!(made, json!({"group_specs": {"b": "2"}}));
    let listed = admin.get(&path).await.expect(200);
    assert_eq!(listed, json!({"group_specs": {"a": "1", "b": "2"}}));
    let set = admin.put(&format!("{path}/a"), json!({"a": "3"})).await.expect(200);
    assert_eq!(set, json!({"a": "3"}));
    assert_eq!(admin.get(&format!("{path}/a")).await.expect(200), json!({"a": "3"}));
    assert_eq!(
        admin.put(&format!("{path}/a"), json!({"b": "3"})).await.fault(400),
        "Request body and URI mismatch"
    );
    admin.delete(&format!("{path}/a")).await.expect(202);
    assert_eq!(
        admin.get(&format!("{path}/a")).await.fault(404),
        format!("Group Type {id} has no extra spec with key a.")
    );
    assert_eq!(
        admin.delete(&format!("{path}/a")).await.fault(404),
        format!("Group Type {id} has no specs with key a.")
    );
    let member = world.member().at("3.71");
    for (method, path, body) in [
        ("GET", path.clone(), None),
        ("POST", path.clone(), Some(json!({"group_specs": {"b": "2"}}).to_string())),
        ("GET", format!("{path}/b"), None),
        ("PUT", format!("{path}/b"), Some(json!({"b": "2"}).to_string())),
        ("DELETE", format!("{path}/b"), None),
    ] {
        assert_eq!(member.ask(method, &path, body).await.status, 403, "{method} {path}");
    }
}

#[tokio::test]
async fn a_type_that_a_group_has_stays() {
    let world = World::new().await;
    let id = add_type(&world, "plain", json!({})).await;
    create(&world, json!({})).await;
    assert_eq!(
        world.admin().at("3.71").delete(&format!("/group_types/{id}")).await.fault(400),
        format!(
            "Target group type is still in use. Group Type {id} deletion is not allowed with groups present with the type."
        )
    );
    let gold = world.add_type("gold", &[]).await;
    create(&world, json!({"volume_types": ["gold"]})).await;
    assert_eq!(
        world.admin().delete(&format!("/types/{gold}")).await.fault(400),
        "Target volume type is still in use."
    );
}

#[tokio::test]
async fn the_default_type_is_the_one_of_the_configuration() {
    let world = World::new().await;
    assert_eq!(
        world.member().at("3.71").get("/group_types/default").await.fault(404),
        "Default group type can not be found."
    );
    let world = World::with(|settings| settings.default_group_type = Some("plain".to_owned())).await;
    world.member().at("3.71").get("/group_types/default").await.fault(404);
    let id = add_type(&world, "plain", json!({})).await;
    let shown = world.member().at("3.71").get("/group_types/default").await.expect(200);
    assert_eq!(shown["group_type"]["id"], id);
}
