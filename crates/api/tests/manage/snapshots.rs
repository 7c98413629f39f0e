//! `POST /manageable_snapshots`, `os-unmanage` of snapshots.

use serde_json::{Value, json};

use crate::support::busy::{Busy, id};
use crate::volumes::stranger;

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_let_go_and_taken_over_again() {
    let busy = Busy::new().await;
    let admin = busy.world.admin().at("3.71");
    let disk = busy.create("volumes", json!({"volume": {"size": 1}})).await;
    busy.wait(&disk, json!("available")).await;
    let old = busy.create("snapshots", json!({"snapshot": {"volume_id": id(&disk)}})).await;
    busy.wait(&old, json!("available")).await;

    busy.member().post(&format!("{old}/action"), json!({"os-unmanage": {}})).await.fault(403);
    admin.post(&format!("{old}/action"), json!({"os-unmanage": {}})).await.expect(202);
    busy.wait(&old, Value::Null).await;

    let name = format!("snapshot-{}", id(&old));
    let body =
        |name: &str| json!({"snapshot": {"volume_id": id(&disk), "ref": {"source-name": name}, "name": "n"}});
    let made = admin.post("/manageable_snapshots", body(&name)).await.expect(202);
    assert_eq!(made["snapshot"]["status"], "creating");
    let new = format!("/snapshots/{}", made["snapshot"]["id"].as_str().unwrap());
    let seen = busy.wait(&new, json!("available")).await;
    assert_eq!((&seen["name"], &seen["size"]), (&json!("n"), &json!(1)));

    stranger(&busy, "large", 2);
    let taken = format!("snapshot-{}", id(&new));
    for (reference, told) in
        [(taken.as_str(), "it is managed already"), ("large", "its 2 GiB are more than the 1 GiB")]
    {
        let made = admin.post("/os-snapshot-manage", body(reference)).await.expect(202);
        let path = format!("/snapshots/{}", made["snapshot"]["id"].as_str().unwrap());
        busy.wait(&path, json!("error")).await;
        let messages = admin.get(&format!("/messages?resource_uuid={}", id(&path))).await.expect(200);
        let text = messages["messages"][0]["user_message"].as_str().unwrap().to_owned();
        assert!(text.contains(told), "{text}");
        admin.delete(&path).await.expect(202);
        busy.wait(&path, Value::Null).await;
    }
    assert!(busy.backend.path().join("large").exists());
    busy.wait(&new, json!("available")).await;
    busy.stop().await;
}
