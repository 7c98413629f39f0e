//! Strangers send anything to every route: always a refusal in the shape of a fault, never a 5xx, never what belongs to
//! another project.

mod findings;
mod payloads;
mod routes;

use std::time::Duration;

use blackbox::http::{Request, send_raw};
use blackbox::random::Random;
use blackbox::{Server, Session, people};
use serde_json::{Value, json};

use findings::{Deserves, Findings};
use routes::Route;

const SEED: u64 = 20_260_601;

/// Routes for which any name is a good one, by design of the interface: quotas and quota classes exist for whatever was
/// not heard of, and a stranger's list of credentials is empty.
fn takes_any_name(route: &Route) -> bool {
    let readable = ["/os-quota-sets/", "/default-types/", "/application_credentials"];
    route.path.contains("/os-quota-class-sets/")
        || readable.iter().any(|part| route.path.contains(part)) && !route.takes_body()
}

/// Routes whose body may be anything, or nothing at all.
fn takes_any_body(route: &Route) -> bool {
    ["/os-services/get-log", "/os-services/set-log", "/workers/cleanup"].iter().any(|end| route.path.ends_with(end))
        // A body for these means nothing: the path says it all.
        || route.path.contains("/roles/{role_id}")
        || route.path.ends_with("/groups/{group_id}/users/{user_id}")
}

/// The server lives, and nothing inside it gave up on the way.
#[track_caller]
fn assert_unharmed(server: &mut Server, pid: u32) {
    assert!(server.is_running() && server.pid() == pid);
    assert!(!server.log().contains("panicked"), "something panicked:\n{}", server.log());
    server.member().make_volume(json!({"size": 1, "name": "afterwards"}));
}

/// `path` begins with `/v3`; the services' roots do not have it.
fn volume_url(server: &Server, path: &str) -> String {
    format!("{}{path}", server.volume_root())
}

fn identity_url(server: &Server, path: &str) -> String {
    format!("{}{path}", server.identity_root())
}

#[test]
fn names_that_exist_nowhere() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let mut random = Random::new(SEED);
    let mut findings = Findings::default();
    for route in routes::volume().into_iter().filter(Route::names_something) {
        let deserves = if takes_any_name(&route) { Deserves::Anything } else { Deserves::Refusal };
        for name in payloads::strange_names(&random.uuid()) {
            let path = route.fill(&admin.project_id, |_| name.clone());
            let mut request = admin.request(route.method, &volume_url(&server, &path));
            if route.takes_body() {
                request = request.json(&json!({ route.envelope(): {} }));
            }
            let about = format!("{} {} with {name:.60}", route.method, route.path);
            findings.judge(&about, &request, deserves);
        }
    }
    findings.conclude();
    assert_unharmed(&mut server, pid);
}

#[test]
fn bodies_that_mean_nothing() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let mut random = Random::new(SEED);
    let mut findings = Findings::default();
    for route in routes::volume().into_iter().filter(Route::takes_body) {
        let deserves = if takes_any_body(&route) { Deserves::Anything } else { Deserves::Refusal };
        let nobody = random.uuid();
        let path = route.fill(&admin.project_id, |_| nobody.clone());
        for (word, body) in payloads::senseless_bodies(route.envelope()) {
            let request =
                admin.request(route.method, &volume_url(&server, &path)).body("application/json", body);
            findings.judge(
                &format!("{} {} {} with {word}", route.method, route.path, route.action),
                &request,
                deserves,
            );
        }
    }
    findings.conclude();
    assert_unharmed(&mut server, pid);
}

#[test]
fn bodies_of_ten_megabytes() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let nobody = Random::new(SEED).uuid();
    let mut findings = Findings::default();
    for route in routes::volume().into_iter().filter(Route::takes_body) {
        let path = route.fill(&admin.project_id, |_| nobody.clone());
        let body = payloads::huge_body(route.envelope());
        let request = admin.request(route.method, &volume_url(&server, &path)).body("application/json", body);
        findings.judge(
            &format!("{} {} {}", route.method, route.path, route.action),
            &request,
            Deserves::Refusal,
        );
    }
    findings.conclude();
    assert_unharmed(&mut server, pid);
}

