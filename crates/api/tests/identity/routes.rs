//! What is true of every route.

use api::identity_v3::rules;
use auth::policy::{Policy, RuleSet};
use serde_json::json;

use crate::world::{BASE, World, by_password};

/// The routes that clients and tempest need, with their rules: facts of Keystone 30.
const NEEDED: &str = include_str!("routes.csv");

fn filled(path: &str) -> String {
    let mut filled = String::new();
    for part in path.split('/').skip(1) {
        filled.push('/');
        filled.push_str(if part.starts_with('{') { "0123456789abcdef0123456789abcdef" } else { part });
    }
    filled
}

#[test]
fn every_needed_route_is_served_under_its_rule() {
    let served = rules();
    for line in NEEDED.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let (method, path, rule) = (fields[0], fields[1], fields[3]);
        let found = served.iter().find(|(m, p, _)| (*m, *p) == (method, path));
        let (_, _, found) = found.unwrap_or_else(|| panic!("{method} {path} is not served"));
        assert_eq!(found.map_or("", RuleSet::name), rule, "{method} {path}");
    }
}

#[test]
fn no_route_is_served_twice() {
    let mut served: Vec<_> = rules().into_iter().map(|(method, path, _)| (path, method)).collect();
    served.sort_unstable();
    let many = served.len();
    served.dedup();
    assert_eq!(served.len(), many);
}

#[tokio::test]
async fn without_a_token_only_what_needs_none_is_answered() {
    let world = World::new().await;
    let mut strangers = [world.nobody(), world.nobody(), world.nobody()];
    strangers[1].token = Some("nonsense".to_owned());
    strangers[2].token = Some(String::new());
    for (method, path, rule) in rules() {
        for stranger in &strangers {
            let answer = stranger.ask(method, &filled(path)).await;
            assert_eq!(answer.status == 401, rule.is_some(), "{method} {path}: {}", answer.status);
            if rule.is_some() {
                let realm = answer.headers["www-authenticate"].to_str().unwrap();
                assert_eq!(realm, format!("Keystone uri=\"{BASE}/v3\""));
            }
            if rule.is_some() && method != "HEAD" {
                let message = "The request you have made requires authentication.";
                let expected = json!({"error": {"code": 401, "message": message, "title": "Unauthorized"}});
                assert_eq!(answer.body, expected, "{method} {path}");
            }
        }
    }
}

/// Somebody without any role, asking about things that are not its own and mostly do not exist, is told nothing.
#[tokio::test]
async fn every_rule_is_asked() {
    let world = World::new().await;
    world.admin().await.make_user("nobody").await;
    let nobody = world.client(&world.issue(&by_password("nobody", "nobody", None)).await.expect(201));
    let policy = Policy::default();
    let who = world.tokens.bearer(nobody.token.as_ref().unwrap()).await.unwrap();
    for (method, path, rule) in rules() {
        let Some(rule) = rule else { continue };
        if path == "/v3/auth/tokens" {
            // These are about the token of another header; the rule is asked once it is found.
            continue;
        }
        let is_for_all = policy.allows(rule, &who.credentials, &json!({}));
        let resource = path.split('/').nth(if path.contains("application_credentials") { 4 } else { 2 });
        let noun = resource.unwrap_or_default().trim_end_matches('s');
        let body = json!({noun: {"name": "x", "type": "x", "url": "http://x", "service_id": "x", "interface": "public"}});
        let answer = nobody.say(method, &filled(path), body.to_string()).await;
        let message = format!("You are not authorized to perform the requested action: {}.", rule.name());
        let said_so = answer.body["error"]["message"] == message.as_str() || method == "HEAD";
        let is_refused = answer.status == 403 && said_so;
        assert_eq!(is_refused, !is_for_all, "{method} {path}: {} {}", answer.status, answer.body);
    }
}

#[tokio::test]
async fn every_answer_has_a_name_and_varies_with_the_token() {
    let world = World::new().await;
    for path in ["/", "/v3", "/v3/", "/v3/users", "/nowhere", "/v3/users/%ff", "/v3/auth/tokens"] {
        let answer = world.nobody().get(path).await;
        let id = answer.headers["x-openstack-request-id"].to_str().unwrap();
        assert!(id.starts_with("req-") && id.len() == 40, "{id}");
        assert_eq!(answer.headers["vary"], "X-Auth-Token");
    }
}

#[tokio::test]
async fn what_is_not_served_is_refused_in_the_same_form() {
    let world = World::new().await;
    let admin = world.admin().await;
    for path in ["/nowhere", "/v2.0", "/v3/nowhere", "/v3/users/%ff", "/v3/users/a/b/c"] {
        admin.get(path).await.refusal(404);
    }
    for (method, path) in
        [("PUT", "/v3/users"), ("DELETE", "/v3/"), ("POST", "/"), ("PATCH", "/v3/auth/tokens")]
    {
        admin.ask(method, path).await.refusal(405);
    }
    // `HEAD` is served wherever `GET` is.
    let head = admin.ask("HEAD", "/v3/users").await;
    assert_eq!((head.status, head.body.is_null()), (200, true));
}

#[tokio::test]
async fn discovery_needs_no_token_and_leads_back() {
    let world = World::new().await;
    let version = json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{BASE}/v3/")}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"},
        ],
    });
    let all = world.nobody().get("/").await.expect(300);
    assert_eq!(all.body, json!({"versions": {"values": [version]}}));
    assert_eq!(all.headers["location"], format!("{BASE}/v3/").as_str());
    for path in ["/v3", "/v3/"] {
        assert_eq!(world.nobody().get(path).await.expect(200).body, json!({"version": version}));
    }
}

#[tokio::test]
async fn a_list_comes_in_parts_when_asked_for() {
    let world = World::new().await;
    let admin = world.admin().await;
    for name in ["one", "two", "three"] {
        admin.make_user(name).await;
    }
    let whole = admin.get("/v3/users").await.expect(200).body;
    assert_eq!((&whole["links"]["next"], whole.get("truncated")), (&json!(null), None));
    let mut parts = Vec::new();
    let mut next = "/v3/users?limit=2&enabled=true".to_owned();
    while !next.is_empty() {
        let part = admin.get(&next).await.expect(200).body;
        assert!(part["users"].as_array().unwrap().len() <= 2);
        assert_eq!(part["truncated"] == true, part["links"]["next"].is_string());
        parts.extend(part["users"].as_array().unwrap().clone());
        next = part["links"]["next"].as_str().unwrap_or_default().replace(BASE, "");
    }
    assert_eq!(json!(parts), whole["users"]);
    assert_eq!(admin.get("/v3/users?marker=x").await.refusal(404), "Marker x could not be found.");
    for limit in ["0", "-1", "many", ""] {
        admin.get(&format!("/v3/users?limit={limit}")).await.refusal(400);
    }
}
