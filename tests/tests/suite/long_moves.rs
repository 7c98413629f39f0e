//! Moves whose copy takes long: how far one is can be seen, and it can be called off.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use blackbox::disk::{file_of, files_below};
use blackbox::random::Random;
use blackbox::wait::{self, PATIENCE};
use blackbox::{Serve, Server, Session, server};
use serde_json::{Value, json};

/// What is copied a second, by all copies of a backend together.
const BYTES_PER_SECOND: u64 = 1 << 20;
/// The length of a piece of the disk with data; all others are zeros.
const PIECE_BYTES: usize = 256 << 10;
/// From one piece to the next: as many make a GiB as take longer than any of these tests.
const STRIDE_BYTES: u64 = 4 << 20;

/// Two backends that copy slowly, a volume on one of them, and who may move it.
struct World {
    server: Server,
    admin: Session,
    demo: Session,
    /// The directory of the backend that has it.
    here: PathBuf,
    /// The directory of the other one, which is called so.
    there: PathBuf,
    other: &'static str,
    disk: String,
    /// The volume before anything happens to it.
    before: Value,
    /// The content of its file.
    content: Vec<Vec<u8>>,
}

impl World {
    fn new() -> Self {
        let serve = Serve::new();
        let [left, right] = ["left", "right"].map(|name| (name, serve.side_dir(name)));
        let section = |name: &str, directory: &PathBuf| {
            format!(
                "[{name}]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nmount_point = {}\n\
                 image_format = raw\nvolume_backend_name = {name}\nvolume_copy_bps_limit = {BYTES_PER_SECOND}\n",
                directory.display()
            )
        };
        let sections = [&left, &right].map(|(name, directory)| section(name, directory)).concat();
        let server = serve.config(&format!("[DEFAULT]\nenabled_backends = left, right\n{sections}")).start();
        let (admin, demo) = (server.admin(), server.member());
        let disk = demo.make_volume(json!({"size": 1}));
        let ((_, here), (other, there)) =
            if files_below(&left.1).is_empty() { (right, left) } else { (left, right) };
        let extra_specs = json!({"volume_backend_name": other});
        let volume_type = json!({"volume_type": {"name": "other", "extra_specs": extra_specs}});
        admin.post("/types", &volume_type).expect(200);
        let content = fill(&file_of(&here, &disk));
        let before = admin.get(&format!("/volumes/{disk}"))["volume"].take();
        Self { server, admin, demo, here, there, other, disk, before, content }
    }

    fn act(&self, action: &Value) {
        self.admin.post(&format!("/volumes/{}/action", self.disk), action).expect(202);
    }

    fn shown(&self) -> Value {
        self.admin.get(&format!("/volumes/{}", self.disk))["volume"].take()
    }

