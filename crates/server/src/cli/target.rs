//! `besser target`: the targets of this host, whoever made them.

use std::fs;
use std::io::{self, BufRead};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use backends::target::lio::Lio;
use backends::target::tgt::Tgt;
use backends::target::{Chap, Described, Iqn, Offer, Portals, Target, TargetOptions};
use clap::{Args, Subcommand, ValueEnum};
use ports::volume::Access;
use ports::{DriverError, Exec};

use super::{Failure, say, target_check};

/// Longest secret, in bytes (RFC 3720 allows no more than any initiator takes).
const MAX_SECRET_BYTES: usize = 255;

#[derive(Clone, Copy, ValueEnum)]
enum Helper {
    /// The kernel's target.
    Lioadm,
    /// tgtd.
    Tgtadm,
}

/// Which targets.
#[derive(Args)]
pub(crate) struct Place {
    /// Who offers the targets
    #[arg(long, value_enum, default_value = "lioadm")]
    helper: Helper,
    /// An address at which targets are reached (may be given several times)
    #[arg(short = 'a', long = "address", value_name = "ADDRESS", default_value = "0.0.0.0")]
    addresses: Vec<IpAddr>,
    /// The port at which targets are reached
    #[arg(short, long, default_value_t = 3260)]
    port: u16,
    /// Where tgtd's targets are kept (`volumes_dir`)
    #[arg(long, value_name = "DIR", default_value = "/var/lib/cinder/volumes")]
    volumes_dir: PathBuf,
}

/// What initiators have to know. The secret is never an argument: everybody could read it.
#[derive(Args)]
pub(crate) struct Secret {
    /// The name that initiators have to present; the secret is read from standard input
    #[arg(long, value_name = "NAME")]
    chap_user: Option<String>,
    /// Read the secret from this file instead
    #[arg(long, value_name = "FILE", requires = "chap_user")]
    chap_secret_file: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum TargetCommand {
    /// List targets with their devices and those who are let in.
    List {
        #[command(flatten)]
        place: Place,
        /// Only names that begin with this
        #[arg(long, default_value = "")]
        prefix: String,
    },
    /// Offer a device. What is offered already is completed.
    Create {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        secret: Secret,
        /// The block device, or a file with tgtd
        device: PathBuf,
        /// The name of the target (iqn.…)
        name: Iqn,
        /// Whom to let in (may be given several times)
        initiators: Vec<Iqn>,
        /// The serial number that initiators see [default: the part of the name behind its last colon]
        #[arg(long)]
        serial: Option<String>,
    },
    /// Let an initiator in, who has to know what the others have to, or a secret of his own.
    AddInitiator {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        secret: Secret,
        /// The target
        name: Iqn,
        /// The initiator
        initiator: Iqn,
    },
    /// Let an initiator in no longer, and end its sessions.
    DeleteInitiator {
        #[command(flatten)]
        place: Place,
        /// The target
        name: Iqn,
        /// The initiator
        initiator: Iqn,
    },
    /// Withdraw a target, whoever uses it.
    Delete {
        #[command(flatten)]
        place: Place,
        /// The target
        name: Iqn,
    },
    /// Look whether targets can be offered, and whether each has its device. Exits with 1 if not.
    Verify {
        #[command(flatten)]
        place: Place,
    },
    /// Compare what this host offers with what the database says is attached. Exits with 1 if something does not belong.
    Check(target_check::Check),
    /// See to it that a restart offers every target again.
    Save {
        #[command(flatten)]
        place: Place,
        /// Write this file instead of the one that a restart reads; `targetctl restore` reads it
        file: Option<PathBuf>,
    },
}

impl Place {
    fn target(&self) -> Box<dyn Target> {
        let mut places = self.addresses.iter().map(|address| SocketAddr::new(*address, self.port));
        let first = places.next().unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], self.port)));
        let portals = Portals::new(first, places);
        match self.helper {
            Helper::Lioadm => Box::new(Lio::new(portals, Exec::direct())),
            Helper::Tgtadm => {
                Box::new(Tgt::new(&TargetOptions::new(String::new(), portals, self.volumes_dir.clone())))
            }
        }
    }
}

