//! What can be had of a backup when there is a store and nothing else.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use blackbox::disk::{file_of, files_below};
use blackbox::{Serve, Server, server, wait};
use serde_json::json;

const GIB: u64 = 1 << 30;

/// A server that is gone, the identifier of a backup that it made, and what the volume held.
struct Left {
    server: Server,
    config: PathBuf,
    backup: String,
    volume: PathBuf,
}

impl Left {
    fn behind(format: &str) -> Self {
        let serve = Serve::new();
        let etc = serve.side_dir("etc");
        let key = etc.join("key");
        fs::write(&key, "0123456789abcdef".repeat(4)).expect("a written key");
        let text = format!("[DEFAULT]\nbackup_format = {format}\nbackup_key_file = {}\n", key.display());
        let mut server = serve.config(&text).start();
        let demo = server.member();
        let disk = demo.make_volume(json!({"size": 1}));
        let volume = file_of(&server.volumes_dir(), &disk);
        let file = File::options().write(true).open(&volume).expect("a volume's file");
        for (number, place) in [0, 300 << 20, GIB - 4096].into_iter().enumerate() {
            let word = format!("stretch {number} ").repeat(500);
            file.write_all_at(&word.as_bytes()[..4096], place).expect("a writable volume");
        }
        let asked = json!({"backup": {"volume_id": disk}});
        let reply = demo.post("/backups", &asked).expect(202).json();
        let backup = reply["backup"]["id"].as_str().expect("a backup id").to_owned();
        demo.await_status(&format!("/backups/{backup}"), "backup", "available");
        assert!(server.terminate().success());
        Self { server, config: etc.join("cinder.conf"), backup, volume }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(server::binary());
        command.args(words).arg(&self.backup).arg("--config").arg(&self.config);
        command.arg("--data-dir").arg(self.server.data_dir());
        command
    }

    fn restore(&self, to: &Path, more: &[&str]) -> Output {
        self.command(&["restore"]).args(more).arg("--to").arg(to).output().expect("besser can be started")
    }
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn is_same(one: &Path, other: &Path) -> bool {
    Command::new("cmp").arg(one).arg(other).status().expect("cmp can be started").success()
}

#[test]
fn a_sealed_backup_is_restored_and_served_by_its_store_alone() {
    let left = Left::behind("besser");
    let place = tempfile::tempdir().expect("a scratch directory");
    let to = place.path().join("restored");
    let restored = left.restore(&to, &[]);
    assert!(restored.status.success(), "{}", words(&restored));
    assert!(is_same(&to, &left.volume));
    let again = left.restore(&to, &[]);
    assert!(!again.status.success(), "what is there stays as it is: {}", words(&again));
    assert_served(&left, place.path());

    // A store of which one object is damaged.
    let backups = left.server.data_dir().join("backups");
    let is_pack = |path: &&PathBuf| path.to_string_lossy().contains("-00");
    let pack = files_below(&backups).iter().find(is_pack).expect("a pack").clone();
    let mut bytes = fs::read(&pack).expect("a readable pack");
    bytes[100] ^= 1;
    fs::write(&pack, bytes).expect("a writable pack");
    let name = pack.file_name().expect("a name").to_string_lossy().into_owned();
    let refused = left.restore(&place.path().join("damaged"), &[]);
    assert!(!refused.status.success() && words(&refused).contains(&name), "{}", words(&refused));
    assert!(!place.path().join("damaged").exists(), "half a volume stays nowhere");
    let rest = place.path().join("rest");
    let salvaged = left.restore(&rest, &["--undamaged"]);
    assert_eq!(salvaged.status.code(), Some(1), "{}", words(&salvaged));
    assert!(words(&salvaged).contains(&name), "{}", words(&salvaged));
    assert_eq!(fs::metadata(&rest).expect("what could be had").len(), GIB);

    // Without its key it is closed.
    fs::write(&left.config, "").expect("an empty cinder.conf");
    let closed = left.restore(&place.path().join("closed"), &[]);
    assert!(!closed.status.success() && words(&closed).contains("key"), "{}", words(&closed));
}

#[test]
fn a_backup_in_cinders_format_is_restored_and_served_by_its_store_alone() {
    let left = Left::behind("cinder");
    let place = tempfile::tempdir().expect("a scratch directory");
    let to = place.path().join("restored");
    let restored = left.restore(&to, &[]);
    assert!(restored.status.success(), "{}", words(&restored));
    assert!(is_same(&to, &left.volume));
    assert_served(&left, place.path());
}

/// A program that serves until this is dropped.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn assert_served(left: &Left, place: &Path) {
    let socket = place.join("nbd");
    let mut mount = left.command(&["backup", "mount"]);
    let mut serving = Serving(
        mount.arg("--socket").arg(&socket).stdout(Stdio::null()).spawn().expect("besser can be started"),
    );
    wait::until(Duration::from_secs(60), "the backup is served", || socket.exists().then_some(()));
    let url = format!("nbd+unix:///?socket={}", socket.display());
    let compared =
        Command::new("qemu-img").args(["compare", "-f", "raw", "-F", "raw", &url]).arg(&left.volume).output();
    match compared {
        Ok(compared) => assert!(compared.status.success(), "{}", words(&compared)),
        Err(error) => skips::report(&format!("qemu-img: {error}")),
    }
    let pid = serving.0.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().expect("kill can be started").success());
    let ended = wait::poll(Duration::from_secs(20), || serving.0.try_wait().ok().flatten());
    assert!(ended.is_some_and(|status| status.success()), "it ends when it is told");
    assert!(!socket.exists());
}
