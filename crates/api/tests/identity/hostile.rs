//! Input that means harm, or nothing at all, is refused: never an error of the server, never a lie.

use api::identity_v3::rules;
use model::limits::{MAX_BODY_BYTES, MAX_JSON_DEPTH};
use serde_json::{Value, json};

use crate::world::{World, by_password};

/// Values of every kind, each where it is not expected.
fn odd_values() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}\u{1}"),
        json!("\u{202e}\u{feff}😀"),
        json!("'; DROP TABLE identity_users; --"),
        json!("a".repeat(70_000)),
        json!([]),
        json!([null, [], {}]),
        json!({}),
        json!({"id": {"id": []}}),
    ]
}

/// The attributes that the handlers of a resource read, and one that nobody reads.
fn keys(noun: &str) -> &'static [&'static str] {
    match noun {
        "project" => &[
            "id",
            "name",
            "description",
            "enabled",
            "domain_id",
            "parent_id",
            "is_domain",
            "tags",
            "links",
            "x",
        ],
        "domain" => &["id", "name", "description", "enabled", "options", "x"],
        "user" => &[
            "id",
            "name",
            "enabled",
            "domain_id",
            "default_project_id",
            "password",
            "original_password",
            "x",
        ],
        "group" => &["id", "name", "description", "domain_id", "x"],
        "role" => &["id", "name", "description", "domain_id", "x"],
        "service" => &["id", "type", "name", "enabled", "x"],
        "endpoint" => &["id", "service_id", "interface", "url", "region", "region_id", "enabled", "x"],
        "region" => &["id", "description", "parent_region_id", "x"],
        _ => &[
            "id",
            "name",
            "description",
            "secret",
            "expires_at",
            "unrestricted",
            "roles",
            "access_rules",
            "project_id",
            "x",
        ],
    }
}

fn noun(path: &str) -> &'static str {
    for noun in
        ["application_credential", "project", "domain", "group", "role", "service", "endpoint", "region"]
    {
        if path.split('/').any(|part| part == format!("{noun}s")) {
            return noun;
        }
    }
    "user"
}

/// A body that would do, but for what a test breaks.
fn usable(noun: &str, number: usize) -> Value {
    let name = format!("{noun} {number}");
    match noun {
        "service" => json!({"type": name}),
        "region" => json!({"description": name}),
        _ => json!({"name": name}),
    }
}

#[tokio::test]
async fn odd_attributes_are_refused_or_harmless() {
    let world = World::new().await;
    let admin = world.admin().await;
    let mut number = 0;
    for (method, path, _) in rules().into_iter().filter(|(method, _, _)| ["POST", "PATCH"].contains(method)) {
        if path == "/v3/auth/tokens" {
            continue;
        }
        let noun = noun(path);
        let target = match noun {
            "region" if method == "PATCH" => admin.make("region", json!({})).await,
            "endpoint" if method == "PATCH" => {
                let service = admin.make("service", json!({"type": "x"})).await;
                admin
                    .make(
                        "endpoint",
                        json!({"service_id": service, "interface": "public", "url": "http://x"}),
                    )
                    .await
            }
            "application_credential" => admin.user_id.clone(),
            "user" if path.ends_with("password") => admin.user_id.clone(),
            noun if method == "PATCH" => admin.make(noun, usable(noun, 1_000_000)).await,
            _ => String::new(),
        };
        let parts = path.split('/').map(|part| if part.starts_with('{') { &target } else { part });
        let filled = parts.collect::<Vec<_>>().join("/");
        for key in keys(noun) {
            for odd in odd_values() {
                number += 1;
                let mut said = usable(noun, number);
                said[*key] = odd.clone();
                let answer = admin.say(method, &filled, json!({noun: said}).to_string()).await;
                let status = answer.status;
                let shown: String = odd.to_string().chars().take(40).collect();
                assert!((200..500).contains(&status), "{method} {path} {key}={shown}: {status}");
                if status >= 400 {
                    answer.refusal(status);
                }
            }
        }
    }
    // Everybody and everything is still there.
    world.admin().await.get("/v3/users?name=demo").await.expect(200);
}

