//! Nova.

use backends::compute::Nova;
use backends::keystone::{Service, SessionError, service_user};
use config::Config;
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts};
use serde_json::json;

use crate::keystone::{cloud, session};
use crate::server::Server;

const SERVER: &str = "462dcc2d-130d-4654-8db1-da0df2da6a0d";
const VOLUME: &str = "a364e230-24ca-46a5-a651-1c8275a88954";

fn nova(server: &Server) -> Nova {
    let service = Service { types: &["compute"], interface: "public".to_owned(), ..Service::default() };
    Nova::new(session(server, service))
}

fn configured(text: &str) -> Config {
    let mut config = Config::default();
    config.overlay("test", text.as_bytes()).unwrap();
    config
}

fn answering(status: u16, body: serde_json::Value) -> Server {
    cloud(3600, move |_| (status, Vec::new(), body.to_string()))
}

#[test]
fn it_says_by_which_attachment_a_server_has_a_volume() {
    let server = answering(200, json!({"volumeAttachment": {"attachment_id": "a", "volumeId": VOLUME}}));
    assert_eq!(nova(&server).attachment_of(SERVER, VOLUME), Ok(Some("a".to_owned())));
    let asked = server.asked().remove(1);
    assert_eq!(asked.path, format!("/one/v2.1/servers/{SERVER}/os-volume_attachments/{VOLUME}"));
    assert_eq!(asked.header("openstack-api-version"), Some("compute 2.89"));
    assert_eq!(nova(&answering(404, json!({}))).attachment_of(SERVER, VOLUME), Ok(None));
    let broken = nova(&answering(500, json!({}))).attachment_of(SERVER, VOLUME);
    assert_eq!(broken, Err(ComputeError::Refused { status: 500 }));
}

#[test]
fn it_says_where_a_server_runs() {
    let host = "OS-EXT-SRV-ATTR:host";
    let server = answering(200, json!({"server": {"id": SERVER, host: "node7"}}));
    assert_eq!(nova(&server).whereabouts_of(SERVER), Ok(Whereabouts::On("node7".to_owned())));
    let asked = server.asked().remove(1);
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("GET", &*format!("/one/v2.1/servers/{SERVER}"))
    );
    assert_eq!(asked.header("openstack-api-version"), Some("compute 2.1"));
    let says = |status, body| nova(&answering(status, body)).whereabouts_of(SERVER);
    assert_eq!(says(200, json!({"server": {host: null}})), Ok(Whereabouts::Nowhere));
    assert_eq!(says(200, json!({"server": {"id": SERVER}})), Ok(Whereabouts::Hidden));
    for status in [403, 404, 500] {
        assert_eq!(says(status, json!({})), Err(ComputeError::Refused { status }));
    }
}

#[test]
fn it_is_told_what_happened() {
    let server = answering(200, json!({"events": []}));
    nova(&server).tell(ComputeEvent::VolumeExtended, &[SERVER.to_owned()], VOLUME).unwrap();
    let asked = server.asked().remove(1);
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("POST", "/one/v2.1/os-server-external-events"));
    let event = json!({"name": "volume-extended", "server_uuid": SERVER, "tag": VOLUME});
    assert_eq!(asked.body, json!({"events": [event]}));
    assert_eq!(asked.header("openstack-api-version"), Some("compute 2.51"));
}

#[test]
fn it_is_told_of_images_that_were_written() {
    let server = answering(200, json!({"events": []}));
    let servers = [SERVER.to_owned(), VOLUME.to_owned()];
    nova(&server).tell(ComputeEvent::VolumeReimaged, &servers, VOLUME).unwrap();
    let asked = server.asked().remove(1);
    let event = |server: &str| json!({"name": "volume-reimaged", "server_uuid": server, "tag": VOLUME});
    assert_eq!(asked.body, json!({"events": [event(SERVER), event(VOLUME)]}));
    assert_eq!(asked.header("openstack-api-version"), Some("compute 2.93"));
}

#[test]
fn only_servers_that_are_there_have_to_take_it() {
    let tell =
        |server: Server| nova(&server).tell(ComputeEvent::VolumeReimaged, &[SERVER.to_owned()], VOLUME);
    assert_eq!(tell(answering(404, json!({}))), Ok(()));
    assert_eq!(
        tell(answering(207, json!({"events": [{"code": 200}, {"code": 404}, {"code": 422}]}))),
        Ok(())
    );
    let failed = answering(207, json!({"events": [{"code": 200}, {"code": 500}]}));
    assert_eq!(tell(failed), Err(ComputeError::Refused { status: 500 }));
    assert_eq!(tell(answering(403, json!({}))), Err(ComputeError::Refused { status: 403 }));
}

