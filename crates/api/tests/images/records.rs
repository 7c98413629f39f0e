//! Records: made, shown, changed, deleted.

use serde_json::{Value, json};

use crate::support::{OTHER_PROJECT, PROJECT};
use crate::world::World;

#[tokio::test]
async fn a_record_is_made_and_shown() {
    let world = World::new().await;
    let fields = json!({"name": "n", "os": "linux", "tags": ["a", "b"], "min_disk": 2, "kernel_id": null});
    let made = world.post("member", "/v2/images", fields).await;
    assert_eq!(made.header("openstack-image-import-methods"), "glance-direct,copy-image");
    assert_eq!(made.header("openstack-image-store-ids"), "one,two");
    let made = made.expect(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made, world.show(id).await);
    let shown = |key: &str| made[key].clone();
    assert_eq!(shown("status"), "queued");
    assert_eq!(shown("visibility"), "shared");
    assert_eq!(shown("owner"), PROJECT);
    assert_eq!((shown("os"), shown("min_disk"), shown("size")), (json!("linux"), json!(2), Value::Null));
    assert_eq!(shown("self"), format!("/v2/images/{id}"));
    assert_eq!((shown("locations"), shown("tags")), (json!([]), json!(["a", "b"])));
    assert!(shown("created_at").as_str().unwrap().ends_with('Z'));
    world.get("stranger", &format!("/v2/images/{id}")).await.refused(404);
    world.get("admin", &format!("/v2/images/{id}")).await.expect(200);
    world.post("member", "/v2/images", json!({"id": id})).await.refused(409);
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let world = World::new().await;
    for (body, status) in [
        (json!([]), 400),
        (json!({"disk_format": "wrong"}), 400),
        (json!({"container_format": 1}), 400),
        (json!({"visibility": "secret"}), 400),
        (json!({"min_ram": -1}), 400),
        (json!({"min_ram": 1_u64 << 40}), 400),
        (json!({"id": "x"}), 400),
        (json!({"name": "x".repeat(256)}), 400),
        (json!({"custom": 1}), 400),
        (json!({"tags": "a"}), 400),
        (json!({"status": "active"}), 403),
        (json!({"self": "x"}), 403),
        (json!({"deleted": "x"}), 403),
        (json!({"os_glance_x": "x"}), 403),
        (json!({"locations": []}), 403),
        (json!({"owner": OTHER_PROJECT}), 403),
        (json!({"visibility": "public"}), 403),
        (json!({"a": "1", "b": "1", "c": "1", "d": "1", "e": "1"}), 413),
        (json!({"tags": ["a", "b", "c"]}), 413),
    ] {
        world.post("member", "/v2/images", body).await.refused(status);
    }
    world.post("reader", "/v2/images", json!({})).await.refused(403);
    let made =
        world.post("admin", "/v2/images", json!({"visibility": "public", "owner": OTHER_PROJECT})).await;
    assert_eq!(made.expect(201)["owner"], OTHER_PROJECT);
    assert_eq!(world.get("reader", "/v2/images").await.expect(200)["images"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let world = World::new().await;
    let id = world.create(json!({"a": "1", "b": "2"})).await;
    let changes = json!([
        {"op": "replace", "path": "/name", "value": "new"},
        {"op": "add", "path": "/x~1y", "value": "slash"},
        {"op": "remove", "path": "/a"},
        {"op": "replace", "path": "/b", "value": "3"},
        {"op": "replace", "path": "/tags", "value": ["t"]},
    ]);
    let changed = world.patch("member", &id, changes).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["x/y"], &changed["b"]),
        (&json!("new"), &json!("slash"), &json!("3"))
    );
    assert_eq!((&changed["a"], &changed["tags"]), (&Value::Null, &json!(["t"])));
    assert_eq!(changed, world.show(&id).await);
}