#[tokio::test]
async fn odd_proofs_and_scopes_are_refused() {
    let world = World::new().await;
    let good =
        by_password("demo", "wrong", Some(json!({"project": {"name": "demo", "domain": {"id": "default"}}})));
    let pointers = [
        "",
        "/auth",
        "/auth/identity",
        "/auth/identity/methods",
        "/auth/identity/password",
        "/auth/identity/password/user",
        "/auth/identity/password/user/name",
        "/auth/identity/password/user/domain",
        "/auth/identity/password/user/domain/name",
        "/auth/scope",
        "/auth/scope/project",
        "/auth/scope/project/name",
        "/auth/scope/project/domain",
        "/auth/scope/project/domain/id",
    ];
    for pointer in pointers {
        for odd in odd_values() {
            let mut body = good.clone();
            *body.pointer_mut(pointer).unwrap() = odd.clone();
            let answer = world.issue(&body).await;
            let status = answer.status;
            assert!((400..500).contains(&status), "{pointer}: {status}");
            answer.refusal(status);
        }
    }
}

#[tokio::test]
async fn what_is_no_json_within_limits_is_refused() {
    let world = World::new().await;
    let admin = world.admin().await;
    let deep = |depth: usize| format!("{{\"user\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let huge = format!("{{\"user\":{{\"name\":\"{}\"}}}}", "a".repeat(MAX_BODY_BYTES));
    let bodies: [(&str, Vec<u8>, u16); 9] = [
        ("nothing", Vec::new(), 400),
        ("half", b"{\"user\":".to_vec(), 400),
        ("bytes", vec![0xff, 0xfe, 0x00], 400),
        ("bad text", b"{\"user\":{\"name\":\"\xff\xfe\"}}".to_vec(), 400),
        ("half a surrogate", br#"{"user":{"name":"\ud800"}}"#.to_vec(), 400),
        ("a number beyond all", b"{\"user\":{\"name\":1e999}}".to_vec(), 400),
        ("deep", deep(MAX_JSON_DEPTH).into_bytes(), 400),
        ("very deep", deep(50_000).into_bytes(), 400),
        ("huge", huge.into_bytes(), 413),
    ];
    for path in ["/v3/users", "/v3/auth/tokens"] {
        for (what, body, status) in &bodies {
            let answer = admin.say("POST", path, body.clone()).await;
            assert_eq!(answer.status, *status, "{path} {what}: {}", answer.body);
            answer.refusal(*status);
        }
    }
}

#[tokio::test]
async fn odd_paths_and_queries_are_refused_or_harmless() {
    let world = World::new().await;
    let admin = world.admin().await;
    let odd = ["%00", "%27", "..", "%2e%2e%2f", "a%20b", "%f0%9f%98%80", "%25s", &"a".repeat(5000)];
    for (method, path, _) in rules() {
        for part in odd {
            let parts = path.split('/').map(|name| if name.starts_with('{') { part } else { name });
            let filled = parts.collect::<Vec<_>>().join("/");
            let answer = admin.ask(method, &filled).await;
            assert!(answer.status < 500, "{method} {filled}: {}", answer.status);
        }
    }
    for nouns in
        ["users", "projects", "roles", "domains", "services", "endpoints", "regions", "role_assignments"]
    {
        for query in
            ["name=%00", "name=%ff", "name=%27%20OR%201=1", "=&&==", "name[]=x", "domain_id=%25", "limit=-1"]
        {
            let answer = admin.get(&format!("/v3/{nouns}?{query}")).await;
            assert!(matches!(answer.status, 200 | 400), "{nouns}?{query}: {}", answer.status);
        }
    }
}

#[tokio::test]
async fn odd_tokens_are_refused() {
    let world = World::new().await;
    let mut client = world.demo().await;
    let good = client.token.clone().unwrap();
    let cut = good[..good.len() - 1].to_owned();
    let mut flipped = good.clone().into_bytes();
    flipped[30] = if flipped[30] == b'A' { b'B' } else { b'A' };
    for token in [
        String::new(),
        " ".to_owned(),
        cut,
        format!("{good}A"),
        format!("{good} "),
        String::from_utf8(flipped).unwrap(),
        "A".repeat(good.len()),
        "A".repeat(60_000),
    ] {
        client.token = Some(token);
        client.get("/v3/auth/projects").await.refusal(401);
    }
}
