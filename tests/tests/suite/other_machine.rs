//! Volumes that move to another machine: offered by tgtd with a secret, copied by QEMU's initiator, whoever dies meanwhile.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use blackbox::disk::{file_of, files_below};
use blackbox::random::Random;
use blackbox::server::ADMIN_CLOUD;
use blackbox::wait::{self, PATIENCE};
use blackbox::{Clients, Elsewhere, Serve, Server, Session, clients, process};
use serde_json::{Value, json};

use crate::shared_database::{besser, said, share_key};

/// Names the socket of a MariaDB with a database for each test, called `machines_` and the format of its volumes.
const SERVER: &str = "BESSER_MARIADB";
/// What is copied a second.
const BYTES_PER_SECOND: usize = 1 << 20;
/// How much is written into the volume: the copy takes some seconds.
const WRITTEN_BYTES: usize = 8 << 20;
/// Where.
const WRITTEN_AT: u64 = 304 << 20;

/// A machine with a backend of its own.
struct Machine {
    name: &'static str,
    server: Server,
    place: Elsewhere,
}

impl Machine {
    fn directory(&self) -> PathBuf {
        self.server.side_dir("files")
    }

    /// What its tgtd keeps of targets.
    fn kept(&self) -> Vec<PathBuf> {
        files_below(&self.server.side_dir("targets"))
    }
}

struct World {
    /// How volumes are kept.
    format: &'static str,
    machines: [Machine; 2],
    admin: Session,
    clients: Option<Clients>,
    _front: Server,
    conf: PathBuf,
    disk: String,
    content: Vec<u8>,
    zeros: Vec<u8>,
}

fn section(name: &str, format: &str, serve: &Serve, place: &Elsewhere) -> String {
    format!(
        "\n[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = {name}\n\
         mount_point = {}\nimage_format = {format}\nvolume_copy_bps_limit = {BYTES_PER_SECOND}\n\
         target_helper = tgtadm\ntarget_ip_address = {}\ntarget_port = {}\nvolumes_dir = {}\n",
        serve.side_dir("files").display(),
        place.portal().ip(),
        place.portal().port(),
        serve.side_dir("targets").display(),
    )
}

impl World {
    /// A volume on one of two machines, which is then the first; none where there can be none.
    fn new(format: &'static str) -> Option<Self> {
        let Ok(socket) = std::env::var(SERVER) else {
            skips::report(&format!("{SERVER} names no server"));
            return None;
        };
        let mut places = Elsewhere::two()?;
        places.iter_mut().for_each(Elsewhere::start_tgtd);
        let url = format!("mysql+pymysql://besser@/machines_{format}?charset=utf8&unix_socket={socket}");
        let conf = format!("[DEFAULT]\n[database]\nconnection = {url}\n");
        let front = Serve::new();
        let file = front.side_dir("etc").join("shared.conf");
        fs::write(&file, &conf).expect("a written cinder.conf");
        said(&besser(&["db", "sync"], &file));
        let front = front.config(&conf).argument("--roles").argument("identity,api,scheduler").start();
        let serves = [Serve::new(), Serve::new()];
        let hidden = [serves[1].side_dir("files"), serves[0].side_dir("files")];
        let mut started = serves.into_iter().zip(places).zip(["left", "right"]).zip(hidden);
        let mut machines: [Machine; 2] = std::array::from_fn(|_| {
            let (((serve, place), name), hidden) = started.next().expect("two machines");
            let enabled = format!("[DEFAULT]\nhost = host-{name}\nenabled_backends = {name}\n");
            let conf = conf.replacen("[DEFAULT]\n", &enabled, 1) + &section(name, format, &serve, &place);
            share_key(&front, &serve);
            let serve = serve.config(&conf).binary(&place.besser(&hidden));
            let serve = serve.argument("--roles").argument("api,volume");
            Machine { name, server: serve.environment("BESSER_LOG", "debug").start(), place }
        });
        let of_front = |mut session: Session| {
            for machine in &machines {
                let theirs = machine.server.volume_root();
                session.endpoint = session.endpoint.replace(&theirs, &front.volume_root());
            }
            session
        };
        let (admin, demo) = (of_front(front.admin()), of_front(front.member()));
        let disk = demo.make_volume(json!({"size": 1}));
        if files_below(&machines[0].directory()).is_empty() {
            machines.swap(0, 1);
        }
        let extra_specs = json!({"volume_backend_name": machines[0].name});
        let home = json!({"volume_type": {"name": "home", "extra_specs": extra_specs}});
        admin.post("/types", &home).expect(200);
        let clients = clients::find_venv().map(|venv| Clients::of(&front, &venv, ADMIN_CLOUD));
        let zeros = vec![0; WRITTEN_BYTES];
        let mut world = Self {
            format,
            machines,
            admin,
            clients,
            _front: front,
            conf: file,
            disk,
            content: Vec::new(),
            zeros,
        };
        world.write();
        Some(world)
    }

