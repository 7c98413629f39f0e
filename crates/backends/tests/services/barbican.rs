//! Barbican.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use backends::keys::Barbican;
use backends::keystone::Service;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::{KeyId, UserId};
use ports::KeyManager;
use ports::keys::{KeyError, KeySpec, conformance};
use serde_json::{Value, json};

use crate::keystone::{cloud, session};
use crate::server::{Answer, Asked, Server};

/// Secrets by their identifiers.
type Secrets = Arc<Mutex<BTreeMap<String, Value>>>;

fn spec() -> KeySpec {
    KeySpec { algorithm: "aes".to_owned(), bits: 256 }
}

/// As Barbican 23 answers, as far as it is asked here.
fn answer(secrets: &Secrets, asked: &Asked) -> Answer<Vec<u8>> {
    let mut secrets = secrets.lock().unwrap();
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let parts: Vec<&str> = path.trim_start_matches("/keys/v1/secrets").split('/').skip(1).collect();
    let json = |status, body: Value| (status, Vec::new(), body.to_string().into_bytes());
    let missing = || json(404, json!({"code": 404, "title": "Not Found"}));
    let (status, headers, body) = match (asked.method.as_str(), parts.as_slice()) {
        ("POST", []) => {
            let id = KeyId::random().to_string();
            let secret_ref = format!("http://barbican:9311/v1/secrets/{id}");
            let mut kept = asked.body.clone();
            kept["secret_ref"] = json!(secret_ref);
            kept["status"] = json!("ACTIVE");
            secrets.insert(id, kept);
            json(201, json!({"secret_ref": secret_ref}))
        }
        ("GET", []) => {
            let name = query.split('&').find_map(|pair| pair.strip_prefix("name=")).unwrap();
            let found: Vec<&Value> = secrets.values().filter(|it| it["name"] == name).collect();
            json(200, json!({"secrets": found, "total": found.len()}))
        }
        // Whoever does not ask for JSON alone is taken to ask for the payload.
        ("GET", [_]) if accepted(asked) != ["application/json"] => json(406, json!({"code": 406})),
        ("GET", [_, "payload"]) if accepted(asked) != ["application/octet-stream"] => {
            json(406, json!({"code": 406}))
        }
        ("GET", [id]) => secrets.get(*id).map_or_else(missing, |found| json(200, found.clone())),
        ("GET", [id, "payload"]) => secrets.get(*id).map_or_else(missing, |found| {
            (200, Vec::new(), STANDARD.decode(found["payload"].as_str().unwrap()).unwrap())
        }),
        ("GET", [id, "acl"]) => secrets.get(*id).map_or_else(missing, |found| {
            let everybody = json!({"read": {"project-access": true}});
            json(200, found.get("acl").cloned().unwrap_or(everybody))
        }),
        ("PUT", [id, "acl"]) => secrets.get_mut(*id).map_or_else(missing, |found| {
            found["acl"] = asked.body.clone();
            json(200, json!({"acl_ref": format!("http://barbican:9311/v1/secrets/{id}/acl")}))
        }),
        ("DELETE", [id]) => secrets.remove(*id).map_or_else(missing, |_| (204, Vec::new(), Vec::new())),
        other => panic!("{other:?} is not asked of Barbican"),
    };
    (status, headers, body)
}

fn accepted(asked: &Asked) -> Vec<&str> {
    let named = asked.headers.iter().filter(|(name, _)| name == "accept");
    named.map(|(_, value)| value.as_str()).collect()
}

fn barbican(server: &Server) -> Barbican {
    let service = Service {
        types: &["key-manager"],
        interface: "public".to_owned(),
        endpoint: Some(format!("{}/keys", server.url)),
        ..Service::default()
    };
    Barbican::new(session(server, service))
}

fn started() -> (Server, Secrets) {
    let secrets = Secrets::default();
    let kept = Arc::clone(&secrets);
    (cloud(3600, move |asked| answer(&kept, asked)), secrets)
}

#[test]
fn it_does_what_every_key_manager_does() {
    let (server, secrets) = started();
    conformance::check(&barbican(&server), "test");
    assert!(secrets.lock().unwrap().is_empty(), "nothing is left behind");
    let made =
        server.asked().into_iter().find(|asked| asked.method == "POST" && asked.path == "/keys/v1/secrets");
    let body = made.unwrap().body;
    assert_eq!((&body["secret_type"], &body["bit_length"]), (&json!("symmetric"), &json!(256)));
    assert_eq!(body["payload_content_encoding"], "base64");
}

