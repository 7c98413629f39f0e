//! How clients find out what is served.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use serde_json::{Value, json};
use support::{World, assert_same_shape};

fn versions() -> Value {
    json!({"versions": [{
        "id": "v3.0",
        "links": [
            {"href": "https://docs.openstack.org/", "rel": "describedby", "type": "text/html"},
            {"href": "http://cloud:8776/v3/", "rel": "self"},
        ],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
        "min_version": "3.0",
        "status": "CURRENT",
        "updated": "2023-08-31T00:00:00Z",
        "version": "3.71",
    }]})
}

#[tokio::test]
async fn anybody_may_ask_which_versions_there_are() {
    let world = World::new().await;
    let answer = world.nobody().at("9.99").ask_at("GET", "/", None).await;
    assert_eq!(answer.expect(300), versions());
    for path in ["/v3", "/v3/"] {
        assert_eq!(world.nobody().ask_at("GET", path, None).await.status, 401);
        let answer = world.reader().ask_at("GET", path, None).await;
        assert_eq!(answer.headers["openstack-api-version"], "volume 3.0");
        assert_eq!(answer.expect(200), versions());
        assert_eq!(world.reader().ask_at("DELETE", path, None).await.status, 404);
    }
}

#[tokio::test]
async fn the_revision_is_agreed_on_or_refused() {
    let world = World::new().await;
    for (asked, answered) in [("3.0", "volume 3.0"), ("3.52", "volume 3.52"), ("latest", "volume 3.71")] {
        let answer = world.reader().at(asked).get("/limits").await;
        assert_eq!(answer.headers["openstack-api-version"], answered);
        assert_eq!(answer.headers["vary"], "OpenStack-API-Version");
        answer.expect(200);
    }
    assert_eq!(world.reader().at("3.72").get("/limits").await.status, 406);
    assert_eq!(world.reader().at("2.0").get("/limits").await.status, 406);
    world.reader().at("three").get("/limits").await.fault(400);
}

#[tokio::test]
async fn extensions_are_listed_and_shown() {
    let world = World::new().await;
    let list = world.reader().get("/extensions").await.expect(200);
    let one = json!({"alias": "", "description": "", "links": [], "name": "", "updated": ""});
    assert_same_shape(&list, &json!({"extensions": [one.clone()]}));
    let shown = world.reader().get("/extensions/os-services").await.expect(200);
    assert_same_shape(&shown, &json!({"extension": one}));
    assert_eq!(shown["extension"]["name"], "Services");
    world.reader().get("/extensions/os-teapots").await.fault(404);
}

#[tokio::test]
async fn filters_are_listed_from_3_33_on() {
    let world = World::new().await;
    let all = world.reader().at("3.33").get("/resource_filters").await.expect(200);
    assert_same_shape(&all, &json!({"resource_filters": [{"filters": [""], "resource": ""}]}));
    let one = world.reader().at("3.33").get("/resource_filters?resource=pool").await.expect(200);
    assert_eq!(one, json!({"resource_filters": [{"resource": "pool", "filters": ["name", "volume_type"]}]}));
    let none = world.reader().at("3.33").get("/resource_filters?resource=teapot").await.expect(200);
    assert_eq!(none, json!({"resource_filters": []}));
    world.reader().at("3.32").get("/resource_filters").await.fault(404);
}

#[tokio::test]
async fn filters_of_lists_are_read_again() {
    let world = World::new().await;
    let member = world.member().at("3.71");
    member.get("/volumes?group_id=x").await.expect(200);
    member.get("/volumes?bootable=true").await.expect(200);
    let filters = api::volume_v3::ResourceFilters::parse(r#"{"volume": ["name~"]}"#).unwrap();
    world.api.lists.set_resource_filters(filters);
    let told = member.get("/volumes?bootable=true").await.fault(400);
    assert_eq!(told, "Invalid filters bootable are found in query options.");
    member.get("/volumes?name~=x").await.expect(200);
    let listed = member.get("/resource_filters").await.expect(200);
    assert_eq!(
        listed,
        serde_json::json!({"resource_filters": [{"resource": "volume", "filters": ["name~"]}]})
    );
}
