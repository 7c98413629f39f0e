//! Images that would do harm: each is refused at every door, for a reason, and no program gets to see it before.

#[path = "../../../crates/inspect/tests/images/corpus.rs"]
mod corpus;
#[path = "../../../crates/inspect/tests/images/craft.rs"]
#[allow(dead_code, reason = "the inspector's own tests use the rest")]
pub(crate) mod craft;

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::Command;
use std::thread;

use blackbox::disk::{file_of, files_below};
use blackbox::wait::{self, PATIENCE};
use blackbox::{Images, Programs, Serve, Server, Session};
use serde_json::{Value, json};

use corpus::Crafted;

/// Takes every format that is inspected, and keeps volumes as plain files.
const CONFIG: &str = "[DEFAULT]\nenabled_backends = files\nquota_volumes = -1\n\
    quota_gigabytes = -1\n\n\
    [image_format]\ndisk_formats = ami,ari,aki,vhd,vhdx,vmdk,raw,qcow2,vdi,iso,luks\n\n\
    [files]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = files\n\
    image_volume_cache_enabled = true\nimage_format = raw\nmount_point = ";

struct Scene {
    server: Server,
    demo: Session,
    images: Images,
    programs: Programs,
}

fn scene() -> Scene {
    let serve = Serve::new();
    let config = format!("{CONFIG}{}\n", serve.side_dir("files").display());
    let server = serve.config(&config).start();
    let demo = server.member();
    let images = Images::of(&server, &demo);
    let programs = Programs::watch(&server.data_dir());
    Scene { server, demo, images, programs }
}

impl Scene {
    fn image_files(&self) -> usize {
        let kept = ["images", "image-staging"].map(|name| files_below(&self.server.data_dir().join(name)));
        kept.iter().map(Vec::len).sum()
    }