impl Secret {
    fn read(&self) -> Result<Option<Chap>, Failure> {
        let Some(user) = &self.chap_user else { return Ok(None) };
        let text = match &self.chap_secret_file {
            Some(file) => fs::read_to_string(file)
                .map_err(|error| format!("cannot read {}: {error}", file.display()))?,
            None => {
                let mut line = String::new();
                let read = io::stdin().lock().read_line(&mut line);
                read.map_err(|error| format!("cannot read the secret from standard input: {error}"))?;
                line
            }
        };
        let secret = text.trim_end_matches(['\n', '\r']);
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        if !is_word(user) || !is_word(secret) || secret.len() > MAX_SECRET_BYTES || user.contains(',') {
            let told =
                "a name or secret of CHAP is one word of at most 255 visible characters, without a comma";
            return Err(told.to_owned());
        }
        Ok(Some(Chap::new(user.clone(), secret.to_owned())))
    }
}

pub(super) fn run(command: TargetCommand) -> Result<ExitCode, Failure> {
    match command {
        TargetCommand::List { place, prefix } => list(&*place.target(), &prefix),
        TargetCommand::Create { place, secret, device, name, initiators, serial } => {
            let chap = secret.read()?;
            let behind_colon = name.as_str().rsplit(':').next().unwrap_or_default().to_owned();
            let serial = serial.unwrap_or(behind_colon);
            let offer = Offer {
                target: &name,
                device: &device,
                serial: &serial,
                chap: chap.as_ref(),
                discards: false,
            };
            let target = place.target();
            done(target.check())?;
            done(target.ensure(&offer))?;
            for initiator in &initiators {
                done(target.admit(&offer, initiator, Access::Write))?;
            }
            Ok(ExitCode::SUCCESS)
        }
        TargetCommand::AddInitiator { place, secret, name, initiator } => {
            let target = place.target();
            let mut known =
                done(target.describe(&name))?.ok_or_else(|| format!("there is no target {name}"))?;
            let own = secret.read()?.or(known.chap.clone());
            if matches!(place.helper, Helper::Tgtadm) && own != known.chap {
                return Err("tgtd asks every initiator of a target for the same".to_owned());
            }
            known.chap = own;
            done(target.admit(&known.offer(&name), &initiator, Access::Write))?;
            Ok(ExitCode::SUCCESS)
        }
        TargetCommand::DeleteInitiator { place, name, initiator } => {
            done(place.target().expel(&name, &initiator))?;
            Ok(ExitCode::SUCCESS)
        }
        TargetCommand::Delete { place, name } => {
            done(place.target().remove(&name))?;
            Ok(ExitCode::SUCCESS)
        }
        TargetCommand::Verify { place } => verify(&*place.target()),
        TargetCommand::Check(options) => target_check::run(&options),
        TargetCommand::Save { place, file } => {
            let saved = done(place.target().save_all(file.as_deref()))?;
            say(&[format!("{saved} targets are offered again after a restart")])?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Every target with the name that begins with `prefix`, and what is known of it.
fn all(target: &dyn Target, prefix: &str) -> Result<Vec<(Iqn, Option<Described>)>, Failure> {
    let mut names: Vec<Iqn> =
        done(target.list(prefix))?.iter().filter_map(|name| name.parse().ok()).collect();
    names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    let described = names.into_iter().map(|name| {
        let known = done(target.describe(&name))?;
        Ok((name, known))
    });
    described.collect()
}

fn list(target: &dyn Target, prefix: &str) -> Result<ExitCode, Failure> {
    let tell = |(name, known): (Iqn, Option<Described>)| match known {
        None => format!("{name}  -  -"),
        Some(known) => {
            let initiators = match known.initiators.join(",") {
                nobody if nobody.is_empty() => "-".to_owned(),
                initiators => initiators,
            };
            format!("{name}  {}  {initiators}", known.device.display())
        }
    };
    let lines: Vec<String> = all(target, prefix)?.into_iter().map(tell).collect();
    say(&lines)?;
    Ok(ExitCode::SUCCESS)
}

fn verify(target: &dyn Target) -> Result<ExitCode, Failure> {
    done(target.check())?;
    let mut bad = 0;
    let found = all(target, "")?;
    for (name, known) in &found {
        let why = match known {
            Some(known) if known.device.exists() => continue,
            Some(known) => format!("there is no {}", known.device.display()),
            None => "it was not made by us".to_owned(),
        };
        bad += 1;
        say(&[format!("{name}  {why}")])?;
    }
    say(&[format!("{} targets, {bad} of them bad", found.len())])?;
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn done<T>(result: Result<T, DriverError>) -> Result<T, Failure> {
    result.map_err(|error| error.chain())
}
