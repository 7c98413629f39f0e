//! A store of backups on a mount whose server has stopped to answer: `bindfs`, paused, is to the kernel what a lost NFS server
//! is. What is asked for ends with a reason, nothing stays in the middle of something, the service ends when it is told to,
//! and all is well when the server is back.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use blackbox::disk::file_of;
use blackbox::{Serve, Session, wait};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// How long the whole of a try that fails may take: two seconds for each call, several tries, and pauses between them.
const LONG: Duration = Duration::from_secs(180);
/// After the signal: the service gives what is under way thirty seconds.
const END: Duration = Duration::from_secs(50);

/// A directory that is seen through a program.
struct Mount {
    at: PathBuf,
    program: Child,
}

impl Mount {
    fn of(directory: &Path, at: &Path) -> Result<Self, String> {
        fs::create_dir_all(directory).expect("a directory");
        fs::create_dir_all(at).expect("a directory");
        let mut bindfs = Command::new("bindfs");
        bindfs.arg("-f").arg(directory).arg(at).stdin(Stdio::null());
        let program = bindfs.spawn().map_err(|error| format!("bindfs: {error}"))?;
        let mut mount = Self { at: at.to_owned(), program };
        let is_mounted = || {
            let mounts = fs::read_to_string("/proc/self/mounts").expect("the mounts");
            mounts.lines().any(|line| line.split(' ').nth(1) == at.to_str())
        };
        match wait::poll(Duration::from_secs(10), || is_mounted().then_some(())) {
            Some(()) => Ok(mount),
            None => {
                let ended = mount.program.try_wait();
                Err(format!("nothing can be mounted with FUSE here: {ended:?}"))
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.program.id()).ok().and_then(Pid::from_raw).expect("a process id");
        kill_process(pid, signal).expect("a signal that can be sent");
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.signal(Signal::CONT);
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

fn back_up(demo: &Session, volume: &str) -> String {
    let asked = json!({"backup": {"volume_id": volume}});
    let reply = demo.post("/backups", &asked).expect(202).json();
    reply["backup"]["id"].as_str().expect("a backup id").to_owned()
}

fn backup(demo: &Session, id: &str) -> Value {
    demo.get(&format!("/backups/{id}"))["backup"].clone()
}

fn status(demo: &Session, volume: &str) -> Value {
    demo.get(&format!("/volumes/{volume}"))["volume"]["status"].clone()
}

/// Whether a backup can be asked for; the one that is then made is waited for and removed.
fn takes_backups(demo: &Session, volume: &str) -> bool {
    let reply = demo.post("/backups", &json!({"backup": {"volume_id": volume}}));
    if reply.status != 202 {
        assert_eq!(reply.status, 503, "{}", reply.text());
        return false;
    }
    let id = reply.json()["backup"]["id"].as_str().expect("a backup id").to_owned();
    demo.await_status(&format!("/backups/{id}"), "backup", "available");
    demo.delete(&format!("/backups/{id}")).expect(202);
    true
}

#[test]
fn nothing_waits_for_ever() {
    let serve = Serve::new();
    let place = serve.side_dir("store");
    let mount = match Mount::of(&place.join("objects"), &place.join("mount")) {
        Ok(mount) => mount,
        Err(why) => return skips::report(&why),
    };
    let path = mount.at.display();
    let config = format!(
        "[DEFAULT]\nbackup_posix_path = {path}\nbackup_store_timeout = 2\n\
         backup_driver_stats_polling_interval = 10\nreport_interval = 1\nservice_down_time = 6\n"
    );
    let mut server = serve.config(&config).start();
    let demo = server.member();
    let volume = demo.make_volume(json!({"size": 1}));
    let file = File::options().write(true).open(file_of(&server.volumes_dir(), &volume)).expect("a file");
    file.write_all_at(&vec![0xA5; 1 << 20], 5 << 20).expect("a writable volume");
    let good = back_up(&demo, &volume);
    demo.await_status(&format!("/backups/{good}"), "backup", "available");

    mount.signal(Signal::STOP);
    let bad = back_up(&demo, &volume);
    wait::until(LONG, "the backup gives up", || (backup(&demo, &bad)["status"] == "error").then_some(()));
    let why = backup(&demo, &bad)["fail_reason"].to_string();
    assert!(why.contains("in the store of backups: no answer for 2 s"), "{why}");
    assert_eq!(status(&demo, &volume), "available", "the volume is as before");
    let told = demo.get(&format!("/messages?resource_uuid={bad}"))["messages"].clone();
    assert!(told[0]["user_message"].to_string().contains("no answer for"), "{told}");

    mount.signal(Signal::CONT);
    wait::until(LONG, "backups are kept again", || takes_backups(&demo, &volume).then_some(()));

    // Told to end in the middle of one. What hangs in the kernel keeps the process until the mount's server answers: then
    // it ends, and the next one begins without waiting for its store.
    mount.signal(Signal::STOP);
    let third = back_up(&demo, &volume);
    server.signal(Signal::TERM);
    sleep(Duration::from_secs(3));
    mount.signal(Signal::CONT);
    wait::until(END, "the end", || (!server.is_running()).then_some(()));
    mount.signal(Signal::STOP);
    server.start_again();
    let demo = server.member();
    demo.get(&format!("/volumes/{volume}"));
    mount.signal(Signal::CONT);
    demo.await_status(&format!("/backups/{third}"), "backup", "available");
    assert_eq!(status(&demo, &volume), "available");
    let last = back_up(&demo, &volume);
    demo.await_status(&format!("/backups/{last}"), "backup", "available");
    for id in [&bad, &third, &last, &good] {
        demo.delete(&format!("/backups/{id}")).expect(202);
    }
    let objects = || blackbox::disk::files_below(&place.join("objects"));
    wait::until(LONG, "nothing is left in the store", || objects().is_empty().then_some(()));
}
