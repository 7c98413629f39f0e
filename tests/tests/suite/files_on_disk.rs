//! Real bytes: every row is a file, and every copy holds what its source held.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use blackbox::disk::{file_of, files_below, files_of};
use blackbox::{Serve, Server, Session};
use serde_json::json;

const GIB: u64 = 1 << 30;
/// Where the tests write: the beginning, the middle across a page, and the very end of a 1 GiB volume.
const PLACES: [u64; 3] = [0, 512 * 1024 * 1024 - 7, GIB - 16];
/// A sparse file of 1 GiB with little in it may use this much.
const LITTLE: u64 = 8 << 20;

/// A server whose one backend keeps `format` files in a directory of its own; and that directory.
fn server_with(format: &str) -> (Server, PathBuf) {
    let serve = Serve::new();
    let directory = serve.side_dir("files");
    let conf = format!(
        "[DEFAULT]\nenabled_backends = files\n\n[files]\n\
         volume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = files\n\
         mount_point = {}\nimage_format = {format}\n",
        directory.display()
    );
    (serve.config(&conf).start(), directory)
}

fn write(file: &Path, word: &[u8; 16]) {
    let file = File::options().write(true).open(file).expect("a volume's file");
    for place in PLACES {
        file.write_all_at(word, place).expect("a writable volume");
    }
    file.sync_all().expect("a volume that can be synced");
}

#[track_caller]
fn assert_holds(file: &Path, word: &[u8; 16]) {
    let opened = File::open(file).expect("a volume's file");
    for place in PLACES {
        let mut found = [0; 16];
        opened.read_exact_at(&mut found, place).expect("a readable volume");
        assert_eq!(&found, word, "at byte {place} of {}", file.display());
    }
    // And nothing else but zeroes just behind.
    let mut behind = [0xff; 64];
    opened.read_exact_at(&mut behind, 4096).expect("a readable volume");
    assert_eq!(behind, [0; 64], "of {}", file.display());
}

#[test]
fn a_volume_is_a_file_until_it_is_deleted() {
    let server = Server::start();
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&server.volumes_dir(), &disk);
    let metadata = fs::metadata(&file).expect("a file");
    assert!(metadata.blocks() * 512 < LITTLE, "blank volumes are sparse");

    demo.remove(&format!("/volumes/{disk}"));
    assert_eq!(files_below(&server.volumes_dir()), Vec::<PathBuf>::new());
}

#[test]
fn a_raw_volume_has_exactly_its_size_and_grows() {
    let (server, directory) = server_with("raw");
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&directory, &disk);
    assert_eq!(fs::metadata(&file).expect("a file").len(), GIB);
    write(&file, b"sixteen letters!");
    demo.post(&format!("/volumes/{disk}/action"), &json!({"os-extend": {"new_size": 3}})).expect(202);
    assert_eq!(demo.await_volume(&disk, "available")["size"], 3);
    assert_eq!(fs::metadata(&file).expect("a file").len(), 3 * GIB);
    assert_holds(&file, b"sixteen letters!");
}

#[test]
fn a_snapshot_keeps_what_its_volume_held() {
    let (server, directory) = server_with("raw");
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&directory, &disk);
    write(&file, b"before snapshot.");
    let snapshot = demo.make_snapshot(&disk);
    write(&file, b"after, rewritten");

    let copy = demo.make_volume(json!({"snapshot_id": snapshot, "size": 1}));
    assert_holds(&file_of(&directory, &copy), b"before snapshot.");
    assert_holds(&file, b"after, rewritten");

    // The copy is its own: neither the snapshot's end nor the source's takes anything from it.
    demo.remove(&format!("/snapshots/{snapshot}"));
    demo.remove(&format!("/volumes/{disk}"));
    assert_holds(&file_of(&directory, &copy), b"before snapshot.");
    assert_eq!(files_below(&directory), [file_of(&directory, &copy)]);
}

#[test]
fn a_clone_holds_the_same_and_goes_its_own_way() {
    let (server, directory) = server_with("raw");
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&directory, &disk);
    write(&file, b"the shared past.");
    let clone = demo.make_volume(json!({"source_volid": disk, "size": 2}));
    let clone_file = file_of(&directory, &clone);
    assert_holds(&clone_file, b"the shared past.");
    assert_eq!(fs::metadata(&clone_file).expect("a file").len(), 2 * GIB, "bigger, as asked");
    let used = fs::metadata(&clone_file).expect("a file").blocks() * 512;
    assert!(used < LITTLE, "holes are not copied: {used} bytes");

    write(&clone_file, b"another present.");
    assert_holds(&file, b"the shared past.");
}

