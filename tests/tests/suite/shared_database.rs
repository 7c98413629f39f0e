//! Several processes over one MariaDB or PostgreSQL.

mod clock;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Output};

use blackbox::disk::{file_of, files_of};
use blackbox::rabbitmq::RabbitMq;
use blackbox::session::Session;
use blackbox::{Serve, Server, server, wait};
use serde_json::json;

/// Name the servers: the socket of a MariaDB with a database `shared`, and the directory of a PostgreSQL's.
const SERVERS: [(&str, &str); 2] = [
    ("BESSER_MARIADB", "mysql+pymysql://besser@/shared?charset=utf8&unix_socket="),
    ("BESSER_POSTGRESQL", "postgresql+psycopg2://besser@/postgres?host="),
];

pub(crate) fn besser(arguments: &[&str], config: &Path) -> Output {
    let mut command = Command::new(server::binary());
    command.args(arguments).arg("--config").arg(config).output().expect("besser can be started")
}

#[track_caller]
pub(crate) fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A process over the database, with a data directory of its own.
fn process(conf: &str, roles: &str) -> Serve {
    let serve = Serve::new().config(conf).argument("--roles").argument(roles);
    serve.environment("BESSER_LOG", "info,broker=debug")
}

/// What is asked of the front is begun by the back because it was told, and not only because it looked.
fn assert_woken(demo: &Session, back: &Server) {
    wait::until(wait::PATIENCE, "the back is woken", || {
        let id = demo.make_volume(json!({"size": 1, "name": "told"}));
        demo.remove(&format!("/volumes/{id}"));
        let told = |line: &str| line.contains("a hint has come") && line.contains("volume:");
        back.log().lines().any(told).then_some(())
    });
}

/// What processes that share a database have to share beside it.
pub(crate) fn share_key(from: &Server, to: &Serve) {
    std::fs::create_dir_all(to.data_dir()).expect("a data directory");
    std::fs::copy(from.data_dir().join("master-key"), to.data_dir().join("master-key")).expect("a key");
}

/// A process that looks after nothing but the backend `name`, of raw files in a directory of that name.
fn keeper_of(name: &str, conf: &str, front: &Server) -> Server {
    let serve = Serve::new();
    let enabled = format!("[DEFAULT]\nenabled_backends = {name}\n");
    let section = format!(
        "\n[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = {name}\n\
         mount_point = {}\nimage_format = raw\n",
        serve.side_dir(name).display()
    );
    let serve = serve.config(&(conf.replacen("[DEFAULT]\n", &enabled, 1) + &section));
    share_key(front, &serve);
    serve.argument("--roles").argument("api,volume").start()
}

/// Where the pattern is in the volumes that move, in bytes.
const WRITTEN_AT: [u64; 2] = [0, 700 << 20];

/// Waits until the volume is `on` and nowhere else, and looks at every byte that was written.
#[track_caller]
fn assert_moved(admin: &Session, id: &str, (from, on): ((&Server, &str), (&Server, &str)), written: &[u8]) {
    wait::until(wait::PATIENCE, "the volume has moved", || {
        let volume = &admin.get(&format!("/volumes/{id}"))["volume"];
        let is_there = volume["os-vol-host-attr:host"].as_str()?.contains(&format!("@{}#", on.1));
        let state = (volume["status"].as_str()?, volume["os-vol-mig-status-attr:migstat"].as_str()?);
        (is_there && state == ("available", "success")).then_some(())
    });
    assert!(files_of(&from.0.side_dir(from.1), id).is_empty(), "what it was is left");
    let file = File::open(file_of(&on.0.side_dir(on.1), id)).expect("its file");
    for offset in WRITTEN_AT {
        let mut found = vec![0; written.len()];
        file.read_exact_at(&mut found, offset).expect("what was written");
        assert!(found == written, "other bytes at {offset}");
    }
}