#[tokio::test]
async fn a_patch_that_cannot_be_leaves_everything() {
    let world = World::new().await;
    let id = world.create(json!({"a": "1"})).await;
    let before = world.show(&id).await;
    let op = |op: &str, path: &str, value: Value| json!([{"op": "add", "path": "/z", "value": "1"}, {"op": op, "path": path, "value": value}]);
    for (changes, status) in [
        (json!({}), 400),
        (json!([1]), 400),
        (json!([{"path": "/a"}]), 400),
        (json!([{"op": "move", "path": "/a"}]), 400),
        (json!([{"op": "add", "path": "/a"}]), 400),
        (op("add", "a", json!("1")), 400),
        (op("add", "/a//b", json!("1")), 400),
        (op("add", "/a/", json!("1")), 400),
        (op("add", "/a~2", json!("1")), 400),
        (op("add", "/a/b", json!("1")), 400),
        (op("replace", "/disk_format", json!("wrong")), 400),
        (op("replace", "/status", json!("active")), 403),
        (op("replace", "/id", json!("x")), 403),
        (op("add", "/os_glance_x", json!("x")), 403),
        (op("remove", "/name", json!(null)), 403),
        (op("replace", "/owner", json!("x")), 403),
        (op("replace", "/visibility", json!("public")), 403),
        (op("replace", "/nothing", json!("x")), 409),
        (op("remove", "/nothing", json!(null)), 409),
        (op("add", "/locations/-", json!({"url": "file:///etc/passwd", "metadata": {}})), 400),
        (op("replace", "/locations", json!([])), 403),
    ] {
        let refused = world.patch("member", &id, changes.clone()).await;
        assert_eq!(refused.status, status, "{changes}");
        assert_eq!(world.show(&id).await, before, "{changes}");
    }
    let kind = [("content-type", "application/json")];
    let refused = world.send("member", "PATCH", &format!("/v2/images/{id}"), &kind, "[]").await;
    assert!(refused.status == 415 && refused.header("accept-patch").contains("v2.1-json-patch"));
    world.patch("reader", &id, op("add", "/q", json!("1"))).await.refused(403);
    world.patch("stranger", &id, op("add", "/q", json!("1"))).await.refused(404);
}

#[tokio::test]
async fn the_older_draft_of_patches_is_understood() {
    let world = World::new().await;
    let id = world.create(json!({"a": "1"})).await;
    let kind = [("content-type", "application/openstack-images-v2.0-json-patch")];
    let path = format!("/v2/images/{id}");
    let changes = json!([{"replace": "/a", "value": "2"}]).to_string();
    assert_eq!(world.send("member", "PATCH", &path, &kind, changes).await.expect(200)["a"], "2");
    let again = json!([{"add": "/a", "value": "2"}]).to_string();
    world.send("member", "PATCH", &path, &kind, again).await.refused(409);
}

#[tokio::test]
async fn a_protected_image_is_not_deleted() {
    let world = World::new().await;
    let id = world.create(json!({"protected": true})).await;
    let path = format!("/v2/images/{id}");
    world.send("member", "DELETE", &path, &[], "").await.refused(403);
    world
        .patch("member", &id, json!([{"op": "replace", "path": "/protected", "value": false}]))
        .await
        .expect(200);
    world.send("reader", "DELETE", &path, &[], "").await.refused(403);
    world.send("member", "DELETE", &path, &[], "").await.expect(204);
    world.get("member", &path).await.refused(404);
    world.send("member", "DELETE", &path, &[], "").await.refused(404);
    // What is being removed keeps its identifier for a while.
    world.post("member", "/v2/images", json!({"id": id})).await.refused(409);
}

#[tokio::test]
async fn tags_are_added_and_removed() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let tag = |tag: &str| format!("/v2/images/{id}/tags/{tag}");
    world.send("member", "PUT", &tag("a"), &[], "").await.expect(204);
    world.send("member", "PUT", &tag("a"), &[], "").await.expect(204);
    world.send("member", "PUT", &tag("b%20c"), &[], "").await.expect(204);
    assert_eq!(world.show(&id).await["tags"], json!(["a", "b c"]));
    world.send("member", "PUT", &tag("d"), &[], "").await.refused(413);
    world.send("member", "PUT", &tag(&"x".repeat(256)), &[], "").await.refused(400);
    world.send("member", "DELETE", &tag("a"), &[], "").await.expect(204);
    world.send("member", "DELETE", &tag("a"), &[], "").await.refused(404);
    world.send("reader", "PUT", &tag("d"), &[], "").await.refused(403);
}
