//! Replies have the documented keys and kinds of values, in every revision that changed them.

use serde_json::{Value, json};

use crate::support::arrange::available;
use crate::support::{World, assert_same_shape};

/// One documented reply a line: what it answers, the revision, the reply without its values.
const REPLIES: &str = include_str!("replies.jsonl");

#[tokio::test]
async fn as_documented() {
    let world = World::new().await;
    let id = available(&world).await;
    let mut seen = 0;
    for line in REPLIES.lines() {
        let documented: Value = serde_json::from_str(line).unwrap();
        let (what, version) = (documented["what"].as_str().unwrap(), documented["version"].as_str().unwrap());
        let admin = world.admin().at(version);
        let path = format!("/volumes/{id}");
        let reply = match what {
            "volume-create" => {
                let created = admin.post("/volumes", json!({"volume": {"size": 1}})).await.expect(202);
                let made = format!("/volumes/{}", created["volume"]["id"].as_str().unwrap());
                world.write(|conn| conn.run("UPDATE operations SET exclusive_key = NULL", &[])).await;
                admin.delete(&made).await.expect(202);
                created
            }
            "volume-show" => {
                admin.put(&format!("{path}/metadata"), json!({"metadata": {}})).await.expect(200);
                admin.get(&path).await.expect(200)
            }
            "volume-update" => {
                let body = json!({"volume": {"name": "n", "description": "d", "metadata": {"name": "m"}}});
                admin.put(&path, body).await.expect(200)
            }
            "volumes-list" => admin.get("/volumes").await.expect(200),
            "volumes-list-detailed" => {
                admin.put(&format!("{path}/metadata"), json!({"metadata": {}})).await.expect(200);
                admin.get("/volumes/detail").await.expect(200)
            }
            other => panic!("{other} is not one of the requests here"),
        };
        assert_same_shape(&reply, &documented["reply"]);
        seen += 1;
    }
    assert_eq!(seen, 33);
}
