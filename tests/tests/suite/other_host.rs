//! From a volume on a storage node to a disk inside a running machine of another host, and back: two hosts that share a
//! network and nothing else, over which the machine reaches the volume with a secret. No log has the secret, nor a key.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use blackbox::console::{Console, sum_at, sum_of};
use blackbox::disk::{file_of, files_below};
use blackbox::hosts::{COMPUTE, STORAGE};
use blackbox::http::Request;
use blackbox::machine::{Machine, Running};
use blackbox::server::{MEMBER_CLOUD, binary};
use blackbox::session::{issue_token, password_auth, public_endpoint};
use blackbox::{Hosts, Serve, Server, Session, people, wait};
use serde_json::json;

const PORT: u16 = 3260;

struct World<'a> {
    machine: &'a Machine,
    server: Server,
    demo: Session,
    tgtd: Running,
    /// What the commands of the other host have printed.
    heard: String,
    hosts: Hosts,
}

/// A running machine of the other host.
struct Guest {
    _running: Running,
    console: Console,
}

impl<'a> World<'a> {
    fn new(machine: &'a Machine, hosts: Hosts) -> Self {
        let mut daemon = machine.program("tgtd");
        daemon.args(["-f", "--iscsi", &format!("portal={STORAGE}:{PORT}")]);
        let mut daemon = hosts.on_storage(&daemon);
        let tgtd = Running::start(daemon.stdout(Stdio::null()).stderr(Stdio::null()));
        let serve = Serve::new().binary(&hosts.besser_on_storage());
        let conf = format!(
            "[DEFAULT]\nenabled_backends = files\n\n[files]\n\
             volume_driver = cinder.volume.drivers.local.LocalFileDriver\nmount_point = {}\nimage_format = raw\n\
             target_helper = tgtadm\ntarget_ip_address = {STORAGE}\ntarget_port = {PORT}\nuse_chap_auth = true\n\
             volumes_dir = {}\n",
            serve.side_dir("files").display(),
            serve.side_dir("targets").display(),
        );
        let serve = serve.config(&conf).argument("--listen").argument("0.0.0.0");
        let server = serve.environment("BESSER_LOG", "debug").start();
        let demo = server.member().at(Some("3.54"));
        Self { machine, server, demo, tgtd, heard: String::new(), hosts }
    }

    /// A machine at the same monitor as any before it.
    fn boot(&self) -> Guest {
        let at = |name: &str| self.hosts.dir().join(name);
        for left in ["serial", "monitor"] {
            let _ = fs::remove_file(at(left));
        }
        let mut command = self.machine.qemu("pc", &at("serial"));
        command.args(["-m", "128", "-append", "console=ttyS0 quiet no_timer_check"]);
        command.arg("-kernel").arg(self.machine.kernel()).arg("-initrd").arg(self.machine.initrd());
        command.args(["-qmp", &format!("unix:{},server=on,wait=off", at("monitor").display())]);
        let mut command = self.hosts.on_compute(&command);
        let mut running = Running::start(command.stdin(Stdio::null()).stdout(Stdio::null()));
        let console = Console::of(&at("serial"), || assert!(running.is_running(), "QEMU does not start"));
        Guest { _running: running, console }
    }

    fn vm(&self) -> String {
        format!("qmp:{}", self.hosts.dir().join("monitor").display())
    }

    /// `besser` on the other host, which knows the service by its address.
    fn besser(&self, words: &[&str]) -> Command {
        let cloud = self.server.cloud(MEMBER_CLOUD);
        let from_there = |url: &str| url.replace("127.0.0.1", &STORAGE.to_string());
        let mut command = Command::new(binary());
        command.args(words).arg("--state-dir").arg(self.hosts.dir().join("agent")).env("BESSER_LOG", "debug");
        command.env("OS_AUTH_URL", from_there(&cloud.auth_url)).env("OS_USERNAME", &cloud.username);
        command.env("OS_PASSWORD", &cloud.password).env("OS_PROJECT_NAME", &cloud.project_name);
        command.env("OS_BLOCK_STORAGE_ENDPOINT_OVERRIDE", from_there(&self.demo.endpoint));
        command.env("OS_KEY_MANAGER_ENDPOINT_OVERRIDE", from_there(&self.key_manager()));
        self.hosts.on_compute(&command)
    }

