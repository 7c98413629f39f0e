//! `/volumes/{id}/metadata`.

use model::VolumeStatus;
use serde_json::json;

use crate::support::World;
use crate::support::arrange::{available, placed, set_status};

#[tokio::test]
async fn pairs_are_added_replaced_and_removed() {
    let world = World::new().await;
    let path = format!("/volumes/{}/metadata", available(&world).await);
    let member = world.member();
    let added = member.post(&path, json!({"metadata": {"a": "1", "b": "2"}})).await.expect(200);
    assert_eq!(added, json!({"metadata": {"a": "1", "b": "2"}}));
    let added = member.post(&path, json!({"metadata": {"b": "3"}})).await.expect(200);
    assert_eq!(added, json!({"metadata": {"a": "1", "b": "3"}}));
    let one = member.put(&format!("{path}/c"), json!({"meta": {"c": "4"}})).await.expect(200);
    assert_eq!(one, json!({"meta": {"c": "4"}}));
    assert_eq!(member.get(&format!("{path}/c")).await.expect(200), one);
    let gone = member.delete(&format!("{path}/a")).await;
    assert_eq!((gone.status, gone.body.is_null()), (200, true));
    assert_eq!(member.get(&path).await.expect(200), json!({"metadata": {"b": "3", "c": "4"}}));
    let replaced = member.put(&path, json!({"metadata": {"z": ""}})).await.expect(200);
    assert_eq!(replaced, json!({"metadata": {"z": ""}}));
}

#[tokio::test]
async fn refusals() {
    let world = World::new().await;
    let id = placed(&world, json!({"metadata": {"a": "1"}})).await;
    let path = format!("/volumes/{id}/metadata");
    let member = world.member();
    let missing = format!("Volume {id} has no metadata with key b.");
    assert_eq!(member.get(&format!("{path}/b")).await.fault(404), missing);
    assert_eq!(member.delete(&format!("{path}/b")).await.fault(404), missing);
    let other = json!({"meta": {"b": "1"}});
    assert_eq!(member.put(&format!("{path}/a"), other).await.fault(400), "Request body and URI mismatch");
    world.stranger().get(&path).await.fault(404);
    assert_eq!(
        world.reader().post(&path, json!({"metadata": {}})).await.fault(403),
        "Policy doesn't allow volume:create_volume_metadata to be performed."
    );
    set_status(&world, id, VolumeStatus::Uploading).await;
    assert_eq!(
        member.post(&path, json!({"metadata": {"b": "1"}})).await.fault(400),
        "Invalid volume: Updating volume metadata is not allowed for volumes in uploading status."
    );
    assert_eq!(
        member.delete(&format!("{path}/a")).await.fault(400),
        "Invalid volume: Deleting volume metadata is not allowed for volumes in uploading status."
    );
}

#[tokio::test]
async fn from_3_15_on_a_write_can_depend_on_what_was_read() {
    let world = World::new().await;
    let path = format!("/volumes/{}/metadata", placed(&world, json!({"metadata": {"a": "1"}})).await);
    let member = || world.member().at("3.15");
    let read = member().get(&path).await;
    let tag = read.headers["etag"].to_str().unwrap().to_owned();
    assert!(world.member().at("3.14").get(&path).await.headers.get("etag").is_none());

    let body = || json!({"metadata": {"a": "2"}});
    let refused = member().with_header("if-match", "stale").put(&path, body()).await;
    assert_eq!((refused.status, refused.body.is_null()), (412, true));
    let unknown = world.member().at("3.14").with_header("if-match", "stale");
    unknown.put(&path, json!({"metadata": {"a": "1"}})).await.expect(200);

    member().with_header("if-match", &tag).put(&path, body()).await.expect(200);
    let late = member().with_header("if-match", format!("\"{tag}\""));
    let stale = late.put(&format!("{path}/a"), json!({"meta": {"a": "3"}})).await;
    assert_eq!(stale.status, 412);
    assert_eq!(member().get(&path).await.expect(200), body());
}

#[tokio::test]
async fn there_is_an_end_to_pairs() {
    let world = World::new().await;
    let path = format!("/volumes/{}/metadata", available(&world).await);
    let many = |from: usize| -> serde_json::Value {
        let pairs = (from..from + 300).map(|n| (format!("key{n}"), json!("v")));
        json!({"metadata": serde_json::Map::from_iter(pairs)})
    };
    world.member().post(&path, many(0)).await.expect(200);
    let message = world.member().post(&path, many(300)).await.fault(400);
    assert_eq!(message, "Invalid input received: Metadata can have at most 512 pairs.");
}
