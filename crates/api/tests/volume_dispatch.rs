//! What every route has in common: tokens, projects, revisions, request identifiers, and paths that lead nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use api::volume_v3::table::ROUTES;
use support::{OTHER_PROJECT, World};

/// A path of the table with something for every part.
fn path(pattern: &str) -> String {
    let parts = pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_route_wants_a_token() {
    let world = World::new().await;
    for route in ROUTES {
        for prefix in ["/v3", &format!("/v3/{OTHER_PROJECT}")] {
            let path = format!("{prefix}{}", path(route.path));
            let body = route.action.map(|action| format!("{{\"{action}\": {{}}}}"));
            let answer = world.nobody().ask_at(route.method, &path, body).await;
            assert_eq!(answer.status, 401, "{} {path}", route.method);
            assert!(answer.headers.contains_key("www-authenticate"), "{} {path}", route.method);
            assert_eq!(answer.body["error"]["code"], 401);
        }
    }
}

#[tokio::test]
async fn every_route_refuses_another_project_in_its_url() {
    let world = World::new().await;
    for route in ROUTES {
        let path = format!("/v3/{OTHER_PROJECT}{}", path(route.path));
        let body = route.action.map(|action| format!("{{\"{action}\": {{}}}}"));
        let answer = world.admin().at("3.71").ask_at(route.method, &path, body).await;
        assert_eq!(answer.fault(400), "Malformed request url", "{} {path}", route.method);
    }
}

#[tokio::test]
async fn paths_and_methods_that_nothing_serves_cannot_be_found() {
    let world = World::new().await;
    for (method, path) in [("GET", "/nonsense"), ("PATCH", "/volumes/x"), ("GET", "/volumes/x/y/z")] {
        let message = world.admin().ask(method, path, None).await.fault(404);
        assert_eq!(message, "The resource could not be found.", "{method} {path}");
    }
}