    fn write(&mut self) {
        let mut random = Random::new(7);
        let noise: Vec<u8> = (0..WRITTEN_BYTES / 8).flat_map(|_| random.bits().to_le_bytes()).collect();
        let path = file_of(&self.machines[0].directory(), &self.disk);
        if self.format == "raw" {
            let file = fs::File::options().write(true).open(path).expect("the file of the volume");
            file.write_all_at(&noise, WRITTEN_AT).expect("written");
        } else {
            let from = self.machines[0].server.side_dir("noise").join("noise");
            fs::write(&from, &noise).expect("written");
            let write = format!("write -s {} {WRITTEN_AT} {WRITTEN_BYTES}", from.display());
            let path = path.display().to_string();
            run("qemu-io", &["-f", self.format, "-c", &write, &path]);
        }
        self.content = noise;
    }

    /// What is in the volume, as a raw file.
    fn content_of(&self, path: &Path) -> fs::File {
        let raw = self.machines[0].server.side_dir("noise").join("raw");
        let (from, to) = (path.display().to_string(), raw.display().to_string());
        if self.format != "raw" {
            run("qemu-img", &["convert", "-f", self.format, "-O", "raw", &from, &to]);
        }
        fs::File::open(if self.format == "raw" { path } else { &raw }).expect("the content of the volume")
    }

    /// `os-migrate_volume`, by the `cinder` client where there is one.
    fn migrate(&self, to: usize) {
        let name = self.machines[to].name;
        let host = format!("host-{name}@{name}#{name}");
        match &self.clients {
            Some(clients) => {
                clients.cinder(&["migrate", "--lock-volume", "True", &self.disk, &host]);
            }
            None => self.act(&json!({"os-migrate_volume": {"host": host, "lock_volume": true}})),
        }
    }

    fn act(&self, action: &Value) {
        self.admin.post(&format!("/volumes/{}/action", self.disk), action).expect(202);
    }

    fn shown(&self) -> Value {
        self.admin.get(&format!("/volumes/{}", self.disk))["volume"].take()
    }

    /// The operation on the volume that has not ended, as `besser ops list` has it.
    fn operation(&self) -> Option<Value> {
        let list: Value =
            serde_json::from_str(&said(&besser(&["ops", "list", "--json"], &self.conf))).expect("JSON");
        let resource = format!("volume/{}", self.disk);
        list.as_array()?.iter().find(|row| row["resource"] == *resource).cloned()
    }

    /// Waits until some of the volume is copied, and not all; the operation then.
    #[track_caller]
    fn copying(&self) -> Value {
        self.amid("copy")
    }

    /// Waits until some of what `phase` does is done, and not all; the operation then.
    #[track_caller]
    fn amid(&self, phase: &str) -> Value {
        wait::until(PATIENCE, phase, || {
            let found = self.operation().expect("a move that takes longer");
            let percent = found["progress_percent"].as_u64().unwrap_or_default();
            (found["phase"] == phase && percent > 0).then_some(found)
        })
    }

    /// Waits until nothing is done to the volume; it is on machine `on`, all of it, and nothing is left anywhere.
    #[track_caller]
    fn ends_on(&self, on: usize, migration_status: &str) {
        wait::until(PATIENCE, "the move has ended", || self.operation().is_none().then_some(()));
        let (now, name) = (self.shown(), self.machines[on].name);
        assert_eq!(now["os-vol-host-attr:host"], format!("host-{name}@{name}#{name}"), "{now}");
        assert_eq!(
            (&now["status"], &now["migration_status"]),
            (&json!("available"), &json!(migration_status))
        );
        let file = file_of(&self.machines[on].directory(), &self.disk);
        assert_eq!(files_below(&self.machines[on].directory()), std::slice::from_ref(&file));
        assert_eq!(files_below(&self.machines[1 - on].directory()), [] as [&Path; 0]);
        let taken = file.metadata().expect("its size").blocks() * 512;
        assert!(taken <= 2 * WRITTEN_BYTES as u64, "{taken} bytes for {WRITTEN_BYTES}");
        let file = self.content_of(&file);
        let mut piece = vec![0; WRITTEN_BYTES];
        for at in (0..1 << 30).step_by(WRITTEN_BYTES) {
            file.read_exact_at(&mut piece, at).expect("all of the volume");
            match at == WRITTEN_AT {
                true => assert!(piece == self.content, "other bytes"),
                false => assert!(piece == self.zeros, "something at {at}, where nothing was"),
            }
        }
        self.nothing_is_left();
    }

