//! A disk from its making to what a running machine writes on it, by the commands that a person types.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::Command;

use blackbox::clients;
use blackbox::console::{Console, sum_at, sum_of};
use blackbox::disk::file_of;
use blackbox::machine::{Machine, Running};
use blackbox::server::binary;
use blackbox::{Server, people, wait};
use serde_json::json;

const GIB: u64 = 1 << 30;

/// A running machine, which is nobody's but the user's.
struct Guest {
    _running: Running,
    console: Console,
    monitor: PathBuf,
}

impl Guest {
    fn boot(machine: &Machine, server: &Server) -> Self {
        let dir = server.side_dir("machine");
        let (serial, monitor) = (dir.join("serial"), dir.join("monitor"));
        let mut command = machine.qemu("pc", &serial);
        command.args(["-m", "128", "-append", "console=ttyS0 quiet no_timer_check"]);
        command.arg("-kernel").arg(machine.kernel()).arg("-initrd").arg(machine.initrd());
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", monitor.display())]);
        let mut running = Running::start(&mut command);
        let console = Console::of(&serial, || assert!(running.is_running(), "QEMU does not start"));
        Self { _running: running, console, monitor }
    }

    fn name(&self) -> String {
        format!("qmp:{}", self.monitor.display())
    }
}

/// `besser` on the machine's host; what it printed.
#[track_caller]
fn besser(server: &Server, words: &[&str]) -> String {
    let mut command = Command::new(binary());
    command.args(words).arg("--state-dir").arg(server.side_dir("agent"));
    if words[..2] != ["attach", "list"] {
        command.env("OS_CLIENT_CONFIG_FILE", server.clouds_yaml()).env("OS_CLOUD", "besser");
    }
    let output = command.output().expect("besser");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "besser {words:?}: {out}{err}");
    out.trim().to_owned()
}

#[test]
fn a_disk_is_made_plugged_written_grown_and_unplugged() {
    let Some(machine) = Machine::find() else { return };
    let Some((server, demo, _)) = clients::world() else { return };
    let watch = server.member();
    let mut guest = Guest::boot(&machine, &server);
    let vm = guest.name();

    let made = demo.openstack(&["volume", "create", "--size", "1", "disk1"]);
    let id = made["id"].as_str().expect("an identifier");
    watch.await_volume(id, "available");
    assert_eq!(besser(&server, &["attach", "disk1", "--vm", &vm]), "/dev/vda");
    assert_eq!(guest.console.disk(id), "/dev/vda");
    assert_eq!(guest.console.size("/dev/vda"), GIB);
    guest.console.write("/dev/vda", "first", 7);

    let shown = demo.openstack(&["volume", "show", "disk1"]);
    assert_eq!(shown["status"], "in-use");
    assert_eq!(shown["attachments"][0]["device"], "/dev/vda", "{shown}");
    let listed = besser(&server, &["attach", "list"]);
    assert!(listed.contains(id) && listed.contains(&format!("/dev/vda of {vm}")), "{listed}");
    let why = besser(&server, &["attach", "why", "disk1"]);
    assert!(why.contains("/dev/vda") && why.contains(&vm), "{why}");

    // It grows while the guest has it, and the guest is told.
    demo.openstack_does(&["--os-volume-api-version", "3.42", "volume", "set", "--size", "2", "disk1"]);
    wait::until(wait::PATIENCE, "the volume has grown", || {
        (watch.await_volume(id, "in-use")["size"] == 2).then_some(())
    });
    assert_eq!(guest.console.size("/dev/vda"), GIB);
    assert_eq!(besser(&server, &["attach", "resize", "disk1"]), "/dev/vda");
    assert_eq!(guest.console.size("/dev/vda"), 2 * GIB);
    guest.console.write("/dev/vda", "beyond", 1500);
    besser(&server, &["attach", "check"]);

    besser(&server, &["detach", "disk1"]);
    assert_eq!(guest.console.look(id), "");
    watch.await_volume(id, "available");
    let file = file_of(&server.volumes_dir(), id);
    assert_eq!((sum_at(&file, 7), sum_at(&file, 1500)), (sum_of("first"), sum_of("beyond")));
    demo.openstack_does(&["volume", "delete", "disk1"]);
    watch.await_gone(&format!("/volumes/{id}"));
    assert!(!file.exists());
}

#[test]
fn what_is_encrypted_is_opened_by_the_machine() {
    let Some(machine) = Machine::find() else { return };
    let server = Server::start();
    let demo = server.member();
    people::make_encrypted_type(&server, "secret", "luks");
    let mut guest = Guest::boot(&machine, &server);
    let vm = guest.name();
    let id = demo.make_volume(json!({"size": 1, "volume_type": "secret"}));
    for turn in ["written", "read"] {
        let device = besser(&server, &["attach", &id, "--vm", &vm]);
        assert_eq!(guest.console.disk(&id), device);
        if turn == "written" {
            guest.console.write(&device, "hidden", 7);
        }
        assert_eq!(guest.console.sum(&device, 7), sum_of("hidden"), "{turn}");
        besser(&server, &["attach", "check"]);
        besser(&server, &["detach", &id]);
    }
    let file = file_of(&server.volumes_dir(), &id);
    let mut start = vec![0; 16 << 20];
    File::open(&file).expect("a file").read_exact(&mut start).expect("its start");
    assert!(start.starts_with(b"LUKS\xba\xbe"));
    assert!(!start.windows(12).any(|bytes| bytes == b"hiddenhidden"));
}
