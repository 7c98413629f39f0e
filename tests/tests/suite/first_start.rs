//! The first two commands of a newcomer, and every way to start wrongly.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};
use std::time::Duration;

use blackbox::http::Request;
use blackbox::server::{ADMIN_CLOUD, MEMBER_CLOUD};
use blackbox::{Serve, Server, Session, clients, ports, wait};
use rustix::process::Signal;
use serde_json::json;

/// The promise of the README.
const READY_WITHIN: Duration = Duration::from_secs(1);

#[test]
fn a_bare_serve_is_ready_within_a_second() {
    // The best of three, so that a busy neighbour on this machine does not decide.
    let best = (0..3).map(|_| Server::start().ready_after()).min().unwrap_or(Duration::MAX);
    assert!(best < READY_WITHIN, "ready after {best:?}");
}

#[test]
fn two_commands_lead_to_a_disk() {
    let Some((server, demo, _)) = clients::world() else { return };
    let disk = demo.openstack(&["volume", "create", "--size", "1", "disk1"]);
    let id = disk["id"].as_str().expect("an id");
    server.member().await_volume(id, "available");
    assert!(server.log().contains("openstack volume create"), "it says what to type next:\n{}", server.log());
}

#[test]
fn the_first_start_leaves_a_private_clouds_yaml() {
    let server = Server::start();
    let mode = fs::metadata(server.clouds_yaml()).expect("clouds.yaml").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let member = server.cloud(MEMBER_CLOUD);
    let admin = server.cloud(ADMIN_CLOUD);
    assert_eq!(member.username, "demo");
    assert_eq!(admin.username, "admin");
    assert_eq!(member.region_name, "RegionOne");
    assert_eq!(member.domain_name, "Default");
    assert_eq!(member.auth_url, format!("{}/v3", server.identity_root()));
    assert_ne!(member.password, admin.password);
}

#[test]
fn nobody_else_reads_the_data_directory_secrets() {
    let server = Server::start();
    let secret = server.cloud(ADMIN_CLOUD).password;
    for file in blackbox::disk::files_below(&server.data_dir()) {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        let bytes = fs::read(&file).expect("a readable file");
        let holds_secret = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!holds_secret || mode & 0o077 == 0, "{} shows a password to others", file.display());
    }
}

#[test]
fn a_directory_that_was_open_to_others_holds_nothing_for_them() {
    let serve = Serve::new();
    let open = fs::Permissions::from_mode(0o755);
    fs::create_dir(serve.data_dir()).expect("a data directory that was there before");
    fs::set_permissions(serve.data_dir(), open).expect("a directory that is open");
    let server = serve.start();
    server.member().make_volume(json!({"size": 1}));
    for file in blackbox::disk::files_below(&server.data_dir()) {
        let mode = fs::metadata(&file).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} is open to others", file.display());
    }
}

#[test]
fn a_log_that_nobody_reads_disturbs_nothing() {
    let serve = Serve::new();
    let data_dir = serve.data_dir();
    let [identity, volume, _] = ports::three_free();
    let full = || fs::File::options().write(true).open("/dev/full").expect("a disk that is full");
    let mut process = Command::new(blackbox::server::binary())
        .args(["serve", "--data-dir", &data_dir.display().to_string()])
        .args(["--identity-port", &identity.to_string(), "--volume-port", &volume.to_string()])
        .stdout(full())
        .stderr(full())
        .spawn()
        .expect("besser can be started");
    let healthy = wait::poll(Duration::from_secs(10), || {
        let reply = Request::new("GET", &format!("http://127.0.0.1:{volume}/healthcheck")).send().ok()?;
        (reply.status == 200).then_some(())
    });
    let ended = process.kill().and_then(|()| process.wait());
    assert!(healthy.is_some() && ended.is_ok());
}

#[test]
fn every_installation_has_its_own_secrets() {
    let (one, other) = (Server::start(), Server::start());
    for cloud in [MEMBER_CLOUD, ADMIN_CLOUD] {
        assert_ne!(one.cloud(cloud).password, other.cloud(cloud).password);
    }
}

#[test]
fn a_second_start_changes_nothing() {
    let mut server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1, "name": "kept"}));
    let clouds = fs::read(server.clouds_yaml()).expect("clouds.yaml");
    let volume = demo.get(&format!("/volumes/{disk}"));
    server.terminate();

    server.start_again();
    assert_eq!(fs::read(server.clouds_yaml()).expect("clouds.yaml"), clouds);
    // The old token is still good, and the volume is what it was.
    assert_eq!(demo.get(&format!("/volumes/{disk}")), volume);
    assert_eq!(server.member().volumes().len(), 1);
}

