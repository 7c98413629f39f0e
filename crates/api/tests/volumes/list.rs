//! `GET /volumes`, `GET /volumes/detail`: pages, order, count, whose.

use model::VolumeId;
use serde_json::{Value, json};

use crate::support::arrange::{NOBODY, create, placed};
use crate::support::{PROJECT, World};

fn names(list: &Value) -> Vec<&str> {
    list["volumes"].as_array().unwrap().iter().map(|volume| volume["name"].as_str().unwrap_or("-")).collect()
}

/// Volumes of the member called so, one after the other, so that the last one is the newest.
async fn make(world: &World, names: &[&str]) -> Vec<VolumeId> {
    let mut ids = Vec::new();
    for name in names {
        ids.push(create(&world.member(), json!({"name": name})).await);
    }
    ids
}

#[tokio::test]
async fn newest_first_page_by_page() {
    let world = World::new().await;
    make(&world, &["a", "b", "c", "d", "e"]).await;
    let member = world.member();
    let mut path = "/volumes/detail?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let page = member.get(&path).await.expect(200);
        pages.push(names(&page).join(""));
        let Some(links) = page.get("volumes_links") else { break };
        assert_eq!(links[0]["rel"], "next");
        let next = links[0]["href"].as_str().unwrap();
        path = next.strip_prefix(&format!("http://cloud:8776/v3/{PROJECT}")).unwrap().to_owned();
        assert!(path.starts_with("/volumes/detail?limit=2&marker="), "{path}");
    }
    assert_eq!(pages, ["ed", "cb", "a"]);
}

#[tokio::test]
async fn a_full_last_page_has_an_empty_one_behind_it() {
    let world = World::new().await;
    let ids = make(&world, &["a", "b"]).await;
    let page = world.member().get("/volumes?limit=2").await.expect(200);
    assert!(page.get("volumes_links").is_some());
    let last = world.member().get(&format!("/volumes?limit=2&marker={}", ids[0])).await.expect(200);
    assert_eq!(last, json!({"volumes": []}));
    assert_eq!(world.member().get("/volumes?limit=0").await.expect(200), json!({"volumes": []}));
}

#[tokio::test]
async fn the_short_form_has_name_and_links_only() {
    let world = World::new().await;
    let ids = make(&world, &["a"]).await;
    let list = world.member().get("/volumes").await.expect(200);
    let keys: Vec<&String> = list["volumes"][0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "name", "links"]);
    assert_eq!(list["volumes"][0]["id"], ids[0].to_string());
}

#[tokio::test]
async fn markers_and_limits_that_are_none() {
    let world = World::new().await;
    make(&world, &["a"]).await;
    let foreign = create(&world.stranger(), json!({})).await.to_string();
    for marker in [NOBODY, "nonsense", &foreign] {
        let message = world.member().get(&format!("/volumes?marker={marker}")).await.fault(404);
        assert_eq!(message, format!("Volume {marker} could not be found."));
    }
    for (query, message) in [
        ("limit=x", "limit param must be an integer"),
        ("limit=-1", "limit param must be positive"),
        ("offset=-1", "offset must be >= 0"),
        ("sort=status:up", "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'."),
        ("sort_key=secret", "Invalid input received: Invalid sort key"),
    ] {
        assert_eq!(world.member().get(&format!("/volumes?{query}")).await.fault(400), message, "{query}");
    }
}

