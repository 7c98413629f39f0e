//! `besser attach`, `detach`, `agent` and `connector`: the host's end of volumes.

mod agent;
mod cloud;
mod connector;
mod host;
mod service;
mod why;

use std::process::ExitCode;

use attach::agent::{Entry, Phase, Seat};
use attach::hypervisor::{Cache, DeviceName, Vm};
use attach::initiator::{Device, Way};
use clap::{Args, Subcommand};
use ports::Work;
use serde_json::{Value, json};

use super::{Failure, chain, say};
use host::{HostOptions, StateDir};

pub(crate) use agent::{AgentOptions, run as run_agent};
pub(crate) use connector::{Show as ShowConnector, run as show_connector};

/// The options of `besser attach`.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Attach {
    #[command(subcommand)]
    command: Option<AttachCommand>,
    #[command(flatten)]
    host: HostOptions,
    /// Read it only
    #[arg(long)]
    read_only: bool,
    /// Give it to a running virtual machine of this host: qmp:/path/of/socket or libvirt:DOMAIN
    #[arg(long, value_name = "MACHINE")]
    vm: Option<Vm>,
    /// The name that the machine's guest is to give it [default: the next free one]
    #[arg(long, value_name = "NAME", requires = "vm")]
    device: Option<DeviceName>,
    /// What lies between the machine and the storage: none, writeback, writethrough or directsync [default: none]
    #[arg(long, value_name = "MODE", requires = "vm")]
    cache: Option<Cache>,
    /// As JSON
    #[arg(long)]
    json: bool,
    /// The volume, by its identifier or name
    #[arg(required = true)]
    volume: Option<String>,
}

