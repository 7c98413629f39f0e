//! Volume types, their extra specs, and who may use them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{OTHER_PROJECT, PROJECT, World, assert_same_shape};

async fn make(world: &World, body: Value) -> String {
    let made = world.admin().post("/types", json!({"volume_type": body})).await.expect(200);
    made["volume_type"]["id"].as_str().unwrap().to_owned()
}

fn names(list: &Value) -> Vec<&str> {
    list["volume_types"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_type_is_made_shown_changed_and_removed() {
    let world = World::new().await;
    let body = json!({"volume_type": {
        "name": "fast", "description": "on flash", "extra_specs": {"tier": "1"},
        "os-volume-type-access:is_public": true,
    }});
    let made = world.admin().post("/types", body).await.expect(200);
    let shape = json!({"volume_type": {
        "id": "", "name": "", "is_public": true, "extra_specs": {"tier": ""}, "description": "",
        "os-volume-type-access:is_public": true,
    }});
    assert_same_shape(&made, &shape);
    let path = format!("/types/{}", made["volume_type"]["id"].as_str().unwrap());

    let shown = world.admin().get(&path).await.expect(200);
    let shape = json!({"volume_type": {
        "id": "", "qos_specs_id": null, "name": "", "description": "", "os-volume-type-access:is_public": true,
        "is_public": true, "extra_specs": {"tier": ""},
    }});
    assert_same_shape(&shown, &shape);
    assert_eq!(shown["volume_type"]["description"], "on flash");

    let changed = world.admin().put(&path, json!({"volume_type": {"name": "faster"}})).await.expect(200);
    assert_eq!(changed["volume_type"]["name"], "faster");
    assert_eq!(changed["volume_type"]["description"], "on flash");
    assert!(changed["volume_type"].get("os-volume-type-access:is_public").is_none());

    assert_eq!(world.admin().delete(&path).await.expect(202), Value::Null);
    let id = path.rsplit('/').next().unwrap();
    assert_eq!(world.admin().get(&path).await.fault(404), format!("Volume type {id} could not be found."));
    world.admin().delete(&path).await.fault(404);
    world.admin().put(&path, json!({"volume_type": {"name": "x"}})).await.fault(404);
    assert_eq!(world.admin().get("/types/no").await.fault(404), "Volume type no could not be found.");
}

#[tokio::test]
async fn names_are_unique() {
    let world = World::new().await;
    let first = make(&world, json!({"name": "one"})).await;
    let second = make(&world, json!({"name": "two"})).await;
    let taken = "Volume Type one already exists.";
    let again = json!({"volume_type": {"name": "one"}});
    assert_eq!(world.admin().post("/types", again.clone()).await.fault(409), taken);
    assert_eq!(world.admin().put(&format!("/types/{second}"), again.clone()).await.fault(409), taken);
    world.admin().put(&format!("/types/{first}"), again).await.expect(200);
}

#[tokio::test]
async fn bodies_that_are_none_are_refused() {
    let world = World::new().await;
    for body in [json!({}), json!({"volume_type": {}}), json!({"volume_type": {"name": ""}}), json!([1])] {
        world.admin().post("/types", body).await.fault(400);
    }
    let id = make(&world, json!({"name": "one"})).await;
    let empty = world.admin().put(&format!("/types/{id}"), json!({"volume_type": {}})).await.fault(400);
    assert_eq!(empty, "Specify volume type name, description, is_public or a combination thereof.");
}

#[tokio::test]
async fn a_type_that_is_needed_stays() {
    let world = World::new().await;
    let default = world.reader().get("/types/default").await.expect(200);
    assert_eq!(default["volume_type"]["name"], "__DEFAULT__");
    let default = default["volume_type"]["id"].as_str().unwrap();
    let refused = world.admin().delete(&format!("/types/{default}")).await.fault(400);
    assert_eq!(refused, format!("The volume type {default} is a default volume type and cannot be deleted."));

    let used = world.add_type("used", &[]).await;
    world.add_volume(PROJECT, used, 1, None).await;
    let refused = world.admin().delete(&format!("/types/{used}")).await.fault(400);
    assert_eq!(refused, "Target volume type is still in use.");
}

#[tokio::test]
async fn without_a_default_type_no_type_can_be_removed() {
    let world = World::with(|settings| settings.default_volume_type = "gone".to_owned()).await;
    let message = world.admin().get("/types/default").await.fault(404);
    assert_eq!(message, "Volume type with name gone could not be found.");
    let id = make(&world, json!({"name": "one"})).await;
    let answer = world.admin().delete(&format!("/types/{id}")).await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.body["serviceUnavailable"]["message"],
        "The request cannot be fulfilled as the default volume type gone cannot be found."
    );
}

#[tokio::test]
async fn who_sees_which_types() {
    let world = World::new().await;
    let id = make(&world, json!({"name": "private", "os-volume-type-access:is_public": false})).await;
    assert_eq!(names(&world.member().get("/types").await.expect(200)), ["__DEFAULT__"]);
    assert_eq!(names(&world.admin().get("/types").await.expect(200)), ["__DEFAULT__"]);
    assert_eq!(
        names(&world.admin().get("/types?is_public=None").await.expect(200)),
        ["private", "__DEFAULT__"]
    );
    assert_eq!(names(&world.admin().get("/types?is_public=false").await.expect(200)), ["private"]);
    assert_eq!(names(&world.member().get("/types?is_public=None").await.expect(200)), ["__DEFAULT__"]);
    world.admin().get("/types?is_public=perhaps").await.fault(400);
    world.member().get(&format!("/types/{id}")).await.fault(404);

    let access = json!({"addProjectAccess": {"project": PROJECT}});
    world.admin().post(&format!("/types/{id}/action"), access).await.expect(202);
    assert_eq!(names(&world.member().get("/types").await.expect(200)), ["private", "__DEFAULT__"]);
    world.member().get(&format!("/types/{id}")).await.expect(200);
    assert_eq!(names(&world.stranger().get("/types").await.expect(200)), ["__DEFAULT__"]);
}

#[tokio::test]
async fn a_list_is_sorted_and_cut_into_pages() {
    let world = World::new().await;
    for name in ["b", "a", "c"] {
        world.add_type(name, &[]).await;
    }
    let admin = world.admin();
    assert_eq!(names(&admin.get("/types?sort=name:asc").await.expect(200)), ["__DEFAULT__", "a", "b", "c"]);
    assert_eq!(names(&admin.get("/types").await.expect(200)), ["c", "a", "b", "__DEFAULT__"]);

    let mut path = "/types?limit=2&sort=name:desc".to_owned();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = admin.get(&path).await.expect(200);
        seen.extend(names(&page).into_iter().map(str::to_owned));
        let Some(next) = page.get("volume_type_links") else { break };
        assert_eq!(next[0]["rel"], "next");
        let href = next[0]["href"].as_str().unwrap();
        path = href.strip_prefix(&format!("http://cloud:8776/v3/{PROJECT}")).unwrap().to_owned();
    }
    assert_eq!(seen, ["c", "b", "a", "__DEFAULT__"]);

    assert_eq!(names(&admin.get("/types?sort=name&offset=3").await.expect(200)), ["__DEFAULT__"]);
    assert_eq!(names(&admin.get("/types?name=b").await.expect(200)), ["b"]);
    assert_eq!(names(&admin.get("/types?colour=red").await.expect(200)), [""; 0]);
    assert_eq!(admin.get("/types?marker=x").await.fault(404), "Volume type x could not be found.");
    admin.get("/types?sort=colour").await.fault(400);
    admin.get("/types?limit=-1").await.fault(400);
}