/// Volumes go from process to process, whoever of them dies meanwhile.
fn move_between(conf: &str, front: &Server, (demo, admin): (&Session, &Session)) {
    let (left, mut right) = (keeper_of("left", conf, front), keeper_of("right", conf, front));
    for name in ["left", "right"] {
        let body = json!({"volume_type": {"name": name, "extra_specs": {"volume_backend_name": name}}});
        admin.post("/types", &body).expect(200);
    }
    let id = demo.make_volume(json!({"size": 1, "volume_type": "left"}));
    let written: Vec<u8> =
        (0..3_u32 << 18).flat_map(|at| at.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let file = File::options().write(true).open(file_of(&left.side_dir("left"), &id)).expect("its file");
    for offset in WRITTEN_AT {
        file.write_all_at(&written, offset).expect("written");
    }
    let action = format!("/volumes/{id}/action");
    let retype = |to: &str| json!({"os-retype": {"new_type": to, "migration_policy": "on-demand"}});
    admin.post(&action, &retype("right")).expect(202);
    assert_moved(admin, &id, ((&left, "left"), (&right, "right")), &written);

    // It looks after what is copied: the copy may wait for it, or its end.
    admin.post(&action, &retype("left")).expect(202);
    right.kill();
    right.start_again();
    assert_moved(admin, &id, ((&right, "right"), (&left, "left")), &written);

    let host = admin.get(&format!("/volumes/{id}"))["volume"]["os-vol-host-attr:host"].clone();
    let host = host.as_str().and_then(|host| host.split('@').next()).expect("a host").to_owned();
    let refused = admin.post(&action, &json!({"os-migrate_volume": {"host": format!("{host}@nowhere")}}));
    refused.expect(400);
    demo.remove(&format!("/volumes/{id}"));
    for name in ["left", "right"] {
        let types = admin.get("/types");
        let them = types["volume_types"].as_array().into_iter().flatten();
        let found = them.filter(|it| it["name"] == name).filter_map(|it| it["id"].as_str());
        found.for_each(|id| admin.remove(&format!("/types/{id}")));
    }
}

fn tell(conf: &str) {
    let scratch = Serve::new();
    let file = scratch.side_dir("etc").join("cinder.conf");
    std::fs::write(&file, conf).expect("a written cinder.conf");
    let refused = process(conf, "api").refuse();
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("besser db sync"), "{why}");
    assert!(!besser(&["db", "check"], &file).status.success());
    let made = said(&besser(&["db", "sync"], &file));
    assert!(made.starts_with("made "), "{made}");
    assert!(said(&besser(&["db", "sync"], &file)).contains("already"));
    assert!(said(&besser(&["db", "check"], &file)).contains("works with"));

    let front = process(conf, "identity,api,scheduler").start();
    let back = process(conf, "api,volume");
    share_key(&front, &back);
    let mut back = back.start();
    // Without a `public_endpoint` the catalog names the API that was started last.
    let at_front = |mut session: Session| {
        session.endpoint = session.endpoint.replace(&back.volume_root(), &front.volume_root());
        session
    };
    let (demo, admin) = (at_front(front.member()), at_front(front.admin()));
    let endpoints = format!("{}/v3/endpoints", front.identity_root());
    let endpoints = admin.request("GET", &endpoints).send().expect("an answer").expect(200).text();
    assert!(endpoints.contains(&front.identity_root()), "{endpoints}");
    assert!(!endpoints.contains(&back.identity_root()), "nobody is there: {endpoints}");
    let first = demo.make_volume(json!({"size": 1, "name": "by two"}));
    assert!(file_of(&back.volumes_dir(), &first).is_file());
    if conf.contains("transport_url") {
        assert_woken(&demo, &back);
    }

    // Whoever dies in the middle: what was accepted is done by its next life.
    back.kill();
    let second = demo.ask_volume(json!({"size": 1, "name": "while one is away"}));
    back.start_again();
    demo.await_volume(&second, "available");
    demo.remove(&format!("/volumes/{first}"));
    let services = admin.get("/os-services");
    let up = services["services"].as_array().into_iter().flatten().filter(|service| service["state"] == "up");
    assert!(up.count() >= 2, "{services}");
    clock::is_shown(conf, &file, &front, &admin);
    move_between(conf, &front, (&demo, &admin));
    assert!(said(&besser(&["quota", "check"], &file)).contains("0 counters differ"));
    assert!(said(&besser(&["ops", "list"], &file)).lines().count() <= 1);
}

#[test]
fn a_front_and_a_back_share_a_database() {
    let broker = RabbitMq::start(|_| String::new());
    let url =
        |broker: &RabbitMq| format!("transport_url = rabbit://guest:guest@127.0.0.1:{}/", broker.port());
    // With one of them they have a broker, with the other they only look.
    let brokers = [broker.as_ref().map(url).unwrap_or_default(), String::new()];
    for ((variable, url), broker) in SERVERS.into_iter().zip(brokers) {
        match std::env::var(variable) {
            Ok(socket) => tell(&format!("[DEFAULT]\n{broker}\n[database]\nconnection = {url}{socket}\n")),
            Err(_) => skips::report(&format!("{variable} names no server")),
        }
    }
}
