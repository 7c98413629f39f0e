//! The header that chooses an API version, and what each version shows.

use blackbox::http::Request;
use blackbox::session::NEWEST;
use blackbox::{Reply, Server, Session};
use serde_json::{Value, json};

const HEADER: &str = "OpenStack-API-Version";

fn ask(session: &Session, header: &str) -> Reply {
    let request = session.at(None).request("GET", "/volumes").header(HEADER, header);
    request.send().expect("an answer")
}

#[test]
fn the_answer_names_its_version() {
    let server = Server::start();
    let demo = server.member();
    for (asked, answered) in [
        (Some("3.0"), "volume 3.0"),
        (Some("3.27"), "volume 3.27"),
        (Some(NEWEST), "volume 3.71"),
        (Some("latest"), "volume 3.71"),
        (None, "volume 3.0"),
    ] {
        let reply = demo.at(asked).send("GET", "/volumes").expect(200);
        assert_eq!(reply.header(HEADER), Some(answered));
        assert!(reply.header("Vary").is_some_and(|vary| vary.contains(HEADER)), "caches are told");
    }
    let reply = ask(&demo, "compute 2.53, volume 3.70");
    assert_eq!(
        reply.expect(200).header(HEADER),
        Some("volume 3.70"),
        "other services' versions may stand beside it"
    );
}

#[test]
fn impossible_versions_are_refused() {
    let server = Server::start();
    let demo = server.member();
    for version in ["3.72", "3.9999", "2.1", "4.0"] {
        let reply = ask(&demo, &format!("volume {version}")).expect(406);
        let words =
            format!("Version {version} is not supported by the API. Minimum is 3.0 and maximum is {NEWEST}.");
        assert_eq!(reply.fault().map(|fault| fault.message), Some(words));
    }
    for header in ["volume abc", "volume 3", "volume 3.x", "volume -3.1", "volume 3.01.2", "nonsense"] {
        let reply = ask(&demo, header).expect(400);
        assert!(reply.fault().is_some(), "{header}: {}", reply.text());
    }
    let words = "API Version String abc is of invalid format. Must be of format MajorNum.MinorNum.";
    assert_eq!(ask(&demo, "volume abc").fault().map(|fault| fault.message), Some(words.to_owned()));
}

#[test]
fn discovery_tells_the_range() {
    let server = Server::start();
    // The root is for everybody; `/v3/` is behind the token, as in the service that clients know.
    let root = server.volume_root();
    let everybody = Request::new("GET", &format!("{root}/")).send().expect("an answer").expect(300);
    let everybody = everybody.json();
    Request::new("GET", &format!("{root}/v3/")).send().expect("an answer").expect(401);
    let member = server.member();
    let token = Request::new("GET", &format!("{root}/v3/")).header("x-auth-token", &member.token);
    for body in [everybody, token.send().expect("an answer").expect(200).json()] {
        let version = &body["versions"][0];
        assert_eq!(version["version"], NEWEST);
        assert_eq!(version["min_version"], "3.0");
        assert_eq!(version["status"], "CURRENT");
        let link = version["links"].as_array().into_iter().flatten().find(|link| link["rel"] == "self");
        assert_eq!(
            link.map(|link| link["href"].clone()),
            Some(json!(format!("{}/v3/", server.volume_root())))
        );
    }
}

#[test]
fn younger_routes_are_not_found_before_their_version() {
    let server = Server::start();
    let admin = server.admin();
    for (path, before, since) in [
        ("/messages", "3.2", "3.3"),
        ("/volumes/summary", "3.11", "3.12"),
        ("/resource_filters", "3.32", "3.33"),
        ("/default-types", "3.61", "3.62"),
    ] {
        assert_eq!(admin.at(Some(before)).send("GET", path).status, 404, "{path} at {before}");
        assert_eq!(admin.at(Some(since)).send("GET", path).status, 200, "{path} at {since}");
    }
}

#[test]
fn younger_fields_are_not_shown_before_their_version() {
    let server = Server::start();
    let admin = server.admin();
    let disk = admin.make_volume(json!({"size": 1}));
    let snapshot = admin.make_snapshot(&disk);
    let shows = |path: &str, version: &str, field: &str| {
        let body = admin.at(Some(version)).get(path);
        body.as_object().and_then(|body| body.values().next()).is_some_and(|thing| thing.get(field).is_some())
    };
    let volume_path = format!("/volumes/{disk}");
    let snapshot_path = format!("/snapshots/{snapshot}");
    for (path, field, before, since) in [
        (&volume_path, "group_id", "3.12", "3.13"),
        (&volume_path, "provider_id", "3.20", "3.21"),
        (&volume_path, "shared_targets", "3.47", "3.48"),
        (&volume_path, "service_uuid", "3.47", "3.48"),
        (&volume_path, "cluster_name", "3.60", "3.61"),
        (&volume_path, "volume_type_id", "3.62", "3.63"),
        (&volume_path, "consumes_quota", "3.64", "3.65"),
        (&snapshot_path, "group_snapshot_id", "3.13", "3.14"),
        (&snapshot_path, "user_id", "3.40", "3.41"),
        (&snapshot_path, "consumes_quota", "3.64", "3.65"),
    ] {
        assert!(!shows(path, before, field), "{field} at {before}");
        assert!(shows(path, since, field), "{field} at {since}");
    }
}

#[test]
fn younger_rules_hold_from_their_version_on() {
    let server = Server::start();
    let demo = server.member();
    let unknown_key = json!({"volume": {"size": 1, "bogus": 1}});
    assert_eq!(demo.at(Some("3.52")).post("/volumes", &unknown_key).status, 202);
    let reply = demo.at(Some("3.53")).post("/volumes", &unknown_key).expect(400);
    let words = "Additional properties are not allowed ('bogus' was unexpected)";
    assert!(reply.fault().is_some_and(|fault| fault.message.contains(words)), "{}", reply.text());

    let counted = |version: &str| demo.at(Some(version)).send("GET", "/volumes?with_count=true");
    assert_eq!(counted("3.30").expect(200).json()["count"], Value::Null);
    assert_eq!(counted("3.44").status, 400, "then still an unknown filter");
    assert_eq!(counted("3.45").expect(200).json()["count"], 1);
    let unknown_filter = |version: &str| demo.at(Some(version)).send("GET", "/volumes?nosuch=1").status;
    assert_eq!(unknown_filter("3.30"), 200);
    assert_eq!(unknown_filter("3.31"), 400);
}

#[test]
fn the_project_may_be_left_out_of_the_address() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let short = demo.send("GET", &format!("{}/v3/volumes/{disk}", server.volume_root())).expect(200);
    assert_eq!(short.json()["volume"]["id"], disk.as_str());
}