#[tokio::test]
async fn extra_specs_are_a_filter_from_3_52_on() {
    let world = World::new().await;
    world.add_type("here", &[("RESKEY:availability_zones", "north,south"), ("tier", "1")]).await;
    let by_zone = "/types?extra_specs=%7B%27RESKEY:availability_zones%27:%27south%27%7D";
    let by_tier = "/types?extra_specs=%7B%27tier%27:%271%27%7D";
    let ask = |path: &'static str| {
        let world = &world;
        async move {
            let admin = world.admin().at("3.52").get(path).await.expect(200);
            let member = world.member().at("3.52").get(path).await.expect(200);
            let count = |list: &Value| list["volume_types"].as_array().unwrap().len();
            (count(&admin), count(&member))
        }
    };
    assert_eq!(ask(by_zone).await, (1, 1));
    assert_eq!(ask(by_tier).await, (1, 0), "a member may not find out who has specs that members do not see");
    let before = world.member().at("3.51").get(by_tier).await.expect(200);
    assert_eq!(names(&before).len(), 2, "an unknown filter of a member is no filter");
    world.member().at("3.52").get("/types?name=here").await.fault(400);
}

#[tokio::test]
async fn extra_specs_are_set_and_removed() {
    let world = World::new().await;
    let id = make(&world, json!({"name": "fast"})).await;
    let path = format!("/types/{id}/extra_specs");
    let new = json!({"extra_specs": {"tier": "1", "multiattach": "<is> True"}});
    assert_eq!(world.admin().post(&path, new.clone()).await.expect(200), new);
    let one = json!({"tier": "2"});
    assert_eq!(world.admin().put(&format!("{path}/tier"), one.clone()).await.expect(200), one);
    assert_eq!(world.admin().get(&format!("{path}/tier")).await.expect(200), one);
    let all = json!({"extra_specs": {"multiattach": "<is> True", "tier": "2"}});
    assert_eq!(world.admin().get(&path).await.expect(200), all);

    let other = world.admin().put(&format!("{path}/tier"), json!({"colour": "red"})).await.fault(400);
    assert_eq!(other, "Request body and URI mismatch");
    let refused =
        world.admin().post(&path, json!({"extra_specs": {"cacheable": "<is> True"}})).await.fault(400);
    assert_eq!(refused, "cacheable cannot be set with multiattach.");

    world.admin().delete(&format!("{path}/tier")).await.expect(202);
    let missing = format!("Volume Type {id} has no extra specs with key tier.");
    assert_eq!(world.admin().get(&format!("{path}/tier")).await.fault(404), missing);
    assert_eq!(world.admin().delete(&format!("{path}/tier")).await.fault(404), missing);
}