#[test]
fn a_volume_is_reverted_to_its_snapshot() {
    let (server, directory) = server_with("raw");
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&directory, &disk);
    write(&file, b"the good old day");
    let snapshot = demo.make_snapshot(&disk);
    write(&file, b"the bad new time");
    let revert = json!({"revert": {"snapshot_id": snapshot}});
    demo.post(&format!("/volumes/{disk}/action"), &revert).expect(202);
    demo.await_volume(&disk, "available");
    assert_holds(&file_of(&directory, &disk), b"the good old day");
}

#[test]
fn qcow2_volumes_keep_their_bytes_too() {
    let Some(tools) = QemuTools::find() else { return };
    let (server, directory) = server_with("qcow2");
    let demo = server.member();
    let disk = demo.make_volume(json!({"size": 1}));
    let file = file_of(&directory, &disk);
    assert_eq!(tools.virtual_size(&file), GIB);
    tools.write(&file, 0xab);

    let snapshot = demo.make_snapshot(&disk);
    let copy = demo.make_volume(json!({"snapshot_id": snapshot, "size": 2}));
    let clone = demo.make_volume(json!({"source_volid": disk, "size": 1}));
    assert_eq!(tools.virtual_size(&only(&directory, &copy)), 2 * GIB);
    assert!(tools.holds(&only(&directory, &copy), 0xab));
    assert!(tools.holds(&only(&directory, &clone), 0xab));

    demo.post(&format!("/volumes/{clone}/action"), &json!({"os-extend": {"new_size": 4}})).expect(202);
    demo.await_volume(&clone, "available");
    assert_eq!(tools.virtual_size(&only(&directory, &clone)), 4 * GIB);
    empty(&demo, &[copy, clone], &snapshot, &disk);
    assert_eq!(files_below(&directory), Vec::<PathBuf>::new());
}

#[track_caller]
fn empty(demo: &Session, copies: &[String], snapshot: &str, disk: &str) {
    for copy in copies {
        demo.remove(&format!("/volumes/{copy}"));
    }
    demo.remove(&format!("/snapshots/{snapshot}"));
    demo.remove(&format!("/volumes/{disk}"));
}

#[track_caller]
fn only(directory: &Path, id: &str) -> PathBuf {
    let files = files_of(directory, id);
    assert_eq!(files.len(), 1, "one file for {id}: {files:?}");
    files[0].clone()
}

/// `qemu-img` and `qemu-io`, which come in one package.
struct QemuTools;

impl QemuTools {
    fn find() -> Option<Self> {
        let there = |tool: &str| {
            Command::new(tool).arg("--version").output().is_ok_and(|output| output.status.success())
        };
        if there("qemu-img") && there("qemu-io") {
            return Some(Self);
        }
        skips::report("qemu-img and qemu-io are not installed");
        None
    }

    fn virtual_size(&self, file: &Path) -> u64 {
        let output = Command::new("qemu-img").args(["info", "--output=json", "-U"]).arg(file).output();
        let output = output.expect("qemu-img");
        let info: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("what qemu-img info prints");
        assert_eq!(info["format"], "qcow2", "{info}");
        assert!(info["backing-filename"].is_null(), "a volume stands alone: {info}");
        info["virtual-size"].as_u64().expect("a virtual size")
    }

    fn write(&self, file: &Path, pattern: u8) {
        for place in PLACES {
            let said = self.io(file, &[], &format!("write -P {pattern} {place} 16"));
            assert!(said.contains("wrote 16/16"), "{said}");
        }
    }

    fn holds(&self, file: &Path, pattern: u8) -> bool {
        PLACES.iter().all(|place| {
            let said = self.io(file, &["-r"], &format!("read -P {pattern} {place} 16"));
            said.contains("read 16/16") && !said.contains("verification failed")
        })
    }

    fn io(&self, file: &Path, options: &[&str], command: &str) -> String {
        let output = Command::new("qemu-io")
            .args(["-f", "qcow2"])
            .args(options)
            .args(["-c", command])
            .arg(file)
            .output();
        let output = output.expect("qemu-io");
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}