#[test]
fn it_is_asked_to_swap_volumes() {
    const NEW: &str = "bd0f5ee0-4b5a-4f0c-9a4c-2d1d7a8f6c11";
    let server = answering(202, json!({}));
    nova(&server).swap_volume(SERVER, VOLUME, NEW).unwrap();
    let asked = server.asked().remove(1);
    let path = format!("/one/v2.1/servers/{SERVER}/os-volume_attachments/{VOLUME}");
    assert_eq!((asked.method.as_str(), asked.path.as_str()), ("PUT", path.as_str()));
    assert_eq!(asked.body, json!({"volumeAttachment": {"volumeId": NEW}}));
    assert_eq!(asked.header("openstack-api-version"), Some("compute 2.1"));
    assert!(asked.header("x-auth-token").is_some_and(|token| !token.is_empty()));
    for (status, may_pass) in
        [(400, false), (403, false), (404, false), (409, true), (429, true), (500, true), (503, true)]
    {
        let refused = nova(&answering(status, json!({}))).swap_volume(SERVER, VOLUME, NEW).unwrap_err();
        assert_eq!((&refused, refused.may_pass()), (&ComputeError::Refused { status }, may_pass));
    }
}

/// A token that is no longer good is replaced once, and what was asked is asked again.
#[test]
fn it_is_asked_again_with_a_new_token() {
    let refusals = std::sync::atomic::AtomicUsize::new(0);
    let server = cloud(3600, move |_| {
        let first = refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        (if first { 401 } else { 202 }, Vec::new(), "{}".to_owned())
    });
    nova(&server).swap_volume(SERVER, VOLUME, SERVER).unwrap();
    let asked: Vec<String> = server.asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(asked, ["POST", "PUT", "POST", "PUT"]);
}

/// The user of `[nova]`, whose section may be another, with the token of the one of `[service_user]`.
#[test]
fn it_is_told_that_a_service_asks() {
    let refusals = std::sync::atomic::AtomicUsize::new(0);
    let server = cloud(3600, move |_| {
        let first = refusals.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
        (if first { 401 } else { 202 }, Vec::new(), "{}".to_owned())
    });
    let user_of = |name: &str, more: &str| {
        let url = &server.url;
        format!("auth_url = {url}\nusername = {name}\npassword = s3cr3t\nproject_name = service\n{more}\n")
    };
    let (user, service) = (user_of("admin", ""), user_of("cinder", "send_service_user_token = true"));
    let config = configured(&format!(
        "[nova]\nauth_section = compute_user\n[compute_user]\n{user}[service_user]\n{service}"
    ));
    let voucher = service_user(&config.section("service_user")).unwrap();
    let nova = Nova::from_section(&config.section("nova"), voucher).unwrap().unwrap();
    nova.swap_volume(SERVER, VOLUME, SERVER).unwrap();
    let asked = server.asked();
    let user = |at: usize| asked[at].body["auth"]["identity"]["password"]["user"]["name"].clone();
    let tokens = |at: usize| (asked[at].header("x-auth-token"), asked[at].header("x-service-token"));
    assert_eq!([user(0), user(1), user(3), user(4)], ["admin", "cinder", "admin", "cinder"]);
    assert_eq!(tokens(2), (Some("token-1"), Some("token-2")));
    assert_eq!(tokens(5), (Some("token-3"), Some("token-4")), "whichever of the two was not good");
    assert_eq!(asked.len(), 6);

    let silent = configured(&format!("[service_user]\n{}", user_of("cinder", "")));
    assert!(service_user(&silent.section("service_user")).unwrap().is_none());
    let nobody = configured("[service_user]\nsend_service_user_token = true\n");
    let refused = service_user(&nobody.section("service_user")).unwrap_err();
    assert!(matches!(refused, SessionError::NoServiceUser), "{refused}");
}

/// A cloud that is not up yet is asked again, by whoever wants it to know.
#[test]
fn it_may_be_down_at_first() {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let service = Service {
        types: &["compute"],
        endpoint: Some(format!("http://{address}")),
        interface: "public".to_owned(),
        ..Service::default()
    };
    let http = backends::http::Http::new(&backends::http::HttpOptions::default()).unwrap();
    let login = crate::keystone::login(format!("http://{address}"));
    let nova = Nova::new(backends::keystone::Session::new(http, login, service));
    let servers = [SERVER.to_owned()];
    let down = nova.tell(ComputeEvent::VolumeExtended, &servers, VOLUME).unwrap_err();
    assert!(matches!(down, ComputeError::Unavailable(_)), "{down}");
    let down = nova.swap_volume(SERVER, VOLUME, SERVER).unwrap_err();
    assert!(down.may_pass(), "{down}");
    let up = Server::on(std::net::TcpListener::bind(address).unwrap(), |asked| match asked.path.as_str() {
        "/v3/auth/tokens" => (201, vec![("x-subject-token", "t".to_owned())], r#"{"token": {}}"#.to_owned()),
        _ => (200, Vec::new(), "{}".to_owned()),
    });
    nova.tell(ComputeEvent::VolumeExtended, &servers, VOLUME).unwrap();
    assert_eq!(up.asked().last().unwrap().path, "/os-server-external-events");
    nova.swap_volume(SERVER, VOLUME, SERVER).unwrap();
    assert_eq!(up.asked().last().unwrap().method, "PUT");
}
