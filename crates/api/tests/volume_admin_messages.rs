//! User messages.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use model::Timestamp;
use serde_json::{Value, json};
use support::{OTHER_PROJECT, PROJECT, World, assert_same_shape};

const NO_POOL: &str = "VOLUME_VOLUME_001_003";
const NO_ROOM: &str = "VOLUME_VOLUME_007_001";

fn ids(list: &Value) -> Vec<String> {
    let messages = list["messages"].as_array().unwrap();
    messages.iter().map(|message| message["id"].as_str().unwrap().to_owned()).collect()
}

fn shape() -> Value {
    json!({
        "request_id": "", "links": [{"href": "", "rel": ""}], "message_level": "", "event_id": "",
        "created_at": "", "guaranteed_until": "", "resource_uuid": "", "id": "", "resource_type": "",
        "user_message": "",
    })
}

#[tokio::test]
async fn a_message_is_listed_shown_and_removed() {
    let world = World::new().await;
    let id = world.add_message(PROJECT, NO_POOL).await;
    let member = world.member().at("3.3");
    let list = member.get("/messages").await.expect(200);
    assert_same_shape(&list, &json!({"messages": [shape()]}));
    let path = format!("/messages/{id}");
    let shown = member.get(&path).await.expect(200);
    assert_same_shape(&shown, &json!({"message": shape()}));
    assert_eq!(shown["message"]["event_id"], NO_POOL);
    let links = &shown["message"]["links"];
    assert_eq!(links[0]["href"], format!("http://cloud:8776/v3/{PROJECT}/messages/{id}"));
    assert_eq!(links[1]["href"], format!("http://cloud:8776/{PROJECT}/messages/{id}"));

    let forbidden = world.reader().at("3.3").delete(&path).await.fault(403);
    assert_eq!(forbidden, "Policy doesn't allow message:delete to be performed.");
    assert_eq!(member.delete(&path).await.expect(204), Value::Null);
    assert_eq!(member.get(&path).await.fault(404), format!("Message {id} could not be found."));
    member.delete(&path).await.fault(404);
}

#[tokio::test]
async fn a_message_is_kept_as_long_as_the_configuration_says() {
    let world = World::with(|settings| settings.message_ttl_s = 90_000).await;
    let id = world.add_message(PROJECT, NO_POOL).await;
    let member = world.member().at("3.3");
    let time = |message: &Value, key: &str| Timestamp::parse(message[key].as_str().unwrap()).unwrap();
    let shown = member.get(&format!("/messages/{id}")).await.expect(200)["message"].clone();
    let kept = time(&shown, "guaranteed_until").since(time(&shown, "created_at"));
    assert!((89_999_000_000..=90_000_000_000).contains(&kept), "{shown}");
    let listed = member.get("/messages?sort=expires_at:desc").await.expect(200);
    assert_eq!(listed["messages"][0]["guaranteed_until"], shown["guaranteed_until"]);
}

#[tokio::test]
async fn messages_came_with_3_3() {
    let world = World::new().await;
    let id = world.add_message(PROJECT, NO_POOL).await;
    world.member().at("3.2").get("/messages").await.fault(404);
    world.member().at("3.2").get(&format!("/messages/{id}")).await.fault(404);
    world.member().at("3.2").delete(&format!("/messages/{id}")).await.fault(404);
}

#[tokio::test]
async fn a_project_sees_its_own_messages_and_an_administrator_all() {
    let world = World::new().await;
    let mine = world.add_message(PROJECT, NO_POOL).await.to_string();
    let theirs = world.add_message(OTHER_PROJECT, NO_POOL).await.to_string();
    let member = world.member().at("3.71");
    assert_eq!(ids(&member.get("/messages").await.expect(200)), [mine.as_str()]);
    assert_eq!(
        member.get(&format!("/messages/{theirs}")).await.fault(404),
        format!("Message {theirs} could not be found.")
    );
    member.delete(&format!("/messages/{theirs}")).await.fault(404);
    member.get(&format!("/messages?marker={theirs}")).await.fault(404);

    let admin = world.admin().at("3.71");
    assert_eq!(ids(&admin.get("/messages").await.expect(200)), [theirs.as_str(), mine.as_str()]);
    let of_project = admin.get(&format!("/messages?project_id={PROJECT}")).await.expect(200);
    assert_eq!(ids(&of_project), [mine.as_str()]);
    admin.get(&format!("/messages/{theirs}")).await.expect(200);
}

#[tokio::test]
async fn messages_are_filtered_and_sorted() {
    let world = World::new().await;
    let first = world.add_message(PROJECT, NO_POOL).await.to_string();
    let second = world.add_message(PROJECT, NO_ROOM).await.to_string();
    let member = world.member().at("3.71");
    let ask = |query: &'static str| {
        let member = member.clone();
        async move { ids(&member.get(&format!("/messages{query}")).await.expect(200)) }
    };
    assert_eq!(ask("?event_id=VOLUME_VOLUME_007_001").await, [second.as_str()]);
    assert_eq!(ask("?message_level=WARNING").await, [""; 0]);
    assert_eq!(ask("?sort=event_id:asc").await, [first.as_str(), second.as_str()]);
    assert_eq!(ask("?sort_key=event_id&sort_dir=desc").await, [second.as_str(), first.as_str()]);
    member.get("/messages?colour=red").await.fault(400);
    member.get("/messages?sort=colour").await.fault(400);
    let before = world.member().at("3.4").get("/messages?event_id=x&sort=colour").await.expect(200);
    assert_eq!(ids(&before).len(), 2, "before 3.5 the query says nothing");
}

#[tokio::test]
async fn pages_go_through_all_messages_once() {
    let world = World::new().await;
    let mut all = Vec::new();
    for event in [NO_POOL, NO_ROOM, NO_POOL, NO_ROOM, NO_POOL] {
        all.push(world.add_message(PROJECT, event).await.to_string());
    }
    for sort in ["created_at:asc", "event_id:desc,created_at:asc", "request_id", "resource_uuid:asc"] {
        let mut path = format!("/messages?limit=2&sort={sort}");
        let mut seen = Vec::new();
        for _ in 0..all.len() {
            let page = world.member().at("3.5").get(&path).await.expect(200);
            seen.extend(ids(&page));
            let Some(next) = page.get("messages_links") else { break };
            let href = next[0]["href"].as_str().unwrap();
            path = href.strip_prefix(&format!("http://cloud:8776/v3/{PROJECT}")).unwrap().to_owned();
        }
        let whole = world.member().at("3.5").get(&format!("/messages?sort={sort}")).await.expect(200);
        assert_eq!(seen, ids(&whole), "{sort}");
        assert_eq!(seen.len(), all.len(), "{sort}");
    }
}