#[tokio::test]
async fn others_see_only_the_extra_specs_that_are_for_users() {
    let world = World::new().await;
    let id = world.add_type("fast", &[("multiattach", "<is> True"), ("volume_backend_name", "secret")]).await;
    let visible = json!({"multiattach": "<is> True"});
    let reader = world.reader();
    let shown = reader.get(&format!("/types/{id}")).await.expect(200);
    assert_eq!(shown["volume_type"]["extra_specs"], visible);
    assert!(shown["volume_type"].get("qos_specs_id").is_none());
    let specs = reader.get(&format!("/types/{id}/extra_specs")).await.expect(200);
    assert_eq!(specs["extra_specs"], visible);
    reader.get(&format!("/types/{id}/extra_specs/multiattach")).await.expect(200);
    reader.get(&format!("/types/{id}/extra_specs/volume_backend_name")).await.fault(404);
}

#[tokio::test]
async fn extra_specs_of_a_type_in_use_stay() {
    let world = World::new().await;
    let id = world.add_type("used", &[("tier", "1")]).await;
    world.add_volume(PROJECT, id, 1, None).await;
    let path = format!("/types/{id}/extra_specs");
    let why = "Volume Type is currently in use.";
    assert_eq!(world.admin().post(&path, json!({"extra_specs": {"a": "b"}})).await.fault(400), why);
    assert_eq!(world.admin().put(&format!("{path}/tier"), json!({"tier": "2"})).await.fault(400), why);
    assert_eq!(world.admin().delete(&format!("{path}/tier")).await.fault(400), why);
}

#[tokio::test]
async fn no_type_is_encrypted() {
    let world = World::new().await;
    let id = world.add_type("plain", &[]).await;
    assert_eq!(world.admin().get(&format!("/types/{id}/encryption")).await.expect(200), json!({}));
    let cipher = world.admin().get(&format!("/types/{id}/encryption/cipher")).await.fault(404);
    assert_eq!(cipher, format!("Volume type encryption for type {id} does not exist."));
    world.admin().get("/types/x/encryption").await.fault(404);
}

#[tokio::test]
async fn access_is_given_listed_and_withdrawn() {
    let world = World::new().await;
    let id = make(&world, json!({"name": "private", "os-volume-type-access:is_public": false})).await;
    let (list, action) = (format!("/types/{id}/os-volume-type-access"), format!("/types/{id}/action"));
    let give = json!({"addProjectAccess": {"project": OTHER_PROJECT}});
    let withdraw = json!({"removeProjectAccess": {"project": OTHER_PROJECT}});
    assert_eq!(world.admin().get(&list).await.expect(200), json!({"volume_type_access": []}));
    world.admin().post(&action, give.clone()).await.expect(202);
    let expected = json!({"volume_type_access": [{"volume_type_id": id, "project_id": OTHER_PROJECT}]});
    assert_eq!(world.admin().get(&list).await.expect(200), expected);
    assert_eq!(
        world.admin().post(&action, give).await.fault(409),
        format!("Volume type access for {id} / {OTHER_PROJECT} combination already exists.")
    );
    world.admin().post(&action, withdraw.clone()).await.expect(202);
    assert_eq!(
        world.admin().post(&action, withdraw).await.fault(404),
        format!("Volume type access not found for {id} / {OTHER_PROJECT} combination.")
    );
}

#[tokio::test]
async fn public_types_have_no_access_list() {
    let world = World::new().await;
    let id = world.add_type("public", &[]).await;
    let list = world.admin().get(&format!("/types/{id}/os-volume-type-access")).await.fault(404);
    assert_eq!(list, "Access list not available for public volume types.");
    for verb in ["addProjectAccess", "removeProjectAccess"] {
        let body = json!({verb: {"project": PROJECT}});
        let refused = world.admin().post(&format!("/types/{id}/action"), body).await.fault(400);
        let why = "Type access modification is not applicable to public volume type.";
        assert_eq!(refused, format!("Invalid volume type: {why}"));
    }
    let unknown = world.admin().post(&format!("/types/{id}/action"), json!({"dance": {}})).await.fault(400);
    assert!(unknown.starts_with("There is no such action: dance."), "{unknown}");
}
