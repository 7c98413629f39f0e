//! `besser target check`: what this host's backends offer over iSCSI, beside who the database says is in.
//!
//! Repairs are operations that the running service carries out in their turn, so that nothing is taken from a host that is
//! let in meanwhile. What is offered of a volume that is no more is withdrawn at once: its name never comes back.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use ::backends::registry::{self, Offers};
use ::backends::target::{Described, Iqn};
use clap::Args;
use config::Config;
use model::service::Binary;
use model::{Volume, VolumeId};
use operations::attachment::export;
use ports::Exec;
use store::Store;

use super::target::done;
use super::{Failure, Installation, block_on, chain, say};
use crate::data_dir::DataDir;

/// The options of `besser target check`.
#[derive(Args)]
pub(crate) struct Check {
    #[command(flatten)]
    installation: Installation,
    /// Repair it
    #[arg(long)]
    apply: bool,
}

/// One backend of this host, and the database.
struct Place {
    store: Store,
    /// `host@backend`.
    host: String,
    offers: Offers,
}

/// What does not belong, and what became of it when it was to be repaired.
struct Finding(String, Option<&'static str>);

const WITHDRAWN: &str = "withdrawn";
const LEFT_TO_SERVICE: &str = "the service repairs it";
const BUSY: &str = "something else is done about it just now";

pub(super) fn run(options: &Check) -> Result<ExitCode, Failure> {
    let (files, data_dir) = options.installation.places();
    let config = Config::load(files).map_err(|error| chain(&error))?;
    let host = host_name(&config, &data_dir)?;
    let mut findings = Vec::new();
    for section in config.backends().map_err(|error| error.to_string())? {
        let offers = registry::offers(&section, &Exec::direct()).map_err(|error| chain(&error))?;
        let Some(offers) = offers else { continue };
        let host = format!("{host}@{}", section.name());
        let place = Place { store: options.installation.open()?, host, offers };
        place.must_be_known()?;
        place.offered_and_should_not_be(options.apply, &mut findings)?;
        place.not_offered_and_should_be(options.apply, &mut findings)?;
    }
    let told = findings.iter().map(|Finding(what, done)| match done {
        Some(done) => format!("{what}: {done}"),
        None => what.clone(),
    });
    let mut lines: Vec<String> = told.collect();
    lines.push(format!("{} things do not belong", findings.len()));
    say(&lines)?;
    Ok(if findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As the service calls this host.
fn host_name(config: &Config, data_dir: &Path) -> Result<String, Failure> {
    let section = config.default_section();
    let set = match section.sets("host") {
        true => section.nonempty("host").map_err(|error| error.to_string())?,
        false => None,
    };
    set.map_or_else(|| DataDir::known_host_name(data_dir), Ok)
}

impl Place {
    /// Another database says nothing of the volumes here.
    fn must_be_known(&self) -> Result<(), Failure> {
        let host = self.host.clone();
        let found = self.read(move |conn| store::services::get(conn, Binary::Volume, &host))?;
        found.map(drop).ok_or_else(|| format!("the database knows no backend {}", self.host))
    }

    fn offered_and_should_not_be(&self, apply: bool, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        for name in done(self.offers.target.list(&self.offers.options.target.prefix))? {
            let Some((name, id, described)) = self.is_ours(&name)? else { continue };
            match self.read(move |conn| store::volumes::named_on_backend(conn, id))? {
                None => {
                    if apply {
                        done(self.offers.target.remove(&name))?;
                    }
                    let what = format!("{name} is offered, and there is no such volume");
                    findings.push(Finding(what, apply.then_some(WITHDRAWN)));
                }
                Some(volume) => self.compare(&name, volume, &described, apply, findings)?,
            }
        }
        Ok(())
    }

    /// A target that the service made of a volume of this backend, and not one of another backend or of an administrator.
    fn is_ours(&self, name: &str) -> Result<Option<(Iqn, VolumeId, Described)>, Failure> {
        let (prefix, group) = (&self.offers.options.target.prefix, &self.offers.options.volume_group);
        let volume = name.strip_prefix(prefix.as_str()).and_then(|rest| rest.strip_prefix("volume-"));
        let Some(id) = volume.and_then(|id| id.parse().ok()) else { return Ok(None) };
        let Ok(iqn) = name.parse::<Iqn>() else { return Ok(None) };
        let device = PathBuf::from(format!("/dev/{group}/volume-{id}"));
        let described = done(self.offers.target.describe(&iqn))?.filter(|known| known.device == device);
        Ok(described.map(|known| (iqn, id, known)))
    }

    fn compare(
        &self,
        name: &Iqn,
        volume: Volume,
        described: &Described,
        apply: bool,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Failure> {
        let id = volume.id;
        let looked = self.read(move |conn| Ok((export::who_is_in(conn, id)?, export::is_busy(conn, id)?)))?;
        let (hosts, is_busy) = looked;
        let is_in = |name: &&String| hosts.iter().any(|host| host.initiator() == Some(name.as_str()));
        let strangers: Vec<String> =
            described.initiators.iter().filter(|name| !is_in(name)).cloned().collect();
        let what = match (hosts.is_empty(), strangers.is_empty()) {
            // Whatever is under way there lets hosts in, or out.
            _ if is_busy => return Ok(()),
            (true, _) => format!("{name} is offered, and nobody has the volume"),
            (false, false) => format!("{name} lets in {}, who do not have the volume", strangers.join(", ")),
            (false, true) => return Ok(()),
        };
        self.repair(what, volume, strangers, apply, findings)
    }

    fn not_offered_and_should_be(&self, apply: bool, findings: &mut Vec<Finding>) -> Result<(), Failure> {
        let host = self.host.clone();
        let attached = self.read(move |conn| {
            let mut attached = Vec::new();
            for volume in store::volumes::on_backend(conn, &host)? {
                let hosts = export::who_is_in(conn, volume.id)?;
                if !hosts.is_empty() && !export::is_busy(conn, volume.id)? {
                    attached.push((volume, hosts));
                }
            }
            Ok(attached)
        })?;
        for (volume, hosts) in attached {
            let name = format!("{}volume-{}", self.offers.options.target.prefix, volume.name_on_backend());
            let iqn: Iqn = name.parse().map_err(|error| format!("{name}: {error}"))?;
            let offered =
                done(self.offers.target.describe(&iqn))?.map_or_else(Vec::new, |known| known.initiators);
            let is_out = |name: &&str| !offered.iter().any(|known| known == name);
            let out: Vec<&str> = hosts.iter().filter_map(|host| host.initiator()).filter(is_out).collect();
            if !out.is_empty() {
                let what = format!("{name} does not let in {}, who have the volume", out.join(", "));
                self.repair(what, volume, Vec::new(), apply, findings)?;
            }
        }
        Ok(())
    }

    fn repair(
        &self,
        what: String,
        volume: Volume,
        strangers: Vec<String>,
        apply: bool,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Failure> {
        let admitted = apply.then(|| {
            let admit = self.store.write(move |conn| export::admit_repair(conn, &volume, strangers));
            block_on(async { admit.await.map_err(|error| error.chain()) })
        });
        let done = admitted.transpose()?.map(|admitted| if admitted { LEFT_TO_SERVICE } else { BUSY });
        findings.push(Finding(what, done));
        Ok(())
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&store::Conn<'_>) -> Result<T, store::StoreError> + Send + 'static,
    ) -> Result<T, Failure> {
        block_on(async { self.store.read(read).await.map_err(|error| error.chain()) })
    }
}
