//! Requests and answers.

use std::time::Duration;

use backends::http::{Http, HttpError, HttpOptions, MAX_REPLY_BYTES, Request};
use serde_json::json;

use crate::server::Server;

fn http() -> Http {
    Http::new(&HttpOptions { timeout: Some(Duration::from_secs(5)), ..HttpOptions::default() }).unwrap()
}

fn get(url: &str) -> Result<backends::http::Reply, HttpError> {
    http().send(&Request { method: "GET", url, headers: &[("x-mine", "1")], body: None })
}

#[test]
fn any_status_is_an_answer() {
    let server =
        Server::start(|asked| (404, vec![("x-theirs", asked.method.clone())], r#"{"a": 1}"#.to_owned()));
    let reply = get(&format!("{}/x?secret=1", server.url)).unwrap();
    assert_eq!((reply.status, reply.is_success(), reply.header("x-theirs")), (404, false, Some("GET")));
    assert_eq!(reply.json::<serde_json::Value>().unwrap(), json!({"a": 1}));
    let asked = server.asked().remove(0);
    assert_eq!((asked.path.as_str(), asked.header("x-mine")), ("/x?secret=1", Some("1")));
    let body = json!({"b": [2]});
    let url = server.url.clone();
    http().send(&Request { method: "POST", url: &url, headers: &[], body: Some(&body) }).unwrap();
    let asked = server.asked().remove(1);
    assert_eq!((asked.body.clone(), asked.header("content-type")), (body, Some("application/json")));
}

#[test]
fn nobody_there_and_too_much_are_no_answers() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = get(&format!("http://{closed}/x?secret=1")).unwrap_err().to_string();
    assert!(error.contains(&closed.to_string()) && !error.contains("secret"), "{error}");
    let server =
        Server::start(|_| (200, Vec::new(), "x".repeat(usize::try_from(MAX_REPLY_BYTES).unwrap() + 1)));
    assert!(matches!(get(&server.url), Err(HttpError::NoAnswer { .. })));
    assert!(get("nonsense").is_err());
}

#[test]
fn nobody_is_sent_elsewhere() {
    let elsewhere = Server::start(|_| (200, Vec::new(), String::new()));
    let to = elsewhere.url.clone();
    let server = Server::start(move |_| (302, vec![("location", to.clone())], String::new()));
    assert_eq!(get(&server.url).unwrap().status, 302);
    assert!(elsewhere.asked().is_empty());
}

#[test]
fn authorities_must_be_there() {
    let missing = HttpOptions { cafile: Some("/does/not/exist.pem".into()), ..HttpOptions::default() };
    assert!(matches!(Http::new(&missing), Err(HttpError::Authorities { .. })));
}
