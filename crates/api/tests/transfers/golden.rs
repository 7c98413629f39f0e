//! Replies have the documented keys and kinds of values, in every revision that changed them.

use serde_json::{Value, json};

use crate::support::arrange::available;
use crate::support::{World, assert_same_shape};
use crate::{accepting, offer};

/// One documented reply a line: what it answers, the revision, the reply without its values.
const REPLIES: &str = include_str!("replies.jsonl");

#[tokio::test]
async fn as_documented() {
    let world = World::new().await;
    let mut compared = 0;
    for line in REPLIES.lines() {
        let documented: Value = serde_json::from_str(line).unwrap();
        let (what, version) = (documented["what"].as_str().unwrap(), documented["version"].as_str().unwrap());
        let volume = available(&world).await;
        let (path, action) = what.split_once(' ').unwrap();
        let member = world.member().at(version);
        let created = match action {
            "create" => {
                let body = json!({"transfer": {"volume_id": volume.to_string(), "name": "first volume"}});
                member.post(&format!("/{path}"), body).await.expect(202)
            }
            _ => json!({"transfer": offer(&world, volume, json!({"name": "first volume"})).await}),
        };
        let id = created["transfer"]["id"].as_str().unwrap().to_owned();
        let reply = match action {
            "create" => created.clone(),
            "show" => member.get(&format!("/{path}/{id}")).await.expect(200),
            "list" => member.get(&format!("/{path}")).await.expect(200),
            "detail" => member.get(&format!("/{path}/detail")).await.expect(200),
            "accept" => {
                let (accept, body) = accepting(&created["transfer"]);
                member.post(&accept, body).await.expect(202)
            }
            other => panic!("{other} is not one of the requests here"),
        };
        assert_same_shape(&reply, &documented["reply"]);
        if action != "accept" {
            world.member().delete(&format!("/volume-transfers/{id}")).await.expect(202);
        }
        compared += 1;
    }
    assert_eq!(compared, 9);
}