    /// What the owner of a volume is told of its failure.
    fn told_about(&self, volume: &str) -> String {
        let messages = self.demo.list("/messages", "messages");
        let about = messages.iter().filter(|message| message["resource_uuid"] == volume);
        about.filter_map(|message| message["user_message"].as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Waits until a volume has failed; what its owner is told.
    #[track_caller]
    fn await_failure(&self, volume: &str) -> String {
        let path = format!("/volumes/{volume}");
        let status = wait::until(PATIENCE, "the volume is made or not", || {
            let status = self.demo.get(&path)["volume"]["status"].as_str()?.to_owned();
            (!matches!(&*status, "creating" | "downloading")).then_some(status)
        });
        assert_eq!(status, "error", "volume {volume}");
        self.told_about(volume)
    }
}

/// What is declared as something else than it is.
fn misdeclared() -> [(&'static str, Vec<u8>, &'static str); 4] {
    [
        ("qcow2", vec![7; 4096], "the content is raw and not qcow2"),
        ("raw", craft::qcow2(), "the content is qcow2 and not raw"),
        ("vmdk", craft::vdi(), "the content is vdi and not vmdk"),
        ("iso", craft::vhd_fixed(), "the content is vhd and not iso"),
    ]
}

/// Everything, with what it is declared as and why it is refused.
fn everything() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let crafted = corpus::all().into_iter().map(|Crafted { format, why, bytes }| (format, bytes, why));
    crafted.chain(misdeclared()).collect()
}

#[test]
fn what_would_do_harm_is_not_taken_by_upload_or_import() {
    let scene = scene();
    let mut importing = Vec::new();
    for (declared, bytes, why) in everything() {
        let id = scene.images.create(declared, "bare");
        let reply = scene.images.put(&id, &bytes);
        assert_eq!(reply.status, 415, "{declared}: {why}: {}", reply.text());
        assert!(reply.text().contains(why), "{declared}: {why}: {}", reply.text());
        assert_eq!(scene.images.show(&id)["status"], "queued", "{declared}: {why}");

        scene.images.stage(&id, &bytes).expect(204);
        scene.images.import(&id, &json!({"name": "glance-direct"}));
        importing.push((id, declared, why));
    }
    for (id, declared, why) in importing {
        let task = scene.images.await_import(&id);
        assert_eq!(task["status"], "failure", "{declared}: {task}");
        assert!(task["message"].as_str().unwrap_or_default().contains(why), "{declared}: {why}: {task}");
        assert_eq!(scene.images.show(&id)["status"], "queued", "{declared}: {why}");
        scene.images.remove(&id);
    }
    assert_eq!(scene.image_files(), 0, "nothing of it is kept");
    assert_eq!(scene.programs.started(), 0, "and nobody has opened it");
}

#[test]
fn what_came_in_unseen_is_refused_before_a_volume_or_a_template_is_made_of_it() {
    let scene = scene();
    // What is in a container is not looked at when it comes.
    let unseen = everything().into_iter().map(|(declared, bytes, why)| {
        let image = scene.images.upload(declared, "ovf", &bytes);
        (scene.demo.ask_volume(json!({"size": 1, "imageRef": image})), image, why)
    });
    let unseen: Vec<_> = unseen.collect();
    for (volume, _, why) in &unseen {
        let told = scene.await_failure(volume);
        assert!(told.contains(why), "{why}: {told}");
    }
    for (_, image, why) in unseen.iter().step_by(9) {
        let body = json!({"template": {"name": "crafted", "image": image, "size": 1}});
        let template = scene.demo.post("/templates", &body).expect(202).json();
        let told = scene.await_failure(template["template"]["volume_id"].as_str().expect("its disk"));
        assert!(told.contains(why), "{why}: {told}");
    }
    assert_eq!(scene.programs.started(), 0, "nobody has opened it");
}

#[test]
fn the_watch_over_programs_sees_the_one_that_opens_a_good_image() {
    if Command::new("qemu-img").arg("--version").output().is_err() {
        return skips::report("qemu's tools are not installed");
    }
    let scene = scene();
    let good = scene.images.upload("qcow2", "bare", &craft::qcow2());
    scene.demo.make_volume(json!({"size": 1, "imageRef": good}));
    assert!(scene.programs.started() > 0);
}

#[test]
fn what_was_changed_in_the_store_is_refused_too() {
    let scene = scene();
    let good = scene.images.upload("qcow2", "bare", &craft::qcow2());
    let file = file_of(&scene.server.data_dir().join("images"), &good);
    fs::write(&file, corpus::on_passwd()).expect("a writable store");
    let told = scene.await_failure(&scene.demo.ask_volume(json!({"size": 1, "imageRef": good})));
    assert!(told.contains("it has a backing file"), "{told}");
    assert_eq!(scene.programs.started(), 0);
}

#[test]
fn what_is_only_on_the_web_is_inspected_when_it_is_copied_here() {
    let port = serve_on_the_web();
    let config = "[DEFAULT]\nenabled_import_methods = copy-image\n\
        [glance_store]\nenabled_backends = here:file,web:http\ndefault_backend = here\n\
        [import_filtering_opts]\nallowed_hosts = 127.0.0.1\nallowed_ports =\n";
    let server = Serve::new().config(config).start();
    let admin = server.admin();
    let images = Images::of(&server, &admin);
    let copies = |of: &str| {
        let id = images.create("qcow2", "bare");
        let root = format!("http://127.0.0.1:{}/v2/images/{id}", server.ports()[2]);
        let at = json!({"url": format!("http://127.0.0.1:{port}/{of}")});
        admin.post(&format!("{root}/locations"), &at).expect(202);
        wait::until(PATIENCE, "its hashes", || (images.show(&id)["checksum"].is_string()).then_some(()));
        admin.post(&format!("{root}/import"), &json!({"method": {"name": "copy-image"}})).expect(202);
        wait::until(PATIENCE, "the copy is made or not", || {
            let tasks = admin.get(&format!("{root}/tasks"));
            let copy = tasks["tasks"].as_array()?.iter().find(|task| task["type"] == "api_image_import")?;
            matches!(copy["status"].as_str()?, "success" | "failure").then(|| copy["message"].clone())
        })
    };
    assert_eq!(copies("good"), "");
    let told = copies("bad");
    assert!(told.as_str().is_some_and(|told| told.contains("it has a backing file")), "{told}");
    assert_eq!(files_below(&server.data_dir().join("images-here")).len(), 1, "the good one");
}

/// Serves a good image, and at `/bad` a bad one, until the test ends; on this port.
fn serve_on_the_web() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut head = [0; 4096];
            let asked = (&stream).read(&mut head).unwrap_or(0);
            let is_bad = head[..asked].starts_with(b"GET /bad ");
            let image = if is_bad { corpus::on_passwd() } else { craft::qcow2() };
            let answer =
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", image.len());
            // Who goes away has had its answer.
            let _ = (&stream).write_all(answer.as_bytes()).and_then(|()| (&stream).write_all(&image));
        }
    });
    port
}

#[test]
fn what_would_unpack_into_more_than_was_asked_for_is_refused() {
    let scene = scene();
    // An honest header of four terabytes in two hundred kilobytes.
    let size = 4_u64 << 40;
    let entries = u32::try_from(size.div_ceil(512 << 20)).expect("few");
    let mut vast = corpus::with(craft::qcow2(), 24, &size.to_be_bytes());
    craft::put(&mut vast, 36, &entries.to_be_bytes());
    craft::put(&mut vast, 0x3_0000, &vec![0; entries as usize * 8]);
    let image = scene.images.upload("qcow2", "bare", &vast);
    assert_eq!(scene.images.show(&image)["virtual_size"], size);
    let refused = scene.demo.post("/volumes", &json!({"volume": {"size": 1, "imageRef": image}})).expect(400);
    assert!(refused.text().contains("Image virtual size is 4096GB"), "{}", refused.text());
    // The same where its size was not seen when it came.
    let unseen = scene.images.upload("qcow2", "ovf", &vast);
    let told = scene.await_failure(&scene.demo.ask_volume(json!({"size": 1, "imageRef": unseen})));
    assert!(told.contains("4096GB"), "{told}");
    // What is packed as a whole is not unpacked at all.
    let packed = scene.images.upload("raw", "compressed", b"\x1f\x8b\x08\0\0\0\0\0\0\x03");
    let told = scene.await_failure(&scene.demo.ask_volume(json!({"size": 1, "imageRef": packed})));
    assert!(told.contains("is compressed as a whole"), "{told}");
}

