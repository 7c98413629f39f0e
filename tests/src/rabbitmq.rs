//! A real RabbitMQ, from Debian's package, with files of its own.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::{ports, wait};

/// Where the package has it.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";
/// Longer than its start takes on any machine.
const START_LIMIT: Duration = Duration::from_secs(120);

/// How often the port mapper is asked to end.
const MAPPER_ATTEMPTS: u32 = 40;

/// A broker with the user `guest`, running or between two runs. It ends with this value.
#[derive(Debug)]
pub struct RabbitMq {
    home: TempDir,
    address: Ipv4Addr,
    port: u16,
    mapper_port: u16,
    node_port: u16,
    child: Option<Child>,
}

impl RabbitMq {
    /// A new one on loopback, with `config` as its `rabbitmq.conf`; nothing, with the reason reported, where it is not installed.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(config: impl FnOnce(&Path) -> String) -> Option<Self> {
        Self::start_at(Ipv4Addr::LOCALHOST, config)
    }

    /// The same, for whoever reaches this address.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start_at(address: Ipv4Addr, config: impl FnOnce(&Path) -> String) -> Option<Self> {
        if !Path::new(SERVER).is_file() {
            skips::report("no RabbitMQ: the package rabbitmq-server is not installed");
            return None;
        }
        let home = tempfile::Builder::new().prefix("rabbitmq-").tempdir().expect("a scratch directory");
        fs::write(home.path().join("rabbitmq.conf"), config(home.path())).expect("a written rabbitmq.conf");
        let [port, mapper_port, node_port] = ports::three_free();
        let mut broker = Self { home, address, port, mapper_port, node_port, child: None };
        broker.serve();
        Some(broker)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A directory of its own, which goes with it.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Serves, with what it kept, and waits until it is there.
    ///
    /// # Panics
    /// If it does not come.
    pub fn serve(&mut self) {
        let home = self.home.path();
        let log = File::create(home.join("log")).expect("a log file");
        let mut command = Command::new(SERVER);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C.UTF-8").env("HOME", home);
        command.env("ERL_EPMD_PORT", self.mapper_port.to_string()).env("ERL_EPMD_ADDRESS", "127.0.0.1");
        command.env("RABBITMQ_NODENAME", format!("test{}@localhost", self.port));
        command.env("RABBITMQ_NODE_IP_ADDRESS", self.address.to_string());
        command.env("RABBITMQ_NODE_PORT", self.port.to_string());
        command.env("RABBITMQ_DIST_PORT", self.node_port.to_string());
        command.env("RABBITMQ_MNESIA_BASE", home.join("mnesia")).env("RABBITMQ_LOG_BASE", home.join("logs"));
        command.env("RABBITMQ_CONFIG_FILE", home.join("rabbitmq.conf"));
        command.env("RABBITMQ_ENABLED_PLUGINS_FILE", home.join("plugins"));
        command.env("RABBITMQ_CONF_ENV_FILE", "/dev/null");
        let loopback = "-kernel inet_dist_use_interface {127,0,0,1}";
        command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", loopback);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log file"))
            .stderr(log)
            .process_group(0);
        self.child = Some(command.spawn().expect("RabbitMQ can be started"));
        wait::until(START_LIMIT, "RabbitMQ listens", || {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok().flatten());
            assert!(ended.is_none(), "RabbitMQ ended: {}", self.log());
            TcpStream::connect((self.address, self.port)).ok()
        });
    }

    /// SIGKILL to all of it. What it had to keep stays.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = child.wait();
        self.end_mapper();
    }

    /// Ends the port mapper, which leaves the group, and which does not go before it has seen the node go.
    fn end_mapper(&self) {
        for _ in 0..MAPPER_ATTEMPTS {
            let mut mapper = Command::new("epmd");
            mapper.args(["-port", &self.mapper_port.to_string(), "-kill"]);
            let _ = mapper.stdout(Stdio::null()).stderr(Stdio::null()).status();
            if TcpStream::connect(("127.0.0.1", self.mapper_port)).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines.get(lines.len().saturating_sub(20)..).unwrap_or_default();
            eprintln!("---- RabbitMQ's last words ----\n{}", tail.join("\n"));
        }
    }
}
