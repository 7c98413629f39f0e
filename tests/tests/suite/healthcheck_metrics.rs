//! What monitoring reads.

use std::time::Duration;

use blackbox::http::Request;
use blackbox::{Images, Serve, Server, wait};
use serde_json::json;

#[track_caller]
fn metrics(server: &Server) -> String {
    let url = format!("{}/metrics", server.volume_root());
    let reply = Request::new("GET", &url).send().expect("an answer").expect(200);
    assert!(
        reply.header("Content-Type").is_some_and(|kind| kind.starts_with("text/plain")),
        "{:?}",
        reply.headers
    );
    reply.text()
}

/// Lines that are no comments, as name with labels and value.
fn samples(text: &str) -> Vec<(&str, f64)> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("not a sample: {line}"));
            (name, value.parse().unwrap_or_else(|_| panic!("not a number: {line}")))
        })
        .collect()
}

/// The sum of every sample whose name begins like that and whose labels contain all of `labels`.
fn sum(text: &str, name: &str, labels: &[&str]) -> f64 {
    let all = samples(text).into_iter();
    all.filter(|(sample, _)| sample.starts_with(name) && labels.iter().all(|label| sample.contains(label)))
        .map(|(_, value)| value)
        .sum()
}

#[test]
fn healthcheck_needs_no_token() {
    let server = Server::start();
    for root in [server.volume_root(), server.identity_root()] {
        let reply = Request::new("GET", &format!("{root}/healthcheck")).send().expect("an answer");
        assert_eq!(reply.status, 200, "{root}");
    }
}

#[test]
fn an_image_store_that_cannot_be_used_keeps_nobody_else_from_working() {
    let serve = Serve::new();
    let directory = serve.side_dir("etc").join("images");
    std::fs::write(&directory, "in the way").expect("a file");
    let conf = format!("[glance_store]\nfilesystem_store_datadir = {}\n", directory.display());
    let server = serve.config(&conf).start();
    server.member().make_volume(json!({"size": 1}));
    let [_, _, port] = server.ports();
    let url = format!("http://127.0.0.1:{port}/healthcheck");
    let health = || Request::new("GET", &url).send().expect("an answer");
    let reply = health();
    assert_eq!(reply.status, 503);
    assert!(reply.text().contains(&directory.display().to_string()), "{}", reply.text());
    std::fs::remove_file(&directory).expect("room for a directory");
    wait::until(Duration::from_secs(30), "the store is looked at again", || {
        (health().status == 200).then_some(())
    });
}

#[test]
fn metrics_are_prometheus_text() {
    let serve = Serve::new();
    let conf = format!(
        "[DEFAULT]\nenabled_backends = slow\n\n[slow]\nvolume_driver = sim\nvolume_backend_name = slow\n\
         mount_point = {}\nsim_delay_ms = 3000\n",
        serve.side_dir("sim").display()
    );
    let server = serve.config(&conf).start();
    server.member().ask_volume(json!({"size": 1}));
    let text = metrics(&server);
    for name in ["besser_http_requests", "besser_operations", "besser_queue_depth", "besser_pool_"] {
        assert!(text.contains(&format!("# HELP {name}")), "{name} is described:\n{text}");
    }
    assert!(sum(&text, "besser_operations{", &[]) >= 1.0, "the create is under way:\n{text}");
}

#[test]
fn requests_are_counted() {
    let server = Server::start();
    let demo = server.member();
    demo.get("/volumes");
    let described = "# TYPE besser_http_requests_total counter\n";
    assert!(metrics(&server).contains(described), "a counter is described by the name of its samples");
    let before = sum(&metrics(&server), "besser_http_requests_total", &[]);
    for _ in 0..10 {
        demo.get("/volumes");
    }
    let after = sum(&metrics(&server), "besser_http_requests_total", &[]);
    assert!(after >= before + 10.0, "{before} then {after}");
}

#[test]
fn metrics_tell_no_secrets_and_no_ids() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    demo.get(&format!("/volumes/{disk}"));
    let text = metrics(&server);
    assert!(!text.contains(&disk), "a label a volume would grow without end");
    assert!(!text.contains(&demo.project_id));
}

#[test]
fn every_answer_has_a_request_id_that_the_log_knows() {
    let server = Server::start();
    let demo = server.member();
    let reply = demo.send("GET", "/volumes/nosuch");
    let id = reply.header("x-openstack-request-id").expect("a request id").to_owned();
    assert!(id.starts_with("req-"), "{id}");
    let other = demo.send("GET", "/volumes/nosuch");
    assert_ne!(other.header("x-openstack-request-id"), Some(&*id));
    let asked = demo
        .request("GET", "/volumes")
        .header("X-OpenStack-Request-ID", "req-11111111-2222-4333-8444-555555555555");
    let reply = asked.send().expect("an answer");
    assert!(reply.header("x-openstack-request-id").is_some());
}

#[test]
fn the_cache_of_images_counts_what_it_is_good_for() {
    let serve = Serve::new();
    let conf = format!(
        "[DEFAULT]\nenabled_backends = kept\n\n[kept]\nvolume_backend_name = kept\nimage_format = raw\n\
         volume_driver = cinder.volume.drivers.local.LocalFileDriver\nimage_volume_cache_enabled = true\n\
         mount_point = {}\n",
        serve.side_dir("kept").display()
    );
    let server = serve.config(&conf).start();
    let member = server.member();
    let image = Images::of(&server, &member).upload("raw", "bare", &[5; 70_000]);
    for _ in 0..3 {
        member.make_volume(json!({"size": 1, "imageRef": image}));
    }
    let text = metrics(&server);
    for (name, value) in [
        ("fetches_total", 1.0),
        ("misses_total", 1.0),
        ("hits_total", 2.0),
        ("evictions_total", 0.0),
        ("images", 1.0),
    ] {
        assert_eq!(sum(&text, &format!("besser_image_cache_{name}"), &["kept"]), value, "{name}: {text}");
    }
}