#[test]
fn a_bomb_is_refused_before_anybody_unpacks_it() {
    /// How many tables of 512 MiB each.
    const TABLES: u64 = 6;
    let scene = scene();
    // Three gigabytes of clusters that are all the same packed one, in seven hundred kilobytes.
    let mut bomb = corpus::with(craft::qcow2(), 24, &(TABLES * (512 << 20)).to_be_bytes());
    craft::put(&mut bomb, 36, &[0, 0, 0, 6]);
    for table in 0..TABLES {
        let at = (4 + table) << 16;
        craft::put(&mut bomb, 0x3_0000 + table as usize * 8, &(at | 1 << 63).to_be_bytes());
        craft::put(&mut bomb, at as usize, &(1_u64 << 62 | 512).to_be_bytes().repeat(8192));
    }
    let why = "would unpack into more than 1073741824";
    let id = scene.images.create("qcow2", "bare");
    let reply = scene.images.put(&id, &bomb);
    assert!(reply.status == 415 && reply.text().contains(why), "{}", reply.text());
    scene.images.stage(&id, &bomb).expect(204);
    scene.images.import(&id, &json!({"name": "glance-direct"}));
    let task = scene.images.await_import(&id);
    assert!(task["message"].as_str().is_some_and(|told| told.contains(why)), "{task}");
    assert_eq!(scene.images.show(&id)["status"], "queued");
    scene.images.remove(&id);
    assert_eq!(scene.image_files(), 0, "nothing of it is kept");
    // What is in a container is looked at when it is used.
    let image = scene.images.upload("qcow2", "ovf", &bomb);
    let told = scene.await_failure(&scene.demo.ask_volume(json!({"size": 3, "imageRef": image})));
    assert!(told.contains(why), "{told}");
    assert_eq!(scene.programs.started(), 0, "nobody has opened it");
}

#[test]
fn what_a_guest_writes_to_its_disk_is_never_taken_for_an_image() {
    let scene = scene();
    let source = scene.images.upload("raw", "bare", &vec![5; 70_000]);
    let body = json!({"template": {"name": "desktop", "image": source, "size": 1}});
    let template = scene.demo.post("/templates", &body).expect(202).json()["template"].clone();
    let (id, disk) = (text(&template, "id"), text(&template, "volume_id"));
    scene.demo.await_volume(&disk, "available");
    let files = scene.server.side_dir("files");
    let written = corpus::on_passwd();
    write(&file_of(&files, &disk), &written);
    // Saved as a generation, it is bytes like others.
    let path = format!("/templates/{id}/generations");
    scene.demo.post(&path, &json!({"generation": {}})).expect(202);
    scene.demo.await_status(&format!("{path}/2"), "generation", "available");
    let desktop = json!({"desktop": {"name": "one", "generation": 2}});
    let desktop = scene.demo.post(&format!("/templates/{id}/desktops"), &desktop).expect(202).json();
    let desktop = text(&desktop["desktop"], "volume_id");
    scene.demo.await_volume(&desktop, "available");
    assert_eq!(read(&file_of(&files, &desktop), written.len()), written);
    // Saved as an image, it is refused.
    scene.demo.await_volume(&disk, "available");
    let upload = json!({"os-volume_upload_image": {"image_name": "grown", "disk_format": "raw"}});
    let image = scene.demo.post(&format!("/volumes/{disk}/action"), &upload).expect(202).json();
    scene.demo.await_volume(&disk, "available");
    let told = scene.told_about(&disk);
    assert!(told.contains("it has a backing file"), "{told}");
    let image = text(&image["os-volume_upload_image"], "image_id");
    let gone = format!("http://127.0.0.1:{}/v2/images/{image}", scene.server.ports()[2]);
    scene.demo.send("GET", &gone).expect(404);
    assert_eq!(scene.programs.started(), 0);
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("no {key} in {value}")).to_owned()
}

fn write(file: &Path, bytes: &[u8]) {
    let file = fs::File::options().write(true).open(file).expect("a volume's file");
    file.write_all_at(bytes, 0).expect("a writable volume");
    file.sync_all().expect("a volume that can be synced");
}

fn read(file: &Path, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    fs::File::open(file).expect("a volume's file").read_exact_at(&mut bytes, 0).expect("a readable volume");
    bytes
}