#[tokio::test]
async fn every_order_can_be_walked_and_null_comes_first() {
    let world = World::new().await;
    for (name, size) in
        [(json!("b"), 1), (Value::Null, 2), (json!("a"), 2), (Value::Null, 1), (json!("c"), 1)]
    {
        create(&world.member(), json!({"name": name, "size": size})).await;
    }
    let member = world.member();
    for (sort, expected) in [
        ("name:asc", "--abc"),
        ("name:desc", "cba--"),
        ("size:desc,name:asc", "-a-bc"),
        ("size:asc,name:desc", "cb-a-"),
        ("created_at:asc", "b-a-c"),
    ] {
        let whole = member.get(&format!("/volumes?sort={sort}")).await.expect(200);
        assert_eq!(names(&whole).concat(), expected, "{sort}");
        let whole: Vec<&Value> = whole["volumes"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        for limit in [1, 2, 3] {
            let mut walked = Vec::new();
            let mut marker = String::new();
            loop {
                let page =
                    member.get(&format!("/volumes?sort={sort}&limit={limit}{marker}")).await.expect(200);
                let ids = page["volumes"].as_array().unwrap().clone();
                let Some(last) = ids.last() else { break };
                marker = format!("&marker={}", last["id"].as_str().unwrap());
                walked.extend(ids.iter().map(|volume| volume["id"].clone()));
            }
            assert!(walked.iter().eq(whole.iter().copied()), "{sort} by {limit}");
        }
    }
}

#[tokio::test]
async fn the_older_way_to_sort() {
    let world = World::new().await;
    make(&world, &["b", "a", "c"]).await;
    let list = world.member().get("/volumes?sort_key=name&sort_dir=asc").await.expect(200);
    assert_eq!(names(&list), ["a", "b", "c"]);
    let offset = world.member().get("/volumes?sort=name:asc&offset=1&limit=1").await.expect(200);
    assert_eq!(names(&offset), ["b"]);
}

#[tokio::test]
async fn the_count_is_of_all_pages_and_only_from_3_45_on() {
    let world = World::new().await;
    make(&world, &["a", "b", "a"]).await;
    create(&world.stranger(), json!({})).await;
    let member = world.member().at("3.45");
    let counted = member.get("/volumes?limit=1&with_count=true").await.expect(200);
    assert_eq!(counted["count"], 3);
    let filtered = member.get("/volumes?with_count=1&name=a").await.expect(200);
    assert_eq!(filtered["count"], 2);
    assert!(member.get("/volumes?with_count=false").await.expect(200).get("count").is_none());
    let all = world.admin().at("3.45").get("/volumes?with_count=true&all_tenants=1").await.expect(200);
    assert_eq!(all["count"], 4);
    assert_eq!(
        member.get("/volumes?with_count=much").await.fault(400),
        "Value 'much' for 'with_count' is not a boolean."
    );
}

#[tokio::test]
async fn everybodys_volumes_are_for_administrators() {
    let world = World::new().await;
    make(&world, &["mine"]).await;
    let foreign = create(&world.stranger(), json!({"name": "theirs"})).await;
    let all = world.admin().get("/volumes/detail?all_tenants=1").await.expect(200);
    assert_eq!(names(&all), ["theirs", "mine"]);
    assert_eq!(names(&world.admin().get("/volumes/detail").await.expect(200)), ["mine"]);
    assert_eq!(names(&world.member().get("/volumes/detail?all_tenants=1").await.expect(200)), ["mine"]);
    let theirs = all["volumes"][0]["os-vol-tenant-attr:tenant_id"].as_str().unwrap();
    let of_theirs = format!("/volumes?all_tenants=1&project_id={theirs}");
    assert_eq!(names(&world.admin().get(&of_theirs).await.expect(200)), ["theirs"]);
    let behind = format!("/volumes?all_tenants=1&marker={foreign}");
    assert_eq!(names(&world.admin().get(&behind).await.expect(200)), ["mine"]);
}

#[tokio::test]
async fn a_placed_volume_names_its_type_and_service() {
    let world = World::new().await;
    world.add_type("fast", &[]).await;
    placed(&world, json!({"volume_type": "fast"})).await;
    let listed = world.member().at("3.71").get("/volumes/detail").await.expect(200);
    assert_eq!(listed["volumes"][0]["volume_type"], "fast");
    assert!(listed["volumes"][0]["volume_type_id"].is_string());
    assert!(listed["volumes"][0]["service_uuid"].is_null());
}
