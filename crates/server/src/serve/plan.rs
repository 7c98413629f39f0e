//! What a process is to do, and with what: the command line and the configuration, read once and looked at as a whole.

use std::net::SocketAddr;

use config::{Config, Severity};
use ports::Exec;

use super::crew::Seat;
use super::first_start::Addresses;
use super::images::{self, Wanted};
use super::keystone::Beside;
use super::messaging::Messaging;
use super::settings::{self, Service};
use super::traces::Traces;
use super::{Role, Serve, backends};
use crate::cli::{Failure, chain};
use crate::data_dir::DataDir;

/// What a process is to do.
pub(super) struct Plan {
    /// Where its files are; nobody else has it.
    pub(super) data_dir: DataDir,
    /// How it runs the programs of others.
    pub(super) exec: Exec,
    /// The configuration, with the backend that it has when nobody names one.
    pub(super) config: Config,
    /// What it says to this process.
    pub(super) service: Service,
    /// What it says about images.
    pub(super) images: Wanted,
    /// The broker that it names.
    pub(super) messaging: Messaging,
    /// The collector of traces that it names.
    pub(super) traces: Option<Traces>,
    /// The Keystone whose tokens count; none where the identity is embedded.
    pub(super) keystone: Option<Beside>,
    /// The parts it plays.
    pub(super) played: Vec<Role>,
    /// Who it is.
    pub(super) seat: Seat,
}

impl Plan {
    /// Reads it, and takes the data directory.
    pub(super) fn read(options: &Serve) -> Result<Self, Failure> {
        let mut config = Config::load(&options.config).map_err(|error| chain(&error))?;
        let data_dir = DataDir::take(&options.data_dir.path())?;
        backends::complete(&mut config, &data_dir)?;
        complain(&config)?;
        let mut service = settings::read(&config)?;
        let messaging = Messaging::read(&config)?;
        service.operations.announces = messaging.announces();
        service.operations.audits = messaging.audits();
        let traces = Traces::read(&config).map_err(|error| error.to_string())?;
        let host = match &service.host {
            Some(host) => host.clone(),
            None => data_dir.host_name()?,
        };
        settings::check_host(&host)?;
        let seat = Seat { host, of: data_dir.seat()? };
        let keystone = Beside::read(&config)?;
        // A Keystone beside us serves the Identity API itself.
        let plays = |role: &Role| keystone.is_none() || *role != Role::Identity;
        let played = options.roles.iter().copied().filter(plays).collect();
        let has_own = !options.image_config.is_empty();
        let own = has_own.then(|| Config::load(&options.image_config).map_err(|error| chain(&error)));
        let own = own.transpose()?;
        let exec = guarded_programs(&data_dir)?;
        let images = images::read(own.as_ref().unwrap_or(&config), has_own, &data_dir, &exec)?;
        Ok(Self { data_dir, exec, config, service, images, messaging, traces, keystone, played, seat })
    }

    /// Whether the process plays a part.
    pub(super) fn plays(&self, role: Role) -> bool {
        self.played.contains(&role)
    }

    /// The address of an API as others reach it: what the configuration says, or `address` where this process serves it.
    pub(super) fn url(&self, role: Role, public: Option<&String>, address: SocketAddr) -> Option<String> {
        let own = || self.plays(role).then(|| Addresses::url(address));
        public.map(|url| url.trim_end_matches('/').to_owned()).or_else(own)
    }
}

/// External programs under the guard, after those that a dead process left running were ended.
fn guarded_programs(data_dir: &DataDir) -> Result<Exec, Failure> {
    let records = data_dir.make_private("programs")?;
    let ended =
        Exec::end_orphans(&records).map_err(|error| format!("cannot end left-over programs: {error}"))?;
    for orphan in ended {
        tracing::warn!(?orphan, "ended a program that an earlier process left running");
    }
    // By this name the running executable is found even after an upgrade has replaced its file.
    Ok(Exec::guarded("/proc/self/exe".into(), records))
}

/// Logs what `besser config check` would say; an error ends the start with its line.
fn complain(config: &Config) -> Result<(), Failure> {
    let findings = config::check(config);
    if let Some(error) = findings.iter().find(|finding| finding.severity == Severity::Error) {
        return Err(error.to_string());
    }
    for finding in findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        tracing::warn!("{finding}");
    }
    Ok(())
}
