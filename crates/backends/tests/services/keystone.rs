//! Sessions.

use std::sync::atomic::{AtomicU32, Ordering};

use backends::http::{Http, HttpOptions};
use backends::keystone::{Domain, Login, Scope, Service, Session, SessionError};
use model::secret::Secret;
use serde_json::{Value, json};

use crate::server::{Answer, Asked, Server};

/// A Keystone and a service in one: every login gets the next token, which lasts for `life_s` seconds.
pub(crate) fn cloud<B: Into<Vec<u8>> + From<String>>(
    life_s: i64,
    service: impl Fn(&Asked) -> Answer<B> + Send + 'static,
) -> Server {
    let logins = AtomicU32::new(0);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    Server::on(listener, move |asked| {
        if asked.path != "/v3/auth/tokens" {
            return service(asked);
        }
        let number = logins.fetch_add(1, Ordering::Relaxed) + 1;
        (201, vec![("x-subject-token", format!("token-{number}"))], token(&own, life_s).to_string().into())
    })
}

fn token(own: &str, life_s: i64) -> Value {
    let expires =
        format!("2026-01-01T{:02}:{:02}:{:02}.000000Z", life_s / 3600, life_s / 60 % 60, life_s % 60);
    json!({"token": {
        "issued_at": "2026-01-01T00:00:00.000000Z",
        "expires_at": expires,
        "catalog": [
            {"type": "network", "endpoints": []},
            {"type": "compute", "endpoints": [
                {"interface": "internal", "region": "one", "url": format!("{own}/internal")},
                {"interface": "public", "region": "one", "region_id": "one", "url": format!("{own}/one/v2.1/")},
                {"interface": "public", "region": "two", "url": format!("{own}/two/v2.1")},
            ]},
        ],
    }})
}

pub(crate) fn login(auth_url: String) -> Login {
    Login {
        auth_url,
        username: "cinder".to_owned(),
        password: Secret::new("s3cr3t".to_owned()),
        user_domain: Domain::Name("Default".to_owned()),
        scope: Scope::Project { name: "service".to_owned(), domain: Domain::Id("default".to_owned()) },
    }
}

pub(crate) fn session(server: &Server, service: Service) -> Session {
    Session::new(Http::new(&HttpOptions::default()).unwrap(), login(format!("{}/v3/", server.url)), service)
}

fn compute() -> Service {
    Service { types: &["computing", "compute"], interface: "publicURL".to_owned(), ..Service::default() }
}

fn ok(_: &Asked) -> Answer {
    (200, Vec::new(), "{}".to_owned())
}

fn logins(server: &Server) -> usize {
    server.asked().iter().filter(|asked| asked.path == "/v3/auth/tokens").count()
}

#[test]
fn a_token_is_fetched_once_and_sent_along() {
    let server = cloud(3600, ok);
    let session = session(&server, compute());
    for _ in 0..3 {
        assert_eq!(session.send("GET", "/servers", &[], None).unwrap().status, 200);
    }
    let asked = server.asked();
    assert_eq!(
        asked[0].body["auth"]["scope"]["project"],
        json!({"name": "service", "domain": {"id": "default"}})
    );
    let user = &asked[0].body["auth"]["identity"]["password"]["user"];
    assert_eq!(*user, json!({"name": "cinder", "domain": {"name": "Default"}, "password": "s3cr3t"}));
    assert_eq!(
        (asked[1].path.as_str(), asked[1].header("x-auth-token")),
        ("/one/v2.1/servers", Some("token-1"))
    );
    assert_eq!((logins(&server), asked.len()), (1, 4));
}

#[test]
fn a_token_is_renewed_before_it_ends_and_when_it_is_refused() {
    let short = cloud(30, ok);
    let under_short = session(&short, compute());
    for _ in 0..2 {
        under_short.send("GET", "/x", &[], None).unwrap();
    }
    assert_eq!(logins(&short), 2);
    let strict = cloud(3600, |asked| {
        let status = if asked.header("x-auth-token") == Some("token-1") { 401 } else { 200 };
        (status, Vec::new(), "{}".to_owned())
    });
    let under_strict = session(&strict, compute());
    assert_eq!(under_strict.send("GET", "/x", &[], None).unwrap().status, 200);
    assert_eq!(logins(&strict), 2);
    let never = cloud(3600, |_| (401, Vec::new(), "{}".to_owned()));
    assert_eq!(session(&never, compute()).send("GET", "/x", &[], None).unwrap().status, 401);
    assert_eq!(logins(&never), 2);
}

#[test]
fn the_address_is_the_catalogs_or_the_one_that_was_said() {
    let server = cloud(3600, ok);
    let other = Service { region: Some("two".to_owned()), ..compute() };
    session(&server, other).send("GET", "/x", &[], None).unwrap();
    let said = Service { endpoint: Some(format!("{}/said", server.url)), ..compute() };
    session(&server, said).send("GET", "/x", &[], None).unwrap();
    let paths: Vec<String> = server.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["/v3/auth/tokens", "/two/v2.1/x", "/v3/auth/tokens", "/said/x"]);
    let nowhere = Service { region: Some("three".to_owned()), ..compute() };
    let error = session(&server, nowhere).send("GET", "/x", &[], None).unwrap_err();
    assert_eq!(error.to_string(), "the catalog has no publicURL endpoint of computing in region three");
}

#[test]
fn a_wrong_password_is_said_without_it() {
    let server = Server::start(|_| (401, Vec::new(), "{}".to_owned()));
    let error = session(&server, compute()).send("GET", "/x", &[], None).unwrap_err();
    assert!(matches!(error, SessionError::Refused { status: 401, .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cr3t"), "{error:?}");
}
