//! `/snapshots/{id}/metadata`.

use serde_json::json;

use crate::available;
use crate::support::World;

#[tokio::test]
async fn pairs_are_added_replaced_and_removed() {
    let world = World::new().await;
    let path = format!("/snapshots/{}/metadata", available(&world, json!({"metadata": {"a": "1"}})).await);
    let member = world.member().at("3.71");
    let added = member.post(&path, json!({"metadata": {"b": "2"}})).await.expect(200);
    assert_eq!(added, json!({"metadata": {"a": "1", "b": "2"}}));
    let one = member.put(&format!("{path}/c"), json!({"meta": {"c": "4"}})).await.expect(200);
    assert_eq!(one, json!({"meta": {"c": "4"}}));
    assert_eq!(member.get(&format!("{path}/c")).await.expect(200), one);
    assert_eq!(member.delete(&format!("{path}/a")).await.status, 200);
    assert_eq!(member.get(&path).await.expect(200), json!({"metadata": {"b": "2", "c": "4"}}));
    let replaced = member.put(&path, json!({"metadata": {}})).await.expect(200);
    assert_eq!(replaced, json!({"metadata": {}}));
}

#[tokio::test]
async fn refusals() {
    let world = World::new().await;
    let id = available(&world, json!({})).await;
    let path = format!("/snapshots/{id}/metadata");
    let missing = format!("Snapshot {id} has no metadata with key b.");
    assert_eq!(world.member().get(&format!("{path}/b")).await.fault(404), missing);
    assert_eq!(world.member().delete(&format!("{path}/b")).await.fault(404), missing);
    let other = json!({"meta": {"b": "1"}});
    let mismatch = world.member().put(&format!("{path}/a"), other).await.fault(400);
    assert_eq!(mismatch, "Request body and URI mismatch");
    world.stranger().get(&path).await.fault(404);
    assert_eq!(
        world.reader().put(&path, json!({"metadata": {}})).await.fault(403),
        "Policy doesn't allow volume:update_snapshot_metadata to be performed."
    );
}