    /// What a command that must succeed, or must not, prints.
    #[track_caller]
    fn does(&mut self, words: &[&str], succeeds: bool) -> String {
        let output = self.besser(words).output().expect("besser");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.success(), succeeds, "besser {words:?}: {out}{err}");
        self.heard.push_str(&out);
        self.heard.push_str(&err);
        out.trim().to_owned()
    }

    fn key_manager(&self) -> String {
        let cloud = self.server.cloud(MEMBER_CLOUD);
        public_endpoint(&issue_token(&cloud.auth_url, &password_auth(&cloud)).json(), "key-manager")
    }

    /// What the target asks for, as the service tells whoever attaches.
    fn secret(&self, volume: &str) -> String {
        let listed = self.demo.get(&format!("/attachments/detail?volume_id={volume}"));
        let info = &listed["attachments"][0]["connection_info"];
        assert_eq!(info["target_portal"], format!("{STORAGE}:{PORT}"), "{info}");
        assert_eq!(info["auth_method"], "CHAP");
        info["auth_password"].as_str().expect("a secret").to_owned()
    }

    /// The key of an encrypted volume, in the digits that open it.
    fn key(&self, volume: &str) -> String {
        let told = self.demo.get(&format!("/volumes/{volume}/encryption"));
        let id = told["encryption_key_id"].as_str().expect("a key");
        let url = format!("{}/v1/secrets/{id}/payload", self.key_manager());
        let asked = Request::new("GET", &url).header("X-Auth-Token", &self.demo.token);
        let reply = asked.header("Accept", "application/octet-stream").send().expect("a reply").expect(200);
        reply.body.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn sessions(&self) -> String {
        let mut command = self.machine.program("tgtadm");
        command.args(["--lld", "iscsi", "--op", "show", "--mode", "target"]);
        let output = self.hosts.on_storage(&command).output().expect("tgtadm");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn file(&self, volume: &str) -> PathBuf {
        file_of(&self.server.side_dir("files"), volume)
    }

    #[track_caller]
    fn nothing_is_left(&self) {
        assert_eq!(self.sessions(), "", "something is offered");
        assert_eq!(files_below(&self.server.side_dir("targets")), [] as [&Path; 0]);
        assert_eq!(files_below(&self.hosts.dir().join("agent/attachments")), [] as [&Path; 0]);
    }
}

#[test]
fn a_machine_of_another_host_has_a_volume_of_the_storage_node() {
    let Some(machine) = Machine::find() else { return };
    let Some(hosts) = Hosts::lay() else { return };
    let mut world = World::new(&machine, hosts);
    people::make_encrypted_type(&world.server, "secret", "luks");
    let mut guest = world.boot();
    let vm = world.vm();
    let volume = world.demo.make_volume(json!({"size": 1}));

    let device = world.does(&["attach", &volume, "--vm", &vm, "--iscsi", "qemu"], true);
    assert_eq!((device.as_str(), guest.console.disk(&volume)), ("/dev/vda", device.clone()));
    guest.console.write(&device, "there", 7);
    let sessions = world.sessions();
    assert!(sessions.contains(&format!("IP Address: {COMPUTE}")), "{sessions}");
    assert_eq!(sum_at(&world.file(&volume), 7), sum_of("there"));
    let mut secrets = vec![world.secret(&volume), world.server.cloud(MEMBER_CLOUD).password];

    // While nobody answers, nothing is taken for gone; afterwards all is as before.
    world.hosts.cut(true);
    let said = world.does(&["attach", "check", "--apply", "--iscsi", "qemu"], false);
    assert!(said.contains("not compared"), "{said}");
    world.hosts.cut(false);
    wait::until(wait::PATIENCE, "the service answers again", || {
        world.besser(&["attach", "check"]).output().is_ok_and(|output| output.status.success()).then_some(())
    });
    assert_eq!(guest.console.sum(&device, 7), sum_of("there"));

    // The machine ends and begins again: the agent sees to it that it has its disk.
    let log = world.hosts.dir().join("agent.log");
    let mut agent = world.besser(&["agent", "--interval-s", "1", "--iscsi", "qemu"]);
    let agent = Running::start(agent.stdout(Stdio::null()).stderr(File::create(&log).expect("a log")));
    drop(guest);
    let mut guest = world.boot();
    let device = guest.console.disk(&volume);
    assert_eq!(guest.console.sum(&device, 7), sum_of("there"));
    drop(agent);
    world.does(&["detach", &volume], true);
    assert_eq!(guest.console.look(&volume), "");
    world.demo.await_volume(&volume, "available");
    world.nothing_is_left();

    let hidden = world.demo.make_volume(json!({"size": 1, "volume_type": "secret"}));
    let device = world.does(&["attach", &hidden, "--vm", &vm, "--iscsi", "qemu"], true);
    guest.console.disk(&hidden);
    guest.console.write(&device, "hidden", 7);
    secrets.extend([world.secret(&hidden), world.key(&hidden)]);
    world.does(&["attach", "why", &hidden], true);
    world.does(&["attach", "check"], true);
    world.does(&["detach", &hidden], true);
    assert_ne!(sum_at(&world.file(&hidden), 7), sum_of("hidden"));
    for volume in [&volume, &hidden] {
        world.demo.remove(&format!("/volumes/{volume}"));
    }
    world.nothing_is_left();
    assert!(world.tgtd.is_running());

    let logs = [world.server.log(), fs::read_to_string(&log).expect("the agent's log"), world.heard];
    assert!(logs[0].contains(&volume) && logs[1].contains("repaired"), "{}", logs[1]);
    for (secret, log) in secrets.iter().flat_map(|secret| logs.iter().map(move |log| (secret, log))) {
        assert!(
            secret.len() >= 12 && !log.contains(secret.as_str()),
            "a secret of {} in a log",
            secret.len()
        );
    }
}