    /// What `besser` prints.
    #[track_caller]
    fn besser(&self, arguments: &[&str]) -> String {
        let data_dir = self.server.data_dir();
        let mut command = Command::new(server::binary());
        let output = command.args(arguments).arg("--data-dir").arg(data_dir).output().expect("besser runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// The operation on the volume that has not ended, as `besser ops list` has it.
    fn operation(&self) -> Option<Value> {
        let list: Value = serde_json::from_str(&self.besser(&["ops", "list", "--json"])).expect("JSON");
        let resource = format!("volume/{}", self.disk);
        list.as_array()?.iter().find(|row| row["resource"] == *resource).cloned()
    }

    /// Waits until the copy has come further than `percent`; the operation then.
    #[track_caller]
    fn further_than(&self, percent: u64) -> Value {
        wait::until(PATIENCE, "the copy has come further", || {
            let found =
                self.operation().unwrap_or_else(|| panic!("{}", self.besser(&["ops", "list", "--all"])));
            found["progress_percent"].as_u64().is_some_and(|now| now > percent).then_some(found)
        })
    }

    /// Waits until nothing is done to the volume; it is as it was but for `status` and the end of the move, nothing is
    /// left where it was to go, and who asked for it is told `why`.
    #[track_caller]
    fn is_as_it_was(&self, status: &str, why: &str) {
        wait::until(PATIENCE, "the move has ended", || self.operation().is_none().then_some(()));
        let now = self.shown();
        assert_eq!(now["status"], status, "{now}");
        assert_eq!(now["migration_status"], "error", "{now}");
        for key in
            ["os-vol-host-attr:host", "volume_type", "size", "os-vol-mig-status-attr:name_id", "provider_id"]
        {
            assert_eq!(now[key], self.before[key], "{key}");
        }
        assert_eq!(files_below(&self.there), Vec::<PathBuf>::new());
        assert_eq!(files_below(&self.here), [file_of(&self.here, &self.disk)]);
        assert!(read(&file_of(&self.here, &self.disk)) == self.content, "its content has changed");
        let messages = self.admin.get(&format!("/messages?resource_uuid={}", self.disk));
        let told = messages["messages"][0]["user_message"].as_str().unwrap_or_default();
        assert!(told.contains(why), "{messages}");
        let words = self.besser(&["quota", "check"]);
        assert!(words.contains("0 counters differ"), "{words}");
    }

    fn pool_there(&self) -> String {
        let pools = self.admin.get("/scheduler-stats/get_pools");
        let mut names =
            pools["pools"].as_array().into_iter().flatten().filter_map(|pool| pool["name"].as_str());
        names.find(|name| name.contains(&format!("@{}#", self.other))).expect("the other pool").to_owned()
    }
}

/// Where the pieces of a disk are.
fn pieces() -> impl Iterator<Item = u64> {
    (0..(1 << 30) / STRIDE_BYTES).map(|index| index * STRIDE_BYTES)
}

/// Writes pieces of noise all over the file; what they are.
fn fill(path: &PathBuf) -> Vec<Vec<u8>> {
    let file = File::options().write(true).open(path).expect("the file of a volume");
    let mut random = Random::new(1);
    let noise = (0..PIECE_BYTES / 8).flat_map(|_| random.bits().to_le_bytes()).collect::<Vec<u8>>();
    for (offset, first) in pieces().zip(0..=u8::MAX) {
        let mut piece = noise.clone();
        piece[0] = first;
        file.write_all_at(&piece, offset).expect("a written piece");
    }
    read(path)
}

/// The pieces of the file.
fn read(path: &PathBuf) -> Vec<Vec<u8>> {
    let file = File::open(path).expect("the file of a volume");
    let piece = |offset| {
        let mut piece = vec![0; PIECE_BYTES];
        file.read_exact_at(&mut piece, offset).expect("a piece that can be read");
        piece
    };
    pieces().map(piece).collect()
}

#[test]
fn a_migration_is_watched_and_called_off() {
    let world = World::new();
    world.act(&json!({"os-migrate_volume": {"host": world.pool_there(), "lock_volume": true}}));
    let first = world.further_than(0);
    assert_eq!((&first["kind"], &first["phase"]), (&json!("volume.migrate"), &json!("copy")), "{first}");
    assert_eq!(world.shown()["status"], "maintenance");
    let percent = first["progress_percent"].as_u64().expect("a number");
    let second = world.further_than(percent);
    assert!(second["progress_percent"].as_u64().is_some_and(|now| now < 100), "{second}");

    let id = second["id"].as_str().expect("an id");
    let shown: Value = serde_json::from_str(&world.besser(&["ops", "show", id])).expect("JSON");
    assert!(shown["progress_percent"].as_u64().is_some_and(|now| now > percent), "{shown}");
    world.besser(&["ops", "abandon", id]);
    world.is_as_it_was("available", "given up");
}

#[test]
fn a_retype_that_copies_is_watched_and_called_off() {
    let world = World::new();
    world.act(&json!({"os-retype": {"new_type": "other", "migration_policy": "on-demand"}}));
    let first = world.further_than(0);
    assert_eq!((&first["kind"], &first["phase"]), (&json!("volume.retype"), &json!("copy")), "{first}");
    assert_eq!(world.shown()["status"], "retyping");
    let second = world.further_than(first["progress_percent"].as_u64().expect("a number"));
    world.besser(&["ops", "abandon", second["id"].as_str().expect("an id")]);
    world.is_as_it_was("available", "given up");
}

#[test]
fn a_migration_that_locks_nothing_gives_way_to_a_server() {
    let world = World::new();
    world.act(&json!({"os-migrate_volume": {"host": world.pool_there()}}));
    world.further_than(0);
    let server = "11111111-2222-4333-8444-555555555555";
    let attachment =
        json!({"attachment": {"volume_uuid": world.disk, "instance_uuid": server, "connector": null}});
    world.demo.post("/attachments", &attachment).expect(200);
    world.is_as_it_was("reserved", "it was attached before it had moved");
}
