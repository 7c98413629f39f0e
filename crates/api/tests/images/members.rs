//! Sharing.

use serde_json::json;

use crate::support::OTHER_PROJECT;
use crate::world::World;

#[tokio::test]
async fn an_image_is_shared_accepted_and_taken_back() {
    let world = World::new().await;
    let id = world.create(json!({})).await;
    let members = format!("/v2/images/{id}/members");
    let member = format!("{members}/{OTHER_PROJECT}");
    world.get("stranger", &member).await.refused(404);
    world.post("stranger", &members, json!({"member": OTHER_PROJECT})).await.refused(404);
    let added = world.post("member", &members, json!({"member": OTHER_PROJECT})).await.expect(200);
    assert_eq!((&added["status"], &added["image_id"]), (&json!("pending"), &json!(id)));
    world.post("member", &members, json!({"member": OTHER_PROJECT})).await.refused(409);
    // The stranger sees it now, but not yet in lists.
    world.get("stranger", &format!("/v2/images/{id}")).await.expect(200);
    let listed = |list: serde_json::Value| list["images"].as_array().unwrap().len();
    assert_eq!(listed(world.get("stranger", "/v2/images").await.expect(200)), 0);
    let status = |status: &str| json!({"status": status}).to_string();
    world.send("member", "PUT", &member, &[], status("accepted")).await.refused(403);
    world.send("stranger", "PUT", &member, &[], status("wrong")).await.refused(400);
    world.send("stranger", "PUT", &member, &[], status("accepted")).await.expect(200);
    assert_eq!(listed(world.get("stranger", "/v2/images").await.expect(200)), 1);
    assert_eq!(world.get("stranger", &members).await.expect(200)["members"].as_array().unwrap().len(), 1);
    world.send("stranger", "DELETE", &member, &[], "").await.refused(403);
    world.send("stranger", "DELETE", &format!("/v2/images/{id}"), &[], "").await.refused(403);
    world.send("member", "DELETE", &member, &[], "").await.expect(204);
    world.get("stranger", &format!("/v2/images/{id}")).await.refused(404);
    world.send("member", "DELETE", &member, &[], "").await.refused(404);
}

#[tokio::test]
async fn only_shared_images_have_members_and_not_too_many() {
    let world = World::new().await;
    let private = world.create(json!({"visibility": "private"})).await;
    let refused =
        world.post("member", &format!("/v2/images/{private}/members"), json!({"member": "a"})).await;
    refused.refused(403);
    let id = world.create(json!({})).await;
    let members = format!("/v2/images/{id}/members");
    world.post("member", &members, json!({})).await.refused(400);
    world.post("member", &members, json!({"member": ""})).await.refused(400);
    for project in ["a", "b"] {
        world.post("member", &members, json!({"member": project})).await.expect(200);
    }
    world.post("member", &members, json!({"member": "c"})).await.refused(413);
    world.get("member", &format!("{members}/c")).await.refused(404);
}
