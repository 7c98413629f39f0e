//! Replies have the documented keys and kinds of values, in every revision that changed them.

use serde_json::{Value, json};

use crate::available;
use crate::support::{World, assert_same_shape};

/// One documented reply a line: what it answers, the revision, the reply without its values.
const REPLIES: &str = include_str!("replies.jsonl");

#[tokio::test]
async fn as_documented() {
    let world = World::new().await;
    let fields = json!({"name": "n", "description": "d", "metadata": {"key": "v"}});
    let id = available(&world, fields.clone()).await;
    let seen = world.admin().get(&format!("/snapshots/{id}")).await.expect(200);
    let volume = seen["snapshot"]["volume_id"].clone();
    let mut compared = 0;
    for line in REPLIES.lines() {
        let documented: Value = serde_json::from_str(line).unwrap();
        let (what, version) = (documented["what"].as_str().unwrap(), documented["version"].as_str().unwrap());
        let admin = world.admin().at(version);
        let path = format!("/snapshots/{id}");
        let reply = match what {
            "snapshot-create" => {
                let mut snapshot = fields.clone();
                snapshot["volume_id"] = volume.clone();
                admin.post("/snapshots", json!({"snapshot": snapshot})).await.expect(202)
            }
            "snapshot-show" => admin.get(&path).await.expect(200),
            "snapshot-update" => admin.put(&path, json!({"snapshot": {"name": "n"}})).await.expect(200),
            "snapshots-list" => admin.get("/snapshots").await.expect(200),
            "snapshots-list-detailed" => admin.get("/snapshots/detail").await.expect(200),
            other => panic!("{other} is not one of the requests here"),
        };
        assert_same_shape(&reply, &documented["reply"]);
        compared += 1;
    }
    assert_eq!(compared, 17);
}