#[test]
fn strangers_without_a_token_learn_nothing() {
    let server = Server::start();
    let project = server.member().project_id;
    let nobody = Random::new(SEED).uuid();
    let mut findings = Findings::default();
    for route in routes::volume().into_iter().filter(|route| route.path.contains("{project_id}")) {
        let url = volume_url(&server, &route.fill(&project, |_| nobody.clone()));
        for token in [None, Some("nonsense"), Some("\u{e9}\u{fffd}"), Some(&*"t".repeat(4000))] {
            let mut request = Request::new(route.method, &url).json(&json!({ route.envelope(): {} }));
            if let Some(token) = token {
                request = request.header("X-Auth-Token", token);
            }
            let about = format!("{} {} with token {token:.20?}", route.method, route.path);
            let status = findings.judge(&about, &request, Deserves::Refusal).map(|reply| reply.status);
            // A route that is not built answers 404 to everybody alike.
            if !matches!(status, None | Some(401 | 404)) {
                findings.complain(format!("{about}: {status:?} instead of 401"));
            }
        }
    }
    findings.conclude();
}

#[test]
fn fields_of_the_wrong_kind() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let disk = admin.make_volume(json!({"size": 1}));
    let action = format!("/volumes/{disk}/action");
    let one = format!("/volumes/{disk}");
    let quota = format!("/os-quota-sets/{}", Random::new(SEED).uuid());
    let snapshot = admin.make_snapshot(&disk);
    let templates: Vec<(&str, &str, Value)> = vec![
        (
            "POST",
            "/volumes",
            json!({"volume": {
                "size": 1, "name": "n", "description": "d", "volume_type": "__DEFAULT__", "availability_zone": "nova",
                "metadata": {"k": "v"}, "multiattach": false,
            }}),
        ),
        ("POST", "/volumes", json!({"volume": {"size": 1, "snapshot_id": snapshot}})),
        ("POST", "/volumes", json!({"volume": {"size": 1, "source_volid": disk}})),
        ("PUT", &one, json!({"volume": {"name": "n", "description": "d", "metadata": {"k": "v"}}})),
        ("POST", &action, json!({"os-extend": {"new_size": 2}})),
        ("POST", &action, json!({"os-reset_status": {"status": "error"}})),
        ("POST", &action, json!({"os-set_bootable": {"bootable": true}})),
        ("POST", &action, json!({"os-update_readonly_flag": {"readonly": true}})),
        ("POST", "/snapshots", json!({"snapshot": {"volume_id": disk, "name": "n", "metadata": {"k": "v"}}})),
        (
            "POST",
            "/types",
            json!({"volume_type": {
                "name": "t", "description": "d", "os-volume-type-access:is_public": true, "extra_specs": {"k": "v"},
            }}),
        ),
        ("PUT", "/os-services/disable", json!({"host": "h", "binary": "cinder-volume"})),
        ("PUT", &quota, json!({"quota_set": {"volumes": 5, "gigabytes": 50}})),
    ];
    let mut findings = Findings::default();
    for (method, path, template) in &templates {
        let (envelope, fields) =
            template.as_object().and_then(|body| body.iter().next()).expect("a template");
        // Some bodies have no envelope: then the whole of it is fields.
        let fields = fields.as_object().map_or_else(|| template.as_object(), Some).expect("fields");
        let enveloped = template[envelope].is_object();
        for (field, right) in fields {
            for wrong in payloads::wrong_values(right) {
                let mut body = template.clone();
                let place = if enveloped { &mut body[envelope][field] } else { &mut body[field] };
                *place = wrong.clone();
                let about = format!("{method} {path} with {field} = {:.60}", wrong.to_string());
                let request = admin.request(method, path).json(&body);
                let deserves =
                    if is_right_after_all(field, &wrong) { Deserves::Anything } else { Deserves::Refusal };
                findings.judge(&about, &request, deserves);
            }
        }
    }
    findings.conclude();
    assert_eq!(admin.volumes().len(), 1, "nothing was made of it");
    assert_unharmed(&mut server, pid);
}

/// `-1` means "no limit" for quotas and zero is a limit like any other; an extra spec may have no value.
fn is_right_after_all(field: &str, wrong: &Value) -> bool {
    match field {
        "volumes" | "gigabytes" => [json!(-1), json!(0), json!("-1")].contains(wrong),
        "extra_specs" => *wrong == json!({"k": null}),
        _ => false,
    }
}

#[test]
fn queries_of_every_kind() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let disk = admin.make_volume(json!({"size": 1}));
    admin.make_snapshot(&disk);
    let paged = ["/volumes", "/volumes/detail", "/snapshots", "/snapshots/detail"];
    let plain = [
        "/types",
        "/os-services",
        "/os-hosts",
        "/scheduler-stats/get_pools",
        "/messages",
        "/limits",
        "/extensions",
        "/os-availability-zone",
        "/resource_filters",
        "/volumes/summary",
        "/default-types",
    ];
    let nobody = Random::new(SEED).uuid();
    let mut findings = Findings::default();
    for (query, senseless) in payloads::strange_queries(&nobody) {
        for path in paged.iter().chain(&plain) {
            let deserves =
                if senseless && paged.contains(path) { Deserves::Refusal } else { Deserves::Anything };
            let request = admin.request("GET", &format!("{path}?{query}"));
            findings.judge(&format!("GET {path}?{query:.60}"), &request, deserves);
        }
    }
    findings.conclude();
    assert_unharmed(&mut server, pid);
}

