//! Object stores that a small server plays: what a real one does not do at will.

use std::path::PathBuf;
use std::sync::Arc;

use backends::backup::registry;
use config::Config;
use ports::backup::ObjectName;
use ports::{BackupStore, DriverError, Exec};

use crate::server::{Answer, Asked, Server};

fn open(text: &str) -> Arc<dyn BackupStore> {
    let mut config = Config::load::<PathBuf>(&[]).unwrap();
    config.overlay("test", format!("[DEFAULT]\n{text}\n").as_bytes()).unwrap();
    registry::open(&config.default_section(), "/nowhere".into(), &Exec::direct()).unwrap()
}

fn s3(url: &str, more: &str) -> Arc<dyn BackupStore> {
    open(&format!(
        "backup_driver = s3\nbackup_s3_endpoint_url = {url}\nbackup_s3_store_access_key = key\n\
         backup_s3_store_secret_key = hidden\nbackup_s3_retry_max_attempts = 2\n{more}"
    ))
}

fn names(store: &dyn BackupStore) -> Vec<String> {
    store.list("bucket", "").unwrap().into_iter().map(|object| object.name).collect()
}

fn object() -> ObjectName {
    ObjectName::new("bucket", "a b/c").unwrap()
}

fn ok(body: &str) -> Answer {
    (200, Vec::new(), body.to_owned())
}

#[test]
fn lists_of_s3_go_on_to_their_end() {
    let server = Server::start(|asked: &Asked| {
        let contents = |name: &str| format!("<Contents><Key>{name}</Key><Size>1</Size></Contents>");
        match asked.path.contains("continuation-token=x%2F%3D") {
            false => ok(&format!(
                "<ListBucketResult>{}<IsTruncated>true</IsTruncated><NextContinuationToken>x/=</NextContinuationToken></ListBucketResult>",
                contents("b")
            )),
            true => ok(&format!("<ListBucketResult>{}</ListBucketResult>", contents("a"))),
        }
    });
    assert_eq!(names(&*s3(&server.url, "")), ["a", "b"]);
    assert_eq!(server.asked().len(), 2);
}

#[test]
fn lists_of_swift_go_on_to_their_end_and_tokens_are_renewed() {
    let server = Server::start(|asked: &Asked| match asked.path.as_str() {
        "/auth" => {
            // The address of the account names this server, whatever port it has.
            let host = asked.header("host").unwrap_or_default();
            let headers =
                vec![("x-storage-url", format!("http://{host}/v1/a")), ("x-auth-token", "t".to_owned())];
            (200, headers, String::new())
        }
        path if path.contains("marker=&") => ok(r#"[{"name": "a", "bytes": 1}]"#),
        path if path.contains("marker=a&") => ok(r#"[{"name": "b", "bytes": 1}]"#),
        path if path.contains("marker=b&") => ok("[]"),
        _ => (401, Vec::new(), String::new()),
    });
    let swift = open(&format!(
        "backup_driver = swift\nbackup_swift_auth = single_user\nbackup_swift_auth_url = {}/auth\n\
         backup_swift_user = u\nbackup_swift_key = hidden\nbackup_swift_retry_backoff = 0",
        server.url
    ));
    assert_eq!(names(&*swift), ["a", "b"]);
    let refused = swift.get(&object(), 10).unwrap_err();
    assert!(matches!(refused, DriverError::Refused(_)), "{refused:?}");
    assert_eq!(server.asked().iter().filter(|asked| asked.path == "/auth").count(), 2);
}

#[test]
fn what_a_store_received_is_compared_and_troubles_keep_secrets() {
    let server = Server::start(|asked: &Asked| match asked.method.as_str() {
        "PUT" => (200, vec![("etag", format!("\"{}\"", "0".repeat(32)))], String::new()),
        _ => (503, Vec::new(), "busy".to_owned()),
    });
    let store = s3(&server.url, "");
    let other = store.put(&object(), b"x").unwrap_err();
    assert!(format!("{other:?}").contains("received other bytes"), "{other:?}");
    let busy = store.list("bucket", "").unwrap_err();
    assert!(busy.may_pass() && format!("{busy:?}").contains("503 busy"), "{busy:?}");
    assert!(!format!("{other:?}{busy:?}").contains("hidden"));
    let asked = server.asked();
    assert_eq!(asked[0].path, "/bucket/a%20b/c");
    assert_eq!(asked.iter().filter(|asked| asked.method == "GET").count(), 2);
}

#[test]
fn a_customers_key_goes_with_every_object() {
    let server = Server::start(|_: &Asked| ok(""));
    let more = "backup_s3_sse_customer_key = 0123456789abcdef0123456789abcdef\n\
                backup_s3_sse_customer_algorithm = AES256";
    let store = s3(&server.url, more);
    store.put(&object(), b"x").unwrap();
    store.remove(&object()).unwrap();
    let asked = server.asked();
    let algorithm = "x-amz-server-side-encryption-customer-algorithm";
    assert_eq!(asked[0].header(algorithm), Some("AES256"));
    assert!(asked[0].header("authorization").unwrap().contains(algorithm));
    assert_eq!(asked[1].header(algorithm), None);
}
