//! Every route: nobody gets in without a token, and what is none is told.

use api::image_v2::table::ROUTES;
use axum::body::Body;

use crate::world::World;

#[tokio::test]
async fn no_route_answers_without_a_token() {
    let world = World::new().await;
    for route in ROUTES {
        let path = route.path.replace(['{', '}'], "x");
        let answer = world.send("nobody", route.method, &path, &[], Body::empty()).await;
        assert_eq!(answer.status, 401, "{} {}", route.method, route.path);
        assert!(answer.header("www-authenticate").contains("http://identity:5000/v3"));
    }
}

#[tokio::test]
async fn versions_need_no_token_and_other_methods_are_refused() {
    let world = World::new().await;
    for (path, status) in [("/", 300), ("/versions", 200)] {
        let versions = world.get("nobody", path).await.expect(status);
        assert_eq!(versions["versions"][0]["status"], "CURRENT");
        assert_eq!(versions["versions"][0]["links"][0]["href"], "http://cloud:9292/v2/");
    }
    let answer = world.send("admin", "PUT", "/v2/images", &[], Body::empty()).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"));
    assert!(world.get("admin", "/v2/nothing").await.refused(404).starts_with("<html>"));
    let json = [("accept", "application/json")];
    let refused = world.send("admin", "GET", "/v2/images/x", &json, Body::empty()).await;
    assert_eq!(refused.expect(404)["title"], "Not Found");
}

#[tokio::test]
async fn schemas_and_what_there_is() {
    let world = World::new().await;
    for (path, name) in [("image", "image"), ("members", "members"), ("metadefs/tag", "tag")] {
        assert_eq!(world.get("reader", &format!("/v2/schemas/{path}")).await.expect(200)["name"], name);
    }
    world.get("reader", "/v2/schemas/nothing").await.refused(404);
    let methods = world.get("reader", "/v2/info/import").await.expect(200);
    assert_eq!(methods["import-methods"]["value"][0], "glance-direct");
    let stores = world.get("reader", "/v2/info/stores").await.expect(200);
    assert_eq!(stores["stores"][0]["default"], "true");
    world.get("member", "/v2/info/stores/detail").await.refused(403);
    assert_eq!(world.get("admin", "/v2/info/stores/detail").await.expect(200)["stores"][1]["weight"], 2);
    world.create(serde_json::json!({})).await;
    let usage = world.get("member", "/v2/info/usage").await.expect(200);
    assert_eq!(usage["usage"]["image_count_total"]["usage"], 1);
    // There is no cache here.
    world.get("admin", "/v2/cache").await.refused(404);
    world.get("member", "/v2/cache").await.refused(403);
}