#[test]
fn places_that_do_not_exist() {
    let server = Server::start();
    let admin = server.admin();
    let project = &admin.project_id;
    let paths = [
        "/nosuch".to_owned(),
        "/v2".to_owned(),
        format!("/v2/{project}/volumes"),
        format!("/v4/{project}/volumes"),
        format!("/v3/{project}/nosuch"),
        format!("/v3/{project}/nosuch/{project}"),
        format!("/v3/{project}/volumes/{project}/nosuch"),
        format!("/v3/{project}/volumes/a/b/c/d/e"),
        format!("/v3/{project}/%2e%2e/{project}/nosuch"),
        format!("/v3/{project}/types/a/b/c"),
    ];
    for path in paths {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let reply = admin.send(method, &volume_url(&server, &path));
            assert_eq!(reply.status, 404, "{method} {path}: {}", reply.text());
            assert!(reply.fault().is_some(), "{method} {path}: {}", reply.text());
        }
    }
}

#[test]
fn methods_that_no_route_has() {
    let server = Server::start();
    let admin = server.admin();
    let nobody = Random::new(SEED).uuid();
    let mut findings = Findings::default();
    for route in routes::volume().into_iter().filter(|route| route.path.contains("{project_id}")) {
        let url = volume_url(&server, &route.fill(&admin.project_id, |_| nobody.clone()));
        findings.judge(&format!("PATCH {}", route.path), &admin.request("PATCH", &url), Deserves::Refusal);
    }
    findings.conclude();
}

#[test]
fn content_that_is_not_json() {
    let server = Server::start();
    let admin = server.admin();
    let mut findings = Findings::default();
    let body = json!({"volume": {"size": 1}}).to_string().into_bytes();
    for content_type in ["application/xml", "text/plain", "multipart/form-data; boundary=x", "x", "\u{e9}"] {
        let request = admin.request("POST", "/volumes").body(content_type, body.clone());
        findings.judge(content_type, &request, Deserves::Anything);
    }
    findings.conclude();
}

#[test]
fn requests_that_are_not_http() {
    let mut server = Server::start();
    let pid = server.pid();
    let long_header = format!("GET /v3 HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "x".repeat(1 << 20));
    let lies: [&[u8]; 8] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /v3 HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /v3 HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"POST /v3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        long_header.as_bytes(),
    ];
    for port in [server.ports()[0], server.ports()[1]] {
        for lie in lies {
            let answer = send_raw(&format!("127.0.0.1:{port}"), lie).expect("a connection");
            let answer = String::from_utf8_lossy(&answer).into_owned();
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:.200}");
        }
    }
    assert_unharmed(&mut server, pid);
}

#[test]
fn a_connection_that_says_nothing_holds_nobody_up() {
    let server = Server::start();
    let idle: Vec<_> = (0..200)
        .filter_map(|_| std::net::TcpStream::connect(("127.0.0.1", server.ports()[1])).ok())
        .collect();
    let start = std::time::Instant::now();
    server.member().make_volume(json!({"size": 1}));
    assert!(start.elapsed() < Duration::from_secs(10), "with {} idle connections", idle.len());
}

#[test]
fn the_identity_is_asked_nonsense() {
    let mut server = Server::start();
    let (pid, admin) = (server.pid(), server.admin());
    let mut random = Random::new(SEED);
    let mut findings = Findings::default();
    for route in routes::identity() {
        let nobody = random.uuid();
        let url = identity_url(&server, &route.fill(&nobody, |_| nobody.clone()));
        let about = format!("{} {}", route.method, route.path);
        if route.takes_body() && !takes_any_body(&route) {
            let mut bodies = payloads::senseless_bodies(route.envelope());
            bodies.push(("ten megabytes", payloads::huge_body(route.envelope())));
            for (word, body) in bodies {
                let request = admin.request(route.method, &url).body("application/json", body);
                findings.judge(&format!("{about} with {word}"), &request, Deserves::Refusal);
            }
        }
        if route.path.contains('{') && route.method != "HEAD" {
            let deserves = if takes_any_name(&route) { Deserves::Anything } else { Deserves::Refusal };
            for name in payloads::strange_names(&nobody) {
                let url = identity_url(&server, &route.fill(&name, |_| name.clone()));
                let mut request = admin.request(route.method, &url);
                if route.takes_body() && !takes_any_body(&route) {
                    request = request.json(&json!({ route.envelope(): {} }));
                }
                findings.judge(&format!("{about} with {name:.60}"), &request, deserves);
            }
        }
    }
    findings.conclude();
    assert_unharmed(&mut server, pid);
}

