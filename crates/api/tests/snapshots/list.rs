//! `GET /snapshots` and `GET /snapshots/detail`.

use serde_json::{Value, json};

use crate::support::arrange::NOBODY;
use crate::support::{Client, PROJECT, World};
use crate::{available, create};

fn names(list: &Value) -> String {
    list["snapshots"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap_or("-")).collect()
}

async fn find(client: &Client<'_>, query: &str) -> String {
    names(&client.get(&format!("/snapshots?{query}")).await.expect(200))
}

#[tokio::test]
async fn newest_first_page_by_page() {
    let world = World::new().await;
    for name in ["a", "b", "c"] {
        create(&world, json!({"name": name})).await;
    }
    let page = world.member().get("/snapshots/detail?limit=2").await.expect(200);
    assert_eq!(names(&page), "cb");
    let next = page["snapshots_links"][0]["href"].as_str().unwrap();
    let path = next.strip_prefix(&format!("http://cloud:8776/v3/{PROJECT}")).unwrap();
    assert!(path.starts_with("/snapshots/detail?limit=2&marker="), "{path}");
    let rest = world.member().get(path).await.expect(200);
    assert_eq!(names(&rest), "a");
    assert!(rest.get("snapshots_links").is_none());
    let missing = world.member().get(&format!("/snapshots?marker={NOBODY}")).await.fault(404);
    assert_eq!(missing, format!("Snapshot {NOBODY} could not be found."));
}

#[tokio::test]
async fn filters_sorting_and_count() {
    let world = World::new().await;
    create(&world, json!({"name": "b", "metadata": {"k": "v"}})).await;
    available(&world, json!({"name": "a", "description": "text"})).await;
    let member = world.member().at("3.71");
    for (query, expected) in [
        ("name=a", "a"),
        ("status=available", "a"),
        ("status=creating", "b"),
        ("metadata=%7B%27k%27:%27v%27%7D", "b"),
        ("metadata=%7B%27k%27:%27x%27%7D", ""),
        ("sort=name:asc", "ab"),
        ("sort=name:desc", "ba"),
        ("limit=1&offset=1", "b"),
    ] {
        assert_eq!(find(&member, query).await, expected, "{query}");
    }
    let admin = world.admin().at("3.71");
    for (query, expected) in [
        ("host=node", "ab"),
        ("host=node@backend%23pool", "ab"),
        ("host=elsewhere", ""),
        ("availability_zone=nova", "ab"),
        ("availability_zone=x", ""),
        ("name~=a", "a"),
        ("volume_size=1", "ab"),
        ("volume_size=2", ""),
    ] {
        assert_eq!(find(&admin, query).await, expected, "{query}");
    }
    let counted = member.get("/snapshots?limit=1&with_count=true").await.expect(200);
    assert_eq!(counted["count"], 2);
}

#[tokio::test]
async fn of_one_volume() {
    let world = World::new().await;
    create(&world, json!({"name": "a"})).await;
    create(&world, json!({"name": "b"})).await;
    let listed = world.member().get("/snapshots").await.expect(200);
    let volume = listed["snapshots"][1]["volume_id"].as_str().unwrap();
    assert_eq!(find(&world.member(), &format!("volume_id={volume}")).await, "a");
}

#[tokio::test]
async fn everybodys_snapshots_are_for_administrators() {
    let world = World::new().await;
    create(&world, json!({"name": "mine"})).await;
    world.write(|conn| conn.run("UPDATE snapshots SET project_id = 'theirs'", &[]).map(|_| ())).await;
    create(&world, json!({"name": "new"})).await;
    assert_eq!(find(&world.admin(), "all_tenants=1").await, "newmine");
    assert_eq!(find(&world.admin(), "").await, "new");
    assert_eq!(find(&world.member(), "all_tenants=1").await, "new");
    assert_eq!(find(&world.admin(), "all_tenants=1&project_id=theirs").await, "mine");
}
