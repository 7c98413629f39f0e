//! Where the processes are: each on a host of its own, in network and mount namespaces that a bridge joins, or all of them on
//! loopback where this user may not make any.
//!
//! A namespace is held by a process that sleeps, and goes with it: nothing is left on the machine, whoever is killed.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use blackbox::wait;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::commands::output_of;
use crate::databases::Place;

/// Whom a neighbour is taken for who is not to be reached: nobody has this address.
const NOBODY: &str = "02:00:00:00:00:01";
/// How long a namespace may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is joined to the bridge itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// Keystone, the balancer, and the clients.
    Front,
    Database,
    Broker,
}

/// The network of a cluster.
pub(super) struct Network {
    /// Holds the namespace of what is joined to the bridge; none on loopback.
    bridge: Option<Namespace>,
}

impl Network {
    /// A new one, into which the calling thread goes with everything that it starts from then on.
    pub(super) fn enter() -> io::Result<Self> {
        match Self::bridge() {
            Ok(bridge) => {
                let file = File::open(bridge.file())?;
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))?;
                Ok(Self { bridge: Some(bridge) })
            }
            Err(why) => {
                println!("all on one host: {why}");
                Ok(Self { bridge: None })
            }
        }
    }

    fn bridge() -> io::Result<Namespace> {
        let bridge = Namespace::new(None)?;
        bridge.ip(&["link", "set", "lo", "up"])?;
        bridge.ip(&["link", "add", "bridge", "type", "bridge"])?;
        for service in [Service::Front, Service::Database, Service::Broker] {
            bridge.ip(&["address", "add", &format!("{}/24", address(service)), "dev", "bridge"])?;
        }
        bridge.ip(&["link", "set", "bridge", "up"])?;
        Ok(bridge)
    }

    /// Whether there are hosts that can be cut off.
    pub(super) fn has_hosts(&self) -> bool {
        self.bridge.is_some()
    }

    /// How a shell gets to where the services are.
    pub(super) fn way_in(&self) -> Option<String> {
        let bridge = self.bridge.as_ref()?;
        Some(format!("nsenter --target {} --net", bridge.child.id()))
    }

    /// Where this service listens.
    pub(super) fn address(&self, of: Service) -> Ipv4Addr {
        if self.has_hosts() { address(of) } else { Ipv4Addr::LOCALHOST }
    }

    /// Where the database listens, and for whom.
    pub(super) fn database(&self) -> Place {
        let clients = (Ipv4Addr::new(10, 77, 0, 0), Ipv4Addr::new(255, 255, 255, 0));
        match self.has_hosts() {
            true => Place { address: address(Service::Database), clients, is_tls_needed: false },
            false => Place { is_tls_needed: false, ..Place::LOOPBACK },
        }
    }

    /// Mounts a disk at `path` that every host sees which is made after it; none where there are no hosts. Where it is
    /// seen from outside.
    pub(super) fn mount(&self, path: &Path, options: &str) -> io::Result<Option<PathBuf>> {
        let Some(bridge) = &self.bridge else { return Ok(None) };
        bridge.mount(path, options)?;
        Ok(Some(bridge.outside(path)))
    }

    /// The host with this number; none where all are on loopback.
    pub(super) fn host(&self, number: u8) -> io::Result<Option<Host>> {
        let Some(bridge) = &self.bridge else { return Ok(None) };
        // With what is mounted for all.
        let namespace = Namespace::new(Some(bridge))?;
        let address = Ipv4Addr::new(10, 77, 0, number.saturating_add(10));
        let host = Host { namespace, address, link: format!("host-{number}") };
        let pid = host.namespace.child.id().to_string();
        bridge.ip(&["link", "add", &host.link, "type", "veth", "peer", "name", "eth0", "netns", &pid])?;
        bridge.ip(&["link", "set", &host.link, "master", "bridge", "up"])?;
        host.ip(&["link", "set", "lo", "up"])?;
        host.ip(&["address", "add", &format!("{address}/24"), "dev", "eth0"])?;
        host.ip(&["link", "set", "eth0", "up"])?;
        Ok(Some(host))
    }
}

