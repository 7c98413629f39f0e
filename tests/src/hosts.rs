//! Two hosts with a network between them: a storage node, on which the calling test is, and one for machines. Each has a
//! network and mounts of its own; both end with the value, and nothing of either is on the machine that runs the test.

use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;

use crate::{server, wait};

/// The storage node on the network between the two.
pub const STORAGE: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 1);
/// The other.
pub const COMPUTE: Ipv4Addr = Ipv4Addr::new(10, 78, 0, 2);
/// The name under which the other is let in to targets.
pub const INITIATOR: &str = "iqn.2026-01.org.example:compute";

/// Where tgtd listens to those who control it.
const TGTD: &str = "/var/run/tgtd";
/// The storage node's end of the network.
const LINK: &str = "to-compute";

/// The two hosts.
#[derive(Debug)]
pub struct Hosts {
    storage: Holder,
    compute: Holder,
    dir: TempDir,
}

/// A process that keeps the namespaces of a host.
#[derive(Debug)]
struct Holder(Child);

impl Hosts {
    /// Lays them out. The calling thread is on the storage node from then on, with all that it starts. None, with the
    /// reason reported, where they cannot be had.
    ///
    /// # Panics
    /// They should be there and are not.
    pub fn lay() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            skips::report("only root can give a process a host of its own");
            return None;
        }
        let dir = tempfile::Builder::new().prefix("hosts-").tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name).display().to_string();
        fs::create_dir_all(TGTD).expect("a directory of tgtd");
        fs::create_dir(dir.path().join("tgtd")).expect("a directory");
        let storage = Holder::start(&format!("mount --bind {} {TGTD}", at("tgtd")))?;
        // Its own /etc has the name of its initiator.
        let etc = at("etc");
        let named = format!(
            "cp -a /etc {etc}; mkdir -p {etc}/iscsi; echo InitiatorName={INITIATOR} > {etc}/iscsi/initiatorname.iscsi; \
             mount --bind {etc} /etc"
        );
        let compute = Holder::start(&named)?;
        let hosts = Self { storage, compute, dir };
        let network = fs::File::open(format!("/proc/{}/ns/net", hosts.storage.id())).expect("a namespace");
        move_into_link_name_space(network.as_fd(), Some(LinkNameSpaceType::Network))
            .expect("the storage node");
        let peer = hosts.compute.id().to_string();
        ip(Command::new("ip"), &["link", "set", "lo", "up"]);
        ip(
            Command::new("ip"),
            &["link", "add", LINK, "type", "veth", "peer", "name", "eth0", "netns", &peer],
        );
        for (end, link, address) in [(&hosts.storage, LINK, STORAGE), (&hosts.compute, "eth0", COMPUTE)] {
            let there = || end.enter(&Command::new("ip"));
            ip(there(), &["link", "set", "lo", "up"]);
            ip(there(), &["address", "add", &format!("{address}/24"), "dev", link]);
            ip(there(), &["link", "set", link, "up"]);
        }
        Some(hosts)
    }

    /// `command` on the storage node.
    pub fn on_storage(&self, command: &Command) -> Command {
        self.storage.enter(command)
    }

    /// `command` on the other host.
    pub fn on_compute(&self, command: &Command) -> Command {
        self.compute.enter(command)
    }

    /// The program under test, on the storage node.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn besser_on_storage(&self) -> PathBuf {
        let enter = self.storage.words().join(" ");
        let path = self.dir.path().join("besser");
        let text = format!("#!/bin/sh\nexec nsenter {enter} {} \"$@\"\n", server::binary().display());
        fs::write(&path, text).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        path
    }

    /// Cuts the network between them, or mends it.
    pub fn cut(&self, is_cut: bool) {
        ip(Command::new("ip"), &["link", "set", LINK, if is_cut { "down" } else { "up" }]);
    }

    /// A directory that both see.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }
}

impl Holder {
    /// One that has done `first` by the time it is there; none where there are no namespaces.
    fn start(first: &str) -> Option<Self> {
        let hold = format!("{first}; exec sleep infinity");
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "unshare", "--net", "--mount", "--propagation", "private"]);
        command.args(["/bin/sh", "-ec", &hold]).stdin(Stdio::null()).stdout(Stdio::null());
        let mut holder = Self(command.spawn().expect("setpriv"));
        let name = format!("/proc/{}/comm", holder.id());
        let ready = wait::poll(wait::PATIENCE, || match holder.0.try_wait() {
            Ok(None) => fs::read_to_string(&name).is_ok_and(|name| name.trim() == "sleep").then_some(true),
            _ => Some(false),
        });
        if ready == Some(true) {
            return Some(holder);
        }
        skips::report("there are no namespaces of networks and mounts");
        None
    }

    fn id(&self) -> u32 {
        self.0.id()
    }

    fn words(&self) -> [String; 4] {
        ["--target".to_owned(), self.id().to_string(), "--net".to_owned(), "--mount".to_owned()]
    }

    fn enter(&self, command: &Command) -> Command {
        let mut entered = Command::new("nsenter");
        entered.args(self.words()).arg(command.get_program()).args(command.get_args());
        entered.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        entered
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[track_caller]
fn ip(mut command: Command, words: &[&str]) {
    let output = command.args(words).output().expect("ip");
    assert!(output.status.success(), "ip {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