/// Two processes that both believed to be the only one.
#[test]
fn the_oldest_of_a_name_counts_and_all_are_removed() {
    let (server, secrets) = started();
    let keys = barbican(&server);
    let first = keys.ensure("name", &spec()).unwrap();
    let twin = secrets.lock().unwrap()[&first.to_string()].clone();
    let twin_id = "ffffffff-ffff-4fff-8fff-ffffffffffff";
    let mut renamed = twin;
    renamed["secret_ref"] = json!(format!("http://barbican:9311/v1/secrets/{twin_id}"));
    secrets.lock().unwrap().insert(twin_id.to_owned(), renamed);
    assert_eq!(keys.ensure("name", &spec()), Ok(first));
    keys.remove_named("name").unwrap();
    assert!(secrets.lock().unwrap().is_empty());
}

/// Whatever the answer was that was lost: a key that was made is found by its name, and no other is made beside it.
#[test]
fn a_key_whose_answer_was_lost_is_found_again() {
    let secrets = Secrets::default();
    let (kept, losing) = (Arc::clone(&secrets), Arc::new(AtomicBool::new(false)));
    let loses = Arc::clone(&losing);
    let server = cloud(3600, move |asked| {
        let answered = answer(&kept, asked);
        match asked.method == "POST" && loses.swap(false, Ordering::Relaxed) {
            // As a proxy in front of it that has waited for too long.
            true => (504, Vec::new(), Vec::new()),
            false => answered,
        }
    });
    let keys = barbican(&server);
    let made = |secrets: &Secrets| secrets.lock().unwrap().keys().cloned().collect::<Vec<_>>();
    losing.store(true, Ordering::Relaxed);
    let lost = keys.ensure("name", &spec()).unwrap_err();
    assert!(lost.may_pass(), "{lost}");
    let one = made(&secrets);
    let id = keys.ensure("name", &spec()).unwrap();
    assert_eq!((made(&secrets), one), (vec![id.to_string()], vec![id.to_string()]));

    losing.store(true, Ordering::Relaxed);
    let lost = keys.ensure_copy("copy", id).unwrap_err();
    assert!(lost.may_pass(), "{lost}");
    let copy = keys.ensure_copy("copy", id).unwrap();
    assert_eq!(keys.get(copy).unwrap().secret.expose(), keys.get(id).unwrap().secret.expose());
    assert_eq!(made(&secrets).len(), 2);

    // Whoever gives up instead removes it by its name.
    losing.store(true, Ordering::Relaxed);
    keys.ensure("left", &spec()).unwrap_err();
    assert_eq!(made(&secrets).len(), 3);
    for name in ["left", "copy", "name"] {
        keys.remove_named(name).unwrap();
    }
    assert!(made(&secrets).is_empty());
}

#[test]
fn it_lets_users_in_that_are_not_of_our_project() {
    let (server, secrets) = started();
    let keys = barbican(&server);
    let id = keys.ensure("name", &spec()).unwrap();
    let share = |users: &[&str], keeps| {
        let users: Vec<UserId> = users.iter().map(|name| UserId::new(*name)).collect();
        keys.share(id, &users, keeps).unwrap();
        secrets.lock().unwrap()[&id.to_string()]["acl"].clone()
    };
    let acl = |users: &[&str]| json!({"read": {"users": users, "project-access": true}});
    assert_eq!(share(&["owner", "owner"], false), acl(&["owner"]));
    let changes = || server.asked().iter().filter(|asked| asked.method == "PUT").count();
    assert_eq!((share(&["owner"], false), changes()), (acl(&["owner"]), 1), "nothing is changed twice");
    assert_eq!(share(&["mate"], true), acl(&["mate", "owner"]));
    assert_eq!(share(&["buyer"], false), acl(&["buyer"]), "the owner before is out");
    keys.remove(id).unwrap();
    assert_eq!(keys.share(id, &[UserId::new("buyer")], true), Err(KeyError::Missing(id)));
}

#[test]
fn its_failures() {
    let failing = |status: u16| {
        let body = json!({"description": "a secret"}).to_string().into_bytes();
        let server = cloud(3600, move |_| (status, Vec::new(), body.clone()));
        barbican(&server).ensure("name", &spec()).unwrap_err()
    };
    assert_eq!(failing(503), KeyError::Unavailable("Barbican answers 503".to_owned()));
    assert_eq!(failing(403), KeyError::Refused("Barbican answers 403".to_owned()));
    let nonsense = cloud(3600, |_| (200, Vec::new(), b"7".to_vec()));
    assert!(matches!(barbican(&nonsense).ensure("name", &spec()), Err(KeyError::Unavailable(_))));
    let (server, _) = started();
    for bits in [0, 7, 5000] {
        let refused = barbican(&server).ensure("name", &KeySpec { bits, ..spec() });
        assert!(matches!(refused, Err(KeyError::Refused(_))), "{refused:?}");
    }
}