const fn address(of: Service) -> Ipv4Addr {
    match of {
        Service::Front => Ipv4Addr::new(10, 77, 0, 1),
        Service::Database => Ipv4Addr::new(10, 77, 0, 2),
        Service::Broker => Ipv4Addr::new(10, 77, 0, 3),
    }
}

/// A host with one process of the cluster.
pub(super) struct Host {
    namespace: Namespace,
    pub(super) address: Ipv4Addr,
    link: String,
}

impl Host {
    /// Runs a program on it.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.namespace.command(program)
    }

    /// Mounts a disk of so many bytes at `path`, which is seen on this host only.
    pub(super) fn mount(&self, path: &Path, size_bytes: u64) -> io::Result<()> {
        self.namespace.mount(path, &format!("size={size_bytes}"))
    }

    /// Where others see a path of it.
    pub(super) fn outside(&self, path: &Path) -> PathBuf {
        self.namespace.outside(path)
    }

    /// Cuts it off from all others, whose packets and its own are lost without a word; or ends that.
    pub(super) fn cut_off(&self, cut: bool) -> io::Result<()> {
        if cut {
            ip(&["link", "set", &self.link, "nomaster"])
        } else {
            ip(&["link", "set", &self.link, "master", "bridge"])
        }
    }

    /// Loses what it sends to this service; or ends that.
    pub(super) fn cut_off_from(&self, service: Service, cut: bool) -> io::Result<()> {
        let address = address(service).to_string();
        match cut {
            true => self.ip(&[
                "neighbour",
                "replace",
                &address,
                "lladdr",
                NOBODY,
                "nud",
                "permanent",
                "dev",
                "eth0",
            ]),
            false => self.ip(&["neighbour", "delete", &address, "dev", "eth0"]),
        }
    }

    fn ip(&self, arguments: &[&str]) -> io::Result<()> {
        self.namespace.ip(arguments)
    }
}

/// For the namespace of who asks, in which the bridge is.
fn ip(arguments: &[&str]) -> io::Result<()> {
    output_of(Command::new("ip").args(arguments)).map(drop)
}

/// A network and a mount namespace. They end with the process that holds them.
struct Namespace {
    child: Child,
}

impl Namespace {
    /// One with the mounts of this machine, or with those of another one besides.
    fn new(mounts_of: Option<&Self>) -> io::Result<Self> {
        let mut hold = match mounts_of {
            Some(other) => other.command("setpriv"),
            None => Command::new("setpriv"),
        };
        hold.args(["--pdeathsig", "KILL", "unshare", "--net", "--mount", "sleep", "infinity"]);
        let child = hold.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let mut namespace = Self { child };
        let name = format!("/proc/{}/comm", namespace.child.id());
        let ready = wait::poll(PATIENCE, || match namespace.child.try_wait() {
            Ok(None) => {
                std::fs::read_to_string(&name).is_ok_and(|name| name.trim() == "sleep").then_some(true)
            }
            _ => Some(false),
        });
        match ready {
            Some(true) => Ok(namespace),
            _ => Err(io::Error::other("this user may not make namespaces")),
        }
    }

    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.child.id().to_string(), "--net", "--mount"]).arg(program);
        command
    }

    fn ip(&self, arguments: &[&str]) -> io::Result<()> {
        output_of(self.command("ip").args(arguments)).map(drop)
    }

    /// Mounts a disk at `path`.
    fn mount(&self, path: &Path, options: &str) -> io::Result<()> {
        output_of(self.command("mount").args(["-t", "tmpfs", "-o", options, "disk"]).arg(path)).map(drop)
    }

    /// Where others see a path of it.
    fn outside(&self, path: &Path) -> PathBuf {
        let root = format!("/proc/{}/root", self.child.id());
        Path::new(&root).join(path.strip_prefix("/").unwrap_or(path))
    }

    fn file(&self) -> PathBuf {
        format!("/proc/{}/ns/net", self.child.id()).into()
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
