//! Keystone as the one who vouches for tokens.

use std::sync::atomic::{AtomicU32, Ordering};

use auth::authority::{Authority, AuthorityError};
use auth::credentials::Scope;
use backends::keystone::Keystone;
use config::Config;
use serde_json::{Value, json};

use crate::keystone::cloud;
use crate::server::{Answer, Asked, Server};

/// Far away.
const END: &str = "2999-01-01T00:00:00.000000Z";

fn keystone_at(url: &str, more: &str) -> Keystone {
    let text = format!(
        "[keystone_authtoken]\nauth_url = {url}/v3\nusername = cinder\npassword = s3cr3t\nproject_name = service\n{more}"
    );
    let mut config = Config::default();
    config.overlay("cinder.conf", text.as_bytes()).unwrap();
    Keystone::from_section(&config.section("keystone_authtoken")).unwrap().unwrap()
}

/// A Keystone that answers all questions under its own login so.
fn answering(answer: impl Fn(&Asked) -> Answer + Send + 'static) -> (Server, Keystone) {
    let server = cloud(3600, move |asked| answer(asked));
    let keystone = keystone_at(&server.url, "");
    (server, keystone)
}

fn facts(more: Value) -> Value {
    let mut token = json!({
        "user": {"id": "u", "name": "demo", "domain": {"id": "default", "name": "Default"}},
        "expires_at": END, "issued_at": "2026-01-01T00:00:00.000000Z", "audit_ids": ["a", "b"], "methods": ["password"],
    });
    for (key, value) in more.as_object().unwrap() {
        token[key] = value.clone();
    }
    json!({"token": token})
}

fn saying(more: Value) -> (Server, Keystone) {
    answering(move |_| (200, Vec::new(), facts(more.clone()).to_string()))
}

#[test]
fn what_keystone_says_of_a_token_is_who_holds_it() {
    let (server, keystone) = saying(json!({
        "roles": [{"id": "1", "name": "member"}, {"id": "2", "name": "reader"}],
        "project": {"id": "p", "name": "demo", "domain": {"id": "default", "name": "Default"}},
        "application_credential": {"id": "c", "name": "n", "restricted": true},
    }));
    let vouched = keystone.validate("subject", false).unwrap();
    let holder = vouched.credentials;
    assert_eq!((holder.user.name.as_str(), holder.project_id()), ("demo", Some("p")));
    assert_eq!((holder.roles.join(" "), holder.audit_ids.join(" ")), ("member reader".into(), "a b".into()));
    assert_eq!(holder.application_credential_id.as_deref(), Some("c"));
    assert!(holder.is_admin_project && !holder.is_admin);
    assert!(vouched.left.as_secs() > 1_000_000);
    let asked = server.asked().remove(1);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("GET", "/v3/auth/tokens?nocatalog"));
    assert_eq!(
        (asked.header("x-auth-token"), asked.header("x-subject-token")),
        (Some("token-1"), Some("subject"))
    );
    keystone.validate("subject", true).unwrap();
    assert_eq!(server.asked().remove(2).path, "/v3/auth/tokens?nocatalog&allow_expired=1");
}

#[test]
fn scopes_are_taken_as_they_are() {
    let scope = |more: Value| saying(more).1.validate("t", false).unwrap().credentials.scope;
    assert_eq!(scope(json!({})), Scope::Unscoped);
    assert_eq!(scope(json!({"system": {"all": true}})), Scope::System);
    assert_eq!(scope(json!({"system": {"all": false}})), Scope::Unscoped);
    let Scope::Domain(domain) = scope(json!({"domain": {"id": "d", "name": "n"}})) else { panic!() };
    assert_eq!((domain.id.as_str(), domain.name.as_str()), ("d", "n"));
    let (_server, keystone) = saying(json!({"is_admin_project": false}));
    assert!(!keystone.validate("t", false).unwrap().credentials.is_admin_project);
}

#[test]
fn only_not_found_is_no_token() {
    let (_server, keystone) = answering(|_| (404, Vec::new(), "{}".to_owned()));
    assert_eq!(keystone.validate("t", false), Err(AuthorityError::Invalid));
    for (status, body) in
        [(400, "{}"), (401, "{}"), (403, "{}"), (418, "{}"), (200, "{}"), (200, "not JSON"), (302, "")]
    {
        let (_server, keystone) = answering(move |_| (status, Vec::new(), body.to_owned()));
        let refused = keystone.validate("t", false).unwrap_err();
        assert!(
            matches!(&refused, AuthorityError::Unavailable(why) if !why.contains("s3cr3t")),
            "{status}: {refused}"
        );
    }
    let (_server, keystone) = saying(json!({"expires_at": "some day"}));
    assert!(matches!(keystone.validate("t", false), Err(AuthorityError::Unavailable(_))));
}

#[test]
fn who_may_not_ask_is_named() {
    let (server, keystone) = answering(|_| (401, Vec::new(), "{}".to_owned()));
    let why = keystone.validate("t", false).unwrap_err().to_string();
    assert!(why.contains("401") && why.contains("\"cinder\""), "{why}");
    let logins = server.asked().iter().filter(|asked| asked.method == "POST").count();
    assert_eq!(logins, 2);
    let strange = Server::start(|_| (401, Vec::new(), "{}".to_owned()));
    let why = keystone_at(&strange.url, "").validate("t", false).unwrap_err().to_string();
    assert!(why.contains("answers 401 to the login of \"cinder\""), "{why}");
}

#[test]
fn what_may_pass_is_asked_again() {
    let failures = AtomicU32::new(2);
    let (server, keystone) = answering(move |_| match failures.load(Ordering::Relaxed) {
        0 => (200, Vec::new(), facts(json!({})).to_string()),
        left => {
            failures.store(left - 1, Ordering::Relaxed);
            (503, Vec::new(), String::new())
        }
    });
    keystone.validate("t", false).unwrap();
    assert_eq!(server.asked().len(), 4);
    let (server, _) = answering(|_| (500, Vec::new(), String::new()));
    let keystone = keystone_at(&server.url, "http_request_max_retries = 1");
    assert!(
        matches!(keystone.validate("t", false), Err(AuthorityError::Unavailable(why)) if why.contains("500"))
    );
    assert_eq!(server.asked().len(), 3);
}

#[test]
fn nobody_there_says_nothing_about_a_token() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    drop(socket);
    let keystone = keystone_at(&url, "http_request_max_retries = 0");
    assert!(matches!(keystone.validate("t", false), Err(AuthorityError::Unavailable(_))));
    assert!(matches!(keystone.has_project("p"), Err(AuthorityError::Unavailable(_))));
}

#[test]
fn projects_are_looked_up() {
    let (server, keystone) = answering(|asked| match asked.path.as_str() {
        "/v3/projects/here" => (200, Vec::new(), "{}".to_owned()),
        "/v3/projects/hidden" => (403, Vec::new(), "{}".to_owned()),
        _ => (404, Vec::new(), "{}".to_owned()),
    });
    assert_eq!(keystone.has_project("here"), Ok(true));
    assert_eq!(keystone.has_project("gone"), Ok(false));
    assert!(matches!(keystone.has_project("hidden"), Err(AuthorityError::Unavailable(_))));
    let asked = server.asked().len();
    for strange in ["", "../users", "a?b", "a/b", "\u{e9}"] {
        assert_eq!(keystone.has_project(strange), Ok(false), "{strange}");
    }
    assert_eq!(server.asked().len(), asked);
}
