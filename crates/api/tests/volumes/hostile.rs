//! Every route of volumes and snapshots under garbage: always a refusal in the service's shape, never a failure.

use crate::rights::{filled, ours, well_formed};
use crate::support::arrange::available;
use crate::support::{Answer, World};

const BODIES: &[&str] = &[
    "",
    "null",
    "[]",
    "{}",
    "{",
    "\"text\"",
    "12345678901234567890123456789012345678901234567890",
    "{\"volume\": null}",
    "{\"volume\": []}",
    "{\"volume\": {\"size\": -1}}",
    "{\"volume\": {\"size\": 1e400}}",
    "{\"volume\": {\"size\": 99999999999999999999}}",
    "{\"volume\": {\"size\": 1, \"name\": {\"a\": [1]}}}",
    "{\"volume\": {\"size\": 1, \"snapshot_id\": \"../../etc\"}}",
    "{\"volume\": {\"size\": 1, \"metadata\": {\"\": \"\"}}}",
    "{\"volume\": {\"size\": 1, \"metadata\": {\"\\u0000\": \"\\u0000\"}}}",
    "{\"snapshot\": {}}",
    "{\"snapshot\": {\"volume_id\": 7}}",
    "{\"snapshot\": {\"volume_id\": null}}",
    "{\"metadata\": 3}",
    "{\"metadata\": {\"k\": null}}",
    "{\"meta\": {}}",
    "{\"meta\": {\"a\": \"1\", \"b\": \"2\"}}",
];

const VALUES: &[&str] =
    &["null", "{}", "[]", "\"x\"", "-1", "{\"new_size\": \"-3\"}", "{\"status\": 4}", "{\"key\": {}}"];

const IDS: &[&str] = &[
    "x",
    "%00",
    "..%2F..",
    "00000000-0000-4000-8000-000000000000",
    "%F0%9F%92%BE",
    "1%27%20OR%20%271%27=%271",
];

/// A refusal says why under a known name; only what was asked for well is a success.
fn check(answer: Answer, what: &str) {
    match answer.status {
        200 | 202 => {}
        code @ 400..=499 => {
            let fault = answer.body.as_object().and_then(|body| body.values().next());
            assert_eq!(fault.map(|fault| &fault["code"]), Some(&code.into()), "{what}: {}", answer.body);
        }
        // Asked for well, of a backend that nobody looks after.
        500 if what.contains("{\"os-force_detach\": {}}") => {}
        code => panic!("{what}: {code} {}", answer.body),
    }
}

#[tokio::test]
async fn garbage_bodies() {
    let world = World::new().await;
    let id = available(&world).await.to_string();
    for version in ["3.0", "3.52", "3.71"] {
        for route in ours().filter(|route| matches!(route.method, "POST" | "PUT")) {
            let path = filled(route.path, &id, "key");
            let bodies: Vec<String> = match route.action {
                None => BODIES.iter().map(|body| (*body).to_owned()).collect(),
                Some(action) => VALUES.iter().map(|value| format!("{{\"{action}\": {value}}}")).collect(),
            };
            for body in bodies {
                let what = format!("{version} {} {path} {body}", route.method);
                let answer = world.admin().at(version).ask(route.method, &path, Some(body)).await;
                check(answer, &what);
            }
        }
    }
    let drifts = world.read(store::quotas::recount).await;
    assert!(drifts.is_empty(), "{drifts:?}");
}

#[tokio::test]
async fn identifiers_that_are_none() {
    let world = World::new().await;
    for route in ours().filter(|route| route.path.contains('{')) {
        for id in IDS {
            let path = filled(route.path, id, "key");
            let body = well_formed(route);
            let answer = world.admin().at("3.71").ask(route.method, &path, Some(body)).await;
            let message = answer.fault(404);
            assert!(message.ends_with("could not be found."), "{} {path}: {message}", route.method);
        }
    }
}

#[tokio::test]
async fn bodies_that_are_too_much() {
    let world = World::new().await;
    let large = format!("{{\"volume\": {{\"size\": 1, \"name\": \"{}\"}}}}", "x".repeat(120_000));
    assert_eq!(world.member().ask("POST", "/volumes", Some(large)).await.status, 413);
    let deep = format!("{{\"volume\": {}{}}}", "[".repeat(20_000), "]".repeat(20_000));
    assert_eq!(world.member().ask("POST", "/volumes", Some(deep)).await.fault(400), "Malformed request body");
}

/// Filters that are larger than what an engine takes in one statement.
#[tokio::test]
async fn queries_that_are_too_much() {
    let world = World::new().await;
    let id = available(&world).await;
    let pairs = |count: usize| {
        let pairs: Vec<String> = (0..count).map(|n| format!("'{n}':'v'")).collect();
        format!("%7B{}%7D", pairs.join(",").replace('\'', "%27"))
    };
    let statuses = vec!["%27a%27"; 7000].join(",");
    for query in [
        format!("metadata={}&glance_metadata={}", pairs(512), pairs(512)),
        format!("metadata={}", pairs(3000)),
        format!("name~={}", "%25".repeat(20_000)),
        format!("name={}", "x".repeat(60_000)),
        format!("status=[{statuses}]"),
        format!("host={}", "h".repeat(60_000)),
        format!("id={id}&status=[{statuses}]"),
    ] {
        for path in ["/volumes", "/snapshots"] {
            let asked = format!("{path}?{query}");
            let answer = world.admin().at("3.71").get(&asked).await;
            assert_eq!(answer.status, 200, "{}: {}", &asked[..60], answer.body);
        }
    }
}

#[tokio::test]
async fn garbage_queries() {
    let world = World::new().await;
    available(&world).await;
    let queries = [
        "limit=1e9",
        "limit=99999999999999999999",
        "offset=99999999999999999999",
        "marker=%00",
        "sort=,,,",
        "sort=id:asc,id:desc",
        "sort_key=%F0%9F%92%BE",
        "metadata=%7B%7B%7B%7B",
        "metadata=%7B%27a%27%3A%5B%5D%7D",
        "name=%FF",
        "created_at=gt:9999999-99-99",
        "size=-1",
        "status=%5B%5B%5B%5B%5B%5B",
        "name~=%25%25%25%25",
        "with_count=",
        "all_tenants=",
        "id=%27",
        "=&=&=",
        "&&&&",
        "bootable=perhaps",
        "host=%23%40",
        "a%00b=c",
    ];
    for path in ["/volumes", "/volumes/detail", "/volumes/summary", "/snapshots", "/snapshots/detail"] {
        for query in queries {
            for client in [world.admin().at("3.71"), world.member().at("3.71"), world.member().at("3.12")] {
                let what = format!("{path}?{query}");
                check(client.get(&what).await, &what);
            }
        }
    }
}
