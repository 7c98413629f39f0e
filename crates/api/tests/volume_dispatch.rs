//! What every route has in common: tokens, projects, revisions, request identifiers, and paths that lead nowhere.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail by panicking")]

mod support;

use api::volume_v3::Rates;
use api::volume_v3::table::ROUTES;
use support::{OTHER_PROJECT, PROJECT, World};

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
async fn services_go_on_with_tokens_that_have_ended() {
    let world = World::new().await;
    let status = async |service_token: Option<&'static str>| {
        let user = match service_token {
            Some(token) => world.late().with_header("x-service-token", token),
            None => world.late(),
        };
        user.get("/types").await.status
    };
    assert_eq!(status(None).await, 401);
    assert_eq!(status(Some("service")).await, 200);
    assert_eq!(status(Some("member")).await, 401);
    assert_eq!(status(Some("unknown")).await, 401);
}

#[tokio::test]
async fn a_project_that_asks_too_often_is_told_when_to_come_back() {
    let world = World::new().await.limited_to(Rates::new(1, 2));
    assert_eq!(world.member().get("/types").await.status, 200);
    assert_eq!(world.admin().get("/types").await.status, 200);
    let refused = world.member().get("/types").await;
    let wait: u32 = refused.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(refused.body["overLimit"]["retryAfter"], wait.to_string());
    assert_eq!(refused.fault(429), "Too many requests of this project.");
    assert_eq!(world.stranger().get("/types").await.status, 200);
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
async fn every_route_works_without_a_project_in_its_url() {
    let world = World::new().await;
    for path in ["/v3/types", "/v3/limits", "/v3/os-services", "/v3/extensions/os-services"] {
        world.admin().ask_at("GET", path, None).await.expect(200);
    }
}

#[tokio::test]
async fn every_answer_names_its_request() {
    let world = World::new().await;
    let mut seen = Vec::new();
    for path in ["/types", "/types/x", "/nonsense", "/limits"] {
        let answer = world.admin().get(path).await;
        let id = answer.headers["x-openstack-request-id"].to_str().unwrap().to_owned();
        assert!(id.starts_with("req-") && id.len() == 40, "{id}");
        assert_eq!(answer.headers["x-compute-request-id"], id.as_str());
        seen.push(id);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[tokio::test]
async fn paths_and_methods_that_nothing_serves_cannot_be_found() {
    let world = World::new().await;
    for (method, path) in [
        ("GET", "/nonsense"),
        ("PATCH", "/types/x"),
        ("POST", "/limits"),
        ("DELETE", "/os-services"),
        ("GET", "/types/x/y/z"),
        ("DELETE", "/groups/00000000-0000-4000-8000-000000000000"),
        ("DELETE", "/consistencygroups/00000000-0000-4000-8000-000000000000"),
        ("GET", "/"),
        ("GET", ""),
    ] {
        let message = world.admin().ask(method, path, None).await.fault(404);
        assert_eq!(message, "The resource could not be found.", "{method} {path}");
        let without_token = world.nobody().ask(method, path, None).await;
        assert_eq!(without_token.status, 401, "{method} {path}: not for everybody to know");
    }
    for path in ["/v3/no-project/types", "/v4", "/v3x/types", "/types"] {
        world.admin().ask_at("GET", path, None).await.fault(404);
    }
    world.nobody().ask_at("GET", "/types", None).await.fault(404);
}

#[tokio::test]
async fn parts_of_a_path_that_are_not_utf_8_are_refused() {
    let world = World::new().await;
    for path in ["/types/%ff", "/os-hosts/%c3%28", "/types?name=%ff"] {
        let message = world.admin().get(path).await.fault(400);
        assert!(message.starts_with("Error decoding your request."), "{path}: {message}");
    }
    let elsewhere = world.admin().ask_at("GET", "/v3/%ff/types", None).await.fault(400);
    assert!(elsewhere.starts_with("Error decoding your request."), "{elsewhere}");
    world.admin().ask_at("GET", &format!("/v3/{PROJECT}/types/%2e%2e"), None).await.fault(404);
}

#[tokio::test]
async fn hostile_bodies_are_refused_in_the_shape_of_faults() {
    let world = World::new().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let large = format!("{{\"volume_type\": \"{}\"}}", "x".repeat(10 << 20));
    for body in ["", "{", "null", "[]", "{\"volume_type\": null}", &deep] {
        world.admin().ask("POST", "/types", Some(body.to_owned())).await.fault(400);
    }
    world.admin().ask("POST", "/types", Some(large)).await.fault(413);
    world.admin().ask("PUT", &format!("/os-quota-sets/{PROJECT}"), Some(deep)).await.fault(400);
}