#[test]
fn what_belongs_to_others_does_not_exist() {
    const MARK: &str = "hidden-from-strangers";
    let mut server = Server::start();
    let pid = server.pid();
    let owner = Session::login(&people::newcomer(&server, "owner", "member"));
    let disk = owner.make_volume(json!({"size": 1, "name": MARK, "metadata": {"secret": MARK}}));
    let snapshot = owner.make_snapshot(&disk);
    owner.put(&format!("/snapshots/{snapshot}"), &json!({"snapshot": {"name": MARK}})).expect(200);
    let stranger = server.member();

    let mut findings = Findings::default();
    for route in routes::volume() {
        let owned = ["{volume_id}", "{snapshot_id}"].iter().any(|name| route.path.contains(name));
        if !owned {
            continue;
        }
        let fill = |name: &str| match name {
            "volume_id" => disk.clone(),
            "snapshot_id" => snapshot.clone(),
            _ => "secret".to_owned(),
        };
        // By the stranger's own door, and by the owner's.
        for project in [&stranger.project_id, &owner.project_id] {
            let url = volume_url(&server, &route.fill(project, fill));
            let mut request = stranger.request(route.method, &url);
            if route.takes_body() {
                request = request.json(&likely_body(&route, &snapshot));
            }
            let about = format!("{} {} {}", route.method, route.path, route.action);
            if let Some(reply) = findings.judge(&about, &request, Deserves::Refusal)
                && reply.text().contains(MARK)
            {
                findings
                    .complain(format!("{about}: tells what is not the stranger's: {:.200}", reply.text()));
            }
        }
    }
    for (field, id) in [("source_volid", &disk), ("snapshot_id", &snapshot)] {
        let request = stranger.request("POST", "/volumes").json(&json!({"volume": {"size": 1, field: id}}));
        findings.judge(&format!("a copy by {field}"), &request, Deserves::Refusal);
    }
    let request = stranger.request("POST", "/snapshots").json(&json!({"snapshot": {"volume_id": disk}}));
    findings.judge("a snapshot of it", &request, Deserves::Refusal);
    for query in [
        "all_tenants=1",
        "all_tenants=true&name=hidden-from-strangers",
        &format!("project_id={}", owner.project_id),
    ] {
        for path in [
            "/volumes",
            "/volumes/detail",
            "/snapshots",
            "/snapshots/detail",
            "/volumes/summary",
            "/messages",
        ] {
            let request = stranger.request("GET", &format!("{path}?{query}"));
            let reply = findings.judge(&format!("GET {path}?{query}"), &request, Deserves::Anything);
            if reply.is_some_and(|reply| reply.text().contains(MARK) || reply.text().contains(&disk)) {
                findings.complain(format!("GET {path}?{query} shows another project's"));
            }
        }
    }
    findings.conclude();

    let kept = owner.get(&format!("/volumes/{disk}"));
    assert_eq!(kept["volume"]["name"], MARK, "and nothing happened to it");
    assert_eq!(kept["volume"]["metadata"], json!({"secret": MARK}));
    assert_eq!(kept["volume"]["status"], "available");
    assert_unharmed(&mut server, pid);
}

/// A body that the route would take from the owner.
fn likely_body(route: &Route, snapshot: &str) -> Value {
    match (route.action, route.envelope()) {
        ("os-extend", _) => json!({"os-extend": {"new_size": 5}}),
        ("os-reset_status", _) => json!({"os-reset_status": {"status": "error"}}),
        ("os-set_bootable", _) => json!({"os-set_bootable": {"bootable": true}}),
        ("os-update_readonly_flag", _) => json!({"os-update_readonly_flag": {"readonly": true}}),
        ("revert", _) => json!({"revert": {"snapshot_id": snapshot}}),
        ("", "meta") => json!({"meta": {"secret": "taken"}}),
        ("", "metadata") => json!({"metadata": {"secret": "taken"}}),
        ("", envelope) => json!({ envelope: {"name": "taken"} }),
        (action, _) => json!({ action: {} }),
    }
}
