//! This host's part of the agent: where it keeps its state, and how it runs programs.

use std::fs::{self, DirBuilder};
use std::io;
use std::ops::Deref;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

use attach::agent::{Agent, Journal};
use attach::connector::Host;
use attach::initiator::{Initiator, Luns, Means};
use attach::machine::ThisMachine;
use clap::ValueEnum;
use ports::{Exec, Work};

use super::cloud;
use super::connector::ConnectorOptions;
use super::service::BlockStorage;
use crate::cli::{Failure, chain};

/// Where an agent of the whole machine keeps its state.
const SYSTEM_STATE: &str = "/var/lib/besser-agent";
/// Below it: records of the programs that each process runs.
const PROGRAMS: &str = "programs";
/// Below it: the files of daemons.
const SERVED: &str = "served";
/// Below it: which LUNs of shared volume groups are ours to log out of.
const LUNS: &str = "luns";
/// Below it: what those LUNs ask for, where nothing else is named.
const SAN_SECRETS: &str = "san-secrets";

/// Where this host keeps what it knows of its attachments.
#[derive(clap::Args)]
pub(crate) struct StateDir {
    /// Where this host keeps what it has attached [default: /var/lib/besser-agent, or ~/.local/state/besser-agent]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

/// What every command that talks to a cloud and to this host needs.
#[derive(clap::Args)]
pub(crate) struct HostOptions {
    #[command(flatten)]
    state_dir: StateDir,
    /// The cloud in clouds.yaml [default: OS_CLOUD, or what OS_AUTH_URL and its like say]
    #[arg(long, value_name = "NAME")]
    os_cloud: Option<String>,
    /// How iSCSI volumes become devices [default: by the kernel where it can, else by qemu]
    #[arg(long, value_name = "MEANS", value_enum)]
    iscsi: Option<IscsiMeans>,
    /// Lines of "TARGET USER SECRET" for LUNs of shared volume groups that ask for a secret; nobody else may read the file
    /// [default: san-secrets in the state directory]
    #[arg(long, value_name = "FILE")]
    san_secrets: Option<PathBuf>,
    #[command(flatten)]
    connector: ConnectorOptions,
}

/// How iSCSI volumes become devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IscsiMeans {
    /// The kernel's initiator, by iscsiadm
    Kernel,
    /// qemu-storage-daemon and a loop device
    Qemu,
}

impl StateDir {
    /// The directory, named or by default.
    pub(crate) fn path(&self) -> PathBuf {
        if let Some(named) = &self.state_dir {
            return named.clone();
        }
        let variable =
            |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let home = || variable("HOME").map(|home| home.join(".local/state"));
        match variable("XDG_STATE_HOME").or_else(home) {
            Some(state) if !rustix::process::geteuid().is_root() => state.join("besser-agent"),
            _ => PathBuf::from(SYSTEM_STATE),
        }
    }

    /// The journal in it.
    pub(crate) fn journal(&self) -> Result<Journal, Failure> {
        let path = self.path();
        Journal::open(&path).map_err(|error| format!("cannot use {}: {error}", path.display()))
    }
}

impl HostOptions {
    /// The service that is asked.
    pub(super) fn service(&self) -> Result<BlockStorage, Failure> {
        Ok(BlockStorage::new(cloud::sessions(self.os_cloud.clone())?))
    }

    /// Where state is kept.
    pub(super) const fn state_dir(&self) -> &StateDir {
        &self.state_dir
    }

    /// The agent of this host. Its programs are ended when `work` is called off.
    pub(super) fn agent(&self, work: Work) -> Result<HostAgent, Failure> {
        let state = self.state_dir.path();
        let journal = self.state_dir.journal()?;
        let state = state.canonicalize().map_err(|error| format!("{}: {error}", state.display()))?;
        let host = Host::default();
        let connector = host.connector(&self.connector.wishes()).map_err(|error| chain(&error))?;
        let programs = Programs::new(&state.join(PROGRAMS))
            .map_err(|error| format!("cannot use {}: {error}", state.join(PROGRAMS).display()))?;
        let means = self.iscsi.map(|means| match means {
            IscsiMeans::Kernel => Means::Kernel,
            IscsiMeans::Qemu => Means::Served,
        });
        let exec = Exec::guarded(PathBuf::from("/proc/self/exe"), programs.own.clone());
        let machine = Arc::new(ThisMachine::new(exec.clone(), work));
        let secrets = self.san_secrets.clone().unwrap_or_else(|| state.join(SAN_SECRETS));
        let initiator = Initiator::new(machine, state.join(SERVED), host.initiator())
            .with_iscsi(means)
            .with_luns(Luns::new(state.join(LUNS), secrets));
        let agent = Agent::new(journal, initiator, Box::new(self.service()?), connector).with_exec(exec);
        Ok(HostAgent { agent, _programs: programs })
    }
}

/// The agent of this host, as one process has it.
pub(super) struct HostAgent {
    agent: Agent,
    _programs: Programs,
}

impl Deref for HostAgent {
    type Target = Agent;

    fn deref(&self) -> &Agent {
        &self.agent
    }
}

/// Where the programs of one process are recorded. It goes when the process ends by itself.
struct Programs {
    own: PathBuf,
}

impl Programs {
    /// Makes a place of our own below `all`. What processes that are gone left running is ended.
    fn new(all: &Path) -> io::Result<Self> {
        let make = |path: &Path| DirBuilder::new().recursive(true).mode(0o700).create(path);
        make(all)?;
        for entry in fs::read_dir(all)? {
            let path = entry?.path();
            let pid =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
            let is_alive = pid.is_some_and(|pid| Path::new("/proc").join(pid.to_string()).exists());
            if is_alive {
                continue;
            }
            match Exec::end_orphans(&path) {
                Ok(ended) => ended.iter().for_each(|it| {
                    tracing::warn!(
                        program = it.program,
                        pid = it.pid,
                        "ended what a dead process left running"
                    );
                }),
                // Another process, started at the same time, has done it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            // What hangs in the kernel keeps its record.
            let _ = fs::remove_dir(&path);
        }
        let own = all.join(process::id().to_string());
        make(&own)?;
        Ok(Self { own })
    }
}

impl Drop for Programs {
    fn drop(&mut self) {
        // One that is not empty is looked at by the next process.
        let _ = fs::remove_dir(&self.own);
    }
}