    /// No target, no initiator and no secret.
    #[track_caller]
    fn nothing_is_left(&self) {
        for machine in &self.machines {
            assert_eq!(machine.place.targets(), "", "{} offers something", machine.name);
            assert_eq!(machine.kept(), [] as [&Path; 0]);
            let programs = process::descendants(machine.server.pid());
            assert_eq!(programs, [] as [u32; 0], "programs of {}", machine.name);
            assert_eq!(files_below(&machine.server.data_dir().join("programs")), [] as [&Path; 0]);
        }
        assert!(said(&besser(&["quota", "check"], &self.conf)).contains("0 counters differ"));
    }
}

/// No one story leaves anything to the next: all of them are of one volume.
#[test]
fn a_volume_moves_to_another_machine_and_back() {
    let Some(mut world) = World::new("raw") else { return };

    world.migrate(1);
    let copying = world.copying();
    assert_eq!(world.shown()["status"], "maintenance");
    let offered = world.machines[0].place.targets();
    assert!(offered.contains(&format!("volume-{}", world.disk)), "{offered}");
    assert!(offered.contains("besser-copy-"), "{offered}");
    let secret = secret_in(&world.machines[0].kept());
    assert!(!copying.to_string().contains(&secret));
    world.ends_on(1, "success");
    for machine in &world.machines {
        assert!(!machine.server.log().contains(&secret), "a secret in the log of {}", machine.name);
    }

    // Given up while it is copied.
    world.migrate(0);
    let operation = world.copying()["id"].as_str().expect("an id").to_owned();
    said(&besser(&["ops", "abandon", &operation], &world.conf));
    world.ends_on(1, "error");

    // Both die, and nobody wants it any more.
    world.migrate(0);
    let operation = world.copying()["id"].as_str().expect("an id").to_owned();
    world.machines.iter_mut().for_each(|machine| machine.server.kill());
    said(&besser(&["ops", "abandon", &operation], &world.conf));
    world.machines.iter_mut().for_each(|machine| machine.server.start_again());
    world.ends_on(1, "error");

    // Who copies dies, and who offers.
    world.act(&json!({"os-retype": {"new_type": "home", "migration_policy": "on-demand"}}));
    world.copying();
    world.machines[0].server.kill();
    world.machines[0].server.start_again();
    world.copying();
    world.machines[1].server.kill();
    world.machines[1].server.start_again();
    world.ends_on(0, "success");
    assert_eq!(world.shown()["volume_type"], "home");
}

/// A target knows nothing of QEMU's format: a raw copy is offered, which is nowhere afterwards.
#[test]
fn a_volume_in_qemus_format_moves_to_another_machine_and_back() {
    let Some(mut world) = World::new("qcow2") else { return };

    // Who makes the raw copy dies.
    world.migrate(1);
    world.amid("show");
    world.machines[0].server.kill();
    world.machines[0].server.start_again();
    world.copying();
    let offered = world.machines[0].place.targets();
    assert!(offered.contains(&format!(".unfinished-offered-{}", world.disk)), "{offered}");
    world.ends_on(1, "success");

    // Given up before anybody could read it.
    world.migrate(0);
    let operation = world.amid("show")["id"].as_str().expect("an id").to_owned();
    said(&besser(&["ops", "abandon", &operation], &world.conf));
    world.ends_on(1, "error");

    // Who offers it dies while it is read.
    world.migrate(0);
    world.copying();
    world.machines[1].server.kill();
    world.machines[1].server.start_again();
    world.ends_on(0, "success");
}

/// Has a program of QEMU do something to a volume that nobody uses.
fn run(program: &str, arguments: &[&str]) {
    let done = std::process::Command::new(program).args(arguments).output().expect("a program of QEMU");
    assert!(done.status.success(), "{program}: {done:?}");
}

/// What tgtd was told to ask for.
fn secret_in(kept: &[PathBuf]) -> String {
    let text = fs::read_to_string(kept.first().expect("a kept target")).expect("its text");
    let line = text.lines().find(|line| line.trim().starts_with("incominguser")).expect("a secret");
    line.split_whitespace().last().expect("a secret").to_owned()
}