#[derive(Subcommand)]
enum AttachCommand {
    /// List what this host has attached, or was about to.
    List {
        #[command(flatten)]
        state_dir: StateDir,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Say who has a volume, since when, and through which sessions of this host.
    Why {
        #[command(flatten)]
        host: HostOptions,
        /// The volume, by its identifier or name.
        volume: String,
    },
    /// Have the device of a volume take the size that the volume has by now, while it is used.
    Resize {
        #[command(flatten)]
        host: HostOptions,
        /// The volume, by its identifier or name.
        volume: String,
    },
    /// Compare the service, this host's journal, sessions and devices. Exits with 1 if something does not belong.
    Check {
        #[command(flatten)]
        host: HostOptions,
        /// Repair what is ours.
        #[arg(long)]
        apply: bool,
    },
}

/// The options of `besser detach`.
#[derive(Args)]
pub(crate) struct Detach {
    #[command(flatten)]
    host: HostOptions,
    /// Let go even if what this host still holds of the volume cannot be written to it
    #[arg(long)]
    force: bool,
    /// The machine that is to lose it, where several machines of this host have it
    #[arg(long, value_name = "MACHINE")]
    vm: Option<Vm>,
    /// The volume, by its identifier or name
    volume: String,
}

pub(super) fn attach(options: &Attach) -> Result<ExitCode, Failure> {
    match &options.command {
        None => {
            let volume = volume(&options.host, options.volume.as_deref().unwrap_or_default())?;
            let agent = options.host.agent(Work::new())?;
            let seat = Seat { vm: options.vm.clone(), device: options.device, cache: options.cache };
            let device = agent.attach_to(&seat, volume, options.read_only).map_err(|error| chain(&error))?;
            show(&device, options.json)
        }
        Some(AttachCommand::List { state_dir, json }) => list(state_dir, *json),
        Some(AttachCommand::Why { host, volume }) => why::run(host, volume),
        Some(AttachCommand::Resize { host, volume: named }) => {
            let device =
                host.agent(Work::new())?.resize(volume(host, named)?).map_err(|error| chain(&error))?;
            show(&device, false)
        }
        Some(AttachCommand::Check { host, apply }) => check(host, *apply),
    }
}

pub(super) fn detach(options: &Detach) -> Result<ExitCode, Failure> {
    let volume = volume(&options.host, &options.volume)?;
    let agent = options.host.agent(Work::new())?;
    agent.detach_from(volume, options.vm.as_ref(), options.force).map_err(|error| chain(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn volume(host: &HostOptions, named: &str) -> Result<model::VolumeId, Failure> {
    match named.parse() {
        Ok(id) => Ok(id),
        Err(_) => host.service()?.volume(named).map_err(|error| chain(&error)),
    }
}

fn show(device: &Device, as_json: bool) -> Result<ExitCode, Failure> {
    let line = if as_json { json!(device).to_string() } else { device.path.display().to_string() };
    say(&[line])?;
    Ok(ExitCode::SUCCESS)
}

fn list(state_dir: &StateDir, as_json: bool) -> Result<ExitCode, Failure> {
    let journal = state_dir.journal()?;
    let mut entries = Vec::new();
    for volume in journal.volumes().map_err(|error| chain(&error))? {
        entries.extend(journal.all_of(volume).map_err(|error| chain(&error))?);
    }
    if as_json {
        say(&[Value::from(entries.iter().map(to_json).collect::<Vec<_>>()).to_string()])?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!("{:36}  {:13}  {:28}  DEVICE", "VOLUME", "STATE", "SINCE")];
    lines.extend(entries.iter().map(|entry| {
        let device = entry.device.as_ref().map_or_else(|| "-".to_owned(), |it| it.path.display().to_string());
        let device = entry.vm.as_ref().map_or_else(|| device.clone(), |vm| format!("{device} of {vm}"));
        let since = entry.attached_at.as_deref().unwrap_or("-");
        format!("{:36}  {:13}  {since:28}  {device}", entry.volume_id.to_string(), name(entry.phase))
    }));
    say(&lines)?;
    Ok(ExitCode::SUCCESS)
}

/// A phase as people are told of it.
const fn name(phase: Phase) -> &'static str {
    match phase {
        Phase::Reserving => "reserving",
        Phase::Offering => "offering",
        Phase::Connecting => "connecting",
        Phase::Connected => "connected",
        Phase::Attached => "attached",
        Phase::Disconnecting => "disconnecting",
        Phase::Releasing => "releasing",
    }
}

fn to_json(entry: &Entry) -> Value {
    json!({
        "volume_id": entry.volume_id,
        "attachment_id": entry.attachment_id,
        "state": name(entry.phase),
        "attached_at": entry.attached_at,
        "read_only": entry.read_only,
        "vm": entry.vm,
        "cache": entry.vm.as_ref().map(|_| entry.cache),
        "device": entry.device,
        "way": entry.connection.as_ref().map(|connection| &connection.way),
        "means": entry.facts.means,
        "wwid": entry.facts.wwid,
    })
}

/// The portals and targets of a way, as people are told of them.
fn ways(way: &Way) -> Vec<String> {
    match way {
        Way::Iscsi { paths } => {
            paths.iter().map(|path| format!("iscsi {} {} unit {}", path.portal, path.iqn, path.lun)).collect()
        }
        Way::FibreChannel { paths } => {
            paths.iter().map(|path| format!("fibre channel {} unit {}", path.wwpn, path.lun)).collect()
        }
        Way::LogicalVolume { volume } => {
            vec![format!("logical volume {}/{} by its tag {}", volume.group, volume.name, volume.tag)]
        }
        Way::Local { path, .. } => vec![format!("local {}", path.display())],
    }
}

fn check(host: &HostOptions, apply: bool) -> Result<ExitCode, Failure> {
    let findings = host.agent(Work::new())?.check(apply).map_err(|error| chain(&error))?;
    let lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let outcome = match &finding.repaired {
                None => String::new(),
                Some(Ok(())) => ": repaired".to_owned(),
                Some(Err(why)) => format!(": not repaired: {why}"),
            };
            let of = finding.vm.as_ref().map(|vm| format!(" of {vm}")).unwrap_or_default();
            format!("{}{of}: {}{outcome}", finding.volume, finding.trouble)
        })
        .collect();
    say(&lines)?;
    let is_well = findings.iter().all(|finding| matches!(finding.repaired, Some(Ok(()))));
    Ok(if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