#[test]
fn sigterm_drains_and_ends_with_zero() {
    let mut server = Server::start();
    let demo = server.member();
    let asked: Vec<String> = (0..10).map(|_| demo.ask_volume(json!({"size": 1}))).collect();
    let status = server.terminate();
    assert_eq!(status.code(), Some(0), "{}", server.log());
    assert!(
        blackbox::process::working_below(&server.data_dir(), &[]).is_empty(),
        "nothing goes on without it"
    );

    // What was accepted is finished, at the latest by the next start.
    server.start_again();
    for id in asked {
        demo.await_volume(&id, "available");
    }
}

#[test]
fn sighup_reloads_and_goes_on() {
    let mut server = Server::start();
    server.signal(Signal::HUP);
    let pid = server.pid();
    let demo = server.member();
    demo.make_volume(json!({"size": 1}));
    assert!(server.is_running());
    assert_eq!(server.pid(), pid);
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let chosen = ports::three_free();
    for (index, port) in chosen.into_iter().enumerate().take(2) {
        let taken = TcpListener::bind(("127.0.0.1", port)).expect("a port to take");
        let line = one_line(&Serve::new().ports(chosen).refuse());
        assert!(line.contains(&port.to_string()), "port {index} is named: {line}");
        drop(taken);
    }
}

#[test]
fn an_unwritable_data_directory_is_one_clear_line() {
    let place = tempfile::tempdir().expect("a scratch directory");
    let file = place.path().join("a-file");
    fs::write(&file, "not a directory").expect("a file");
    let line = one_line(&Serve::in_directory(&file).refuse());
    assert!(line.contains("a-file"), "the directory is named: {line}");
}

#[test]
fn a_read_only_data_directory_is_one_clear_line() {
    if rustix::process::geteuid().is_root() {
        return skips::report("root may write everywhere");
    }
    let place = tempfile::tempdir().expect("a scratch directory");
    let closed = fs::Permissions::from_mode(0o500);
    fs::set_permissions(place.path(), closed).expect("a directory that can be closed");
    one_line(&Serve::in_directory(place.path()).refuse());
}

#[test]
fn a_second_process_on_the_same_data_directory_is_one_clear_line() {
    let first = Server::start();
    let home = first.data_dir().parent().expect("the parent of the data directory").to_owned();
    let line = one_line(&Serve::in_directory(&home).refuse());
    assert!(line.contains(&*first.data_dir().to_string_lossy()), "the directory is named: {line}");
    // And the first one did not notice.
    first.member().make_volume(json!({"size": 1}));
}

#[test]
fn a_wrong_option_is_one_clear_line() {
    let line = one_line(&Serve::new().argument("--no-such-option").refuse());
    assert!(line.contains("--no-such-option"), "{line}");
    let line = one_line(&Serve::new().argument("--listen").argument("nowhere at all").refuse());
    assert!(line.contains("nowhere at all"), "{line}");
    let line = one_line(&Serve::new().argument("--config").argument("/no/such/cinder.conf").refuse());
    assert!(line.contains("/no/such/cinder.conf: No such file"), "{line}");
}

#[test]
fn an_impossible_configuration_is_one_clear_line() {
    let conf = "[DEFAULT]\nenabled_backends = missing\n";
    let line = one_line(&Serve::new().config(conf).refuse());
    assert!(line.contains("missing"), "the backend without a section is named: {line}");
    let line = one_line(&Serve::new().config("[DEFAULT]\nhost = a@b\n").refuse());
    assert!(line.contains("a@b"), "a host that looks like a backend is named: {line}");
}

#[test]
fn tokens_of_a_killed_server_are_good_after_its_restart() {
    let mut server = Server::start();
    let demo: Session = server.member();
    server.kill();
    server.start_again();
    let answered =
        wait::poll(Duration::from_secs(5), || (demo.send("GET", "/volumes").status == 200).then_some(()));
    assert!(answered.is_some());
}

/// What a refusal must be: a failure, with exactly one line on standard error.
#[track_caller]
fn one_line(refusal: &Output) -> String {
    let complaint = String::from_utf8_lossy(&refusal.stderr).into_owned();
    assert!(!refusal.status.success(), "it should fail: {complaint}");
    assert!(refusal.status.code().is_some(), "it ends by itself, not by a signal: {complaint}");
    let lines: Vec<&str> = complaint.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "one line, not {lines:#?}");
    assert!(!complaint.contains("panicked"), "{complaint}");
    lines[0].to_owned()
}
