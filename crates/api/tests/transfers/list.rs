//! Lists.

use serde_json::{Value, json};

use crate::offer;
use crate::support::World;
use crate::support::arrange::available;

fn names(reply: &Value) -> Vec<&str> {
    reply["transfers"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect()
}

async fn three(world: &World) {
    for name in ["a", "b", "c"] {
        let volume = available(world).await;
        offer(world, volume, json!({"name": name})).await;
    }
}

#[tokio::test]
async fn in_pages_from_3_59_on() {
    let world = World::new().await;
    three(&world).await;
    let member = world.member().at("3.59");
    assert_eq!(names(&member.get("/volume-transfers").await.expect(200)), ["c", "b", "a"]);
    let page = member.get("/volume-transfers?limit=2&sort=display_name:asc").await.expect(200);
    assert_eq!(names(&page), ["a", "b"]);
    let next = page["transfers_links"][0]["href"].as_str().unwrap();
    let (_, query) = next.split_once("/volume-transfers?").unwrap();
    let page = member.get(&format!("/volume-transfers/detail?{query}")).await.expect(200);
    assert_eq!(names(&page), ["c"]);
    let detail = member.get("/volume-transfers/detail?limit=1").await.expect(200);
    assert!(detail["transfers_links"][0]["href"].as_str().unwrap().contains("/volume-transfers/detail?"));
    assert_eq!(names(&member.get("/volume-transfers?offset=2").await.expect(200)), ["a"]);
    let unknown = member.get("/volume-transfers?marker=nothing").await.fault(404);
    assert_eq!(unknown, "Transfer nothing could not be found.");
    let sort = member.get("/volume-transfers?sort=salt").await.fault(400);
    assert_eq!(sort, "Invalid input received: Invalid sort key");
}

#[tokio::test]
async fn oldest_first_before_and_on_the_older_path() {
    let world = World::new().await;
    three(&world).await;
    for (version, path) in [("3.58", "/volume-transfers"), ("3.71", "/os-volume-transfer")] {
        let member = world.member().at(version);
        assert_eq!(names(&member.get(path).await.expect(200)), ["a", "b", "c"]);
        assert_eq!(names(&member.get(&format!("{path}/detail?limit=1&offset=1")).await.expect(200)), ["b"]);
    }
}

#[tokio::test]
async fn of_ones_own_project_and_by_filter() {
    let world = World::new().await;
    three(&world).await;
    let stranger = world.stranger().at("3.71");
    assert_eq!(names(&stranger.get("/volume-transfers?all_tenants=1").await.expect(200)), [""; 0]);
    let admin = world.admin().at("3.71");
    assert_eq!(names(&admin.get("/volume-transfers?all_tenants=1&sort=id").await.expect(200)).len(), 3);
    let member = world.member().at("3.71");
    assert_eq!(names(&member.get("/volume-transfers?name=b").await.expect(200)), ["b"]);
    assert_eq!(names(&member.get("/volume-transfers?no_snapshots=true").await.expect(200)), [""; 0]);
    assert_eq!(names(&member.get("/volume-transfers?accepted=true").await.expect(200)), [""; 0]);
    assert_eq!(names(&member.get("/volume-transfers?project_id=x").await.expect(200)).len(), 3);
    assert_eq!(world.nobody().get("/volume-transfers").await.status, 401);
}
