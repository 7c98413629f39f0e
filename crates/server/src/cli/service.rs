//! `besser service`: the services of an installation as the database has them, clocks included.

use std::process::ExitCode;
use std::str::FromStr;

use clap::Subcommand;
use model::Timestamp;
use model::service::{Binary, Service};
use store::StoreError;

use super::{Failure, Installation, block_on, say};

#[derive(Subcommand)]
pub(crate) enum ServiceCommand {
    /// List services: when each was last heard of by the database's clock, and how far its own is ahead of that.
    List {
        #[command(flatten)]
        installation: Installation,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Forget a service that has been silent for a minute. A cinder-volume has no volumes, and nothing waits for it.
    Remove {
        #[command(flatten)]
        installation: Installation,
        /// Which: cinder-volume, cinder-scheduler or cinder-backup.
        #[arg(value_parser = Binary::from_str)]
        binary: Binary,
        /// Where it was, as `list` shows it: `host@backend` for cinder-volume.
        host: String,
    },
}

pub(super) fn run(command: &ServiceCommand) -> Result<ExitCode, Failure> {
    match command {
        ServiceCommand::List { installation, json } => list(installation, *json),
        ServiceCommand::Remove { installation, binary, host } => remove(installation, *binary, host),
    }
}

fn remove(installation: &Installation, binary: Binary, host: &str) -> Result<ExitCode, Failure> {
    let (store, name) = (installation.open()?, host.to_owned());
    let removed = store.write(move |conn| operations::service::remove::remove(conn, binary, &name));
    let removed = block_on(async { removed.await.map_err(|error: StoreError| error.chain()) })?;
    removed.map_err(|stays| format!("{binary} on {host} stays: {stays}"))?;
    say(&[format!("{binary} on {host} is forgotten")])?;
    Ok(ExitCode::SUCCESS)
}

fn list(installation: &Installation, json: bool) -> Result<ExitCode, Failure> {
    let store = installation.open()?;
    let read = store.read(|conn| Ok((store::services::list(conn)?, conn.now())));
    let (services, now) = block_on(async { read.await.map_err(|error: StoreError| error.chain()) })?;
    if json {
        let list: Vec<_> = services.iter().map(|service| to_json(service, now)).collect();
        say(&[serde_json::Value::from(list).to_string()])?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines = vec![format!(
        "{:16}  {:32}  {:12}  {:8}  {:>12}  {:>14}",
        "BINARY", "HOST", "ZONE", "BACKEND", "LAST HEARD", "CLOCK AHEAD"
    )];
    lines.extend(services.iter().map(|service| {
        format!(
            "{:16}  {:32}  {:12}  {:8}  {:>10} s  {:>+12.3} s",
            service.binary.as_str(),
            service.host,
            service.availability_zone,
            backend(service),
            silent_s(service, now),
            ahead_s(service)
        )
    }));
    say(&lines)?;
    Ok(ExitCode::SUCCESS)
}

/// How its backend is; what has none says so.
fn backend(service: &Service) -> &'static str {
    match (service.binary, service.backend_up) {
        (Binary::Volume, true) => "up",
        (Binary::Volume, false) => "down",
        _ => "-",
    }
}

fn silent_s(service: &Service, now: Timestamp) -> i64 {
    now.since(service.heartbeat_at) / 1_000_000
}

#[allow(clippy::cast_precision_loss, reason = "for people to read")]
fn ahead_s(service: &Service) -> f64 {
    service.clock_ahead_ms as f64 / 1000.0
}

fn to_json(service: &Service, now: Timestamp) -> serde_json::Value {
    serde_json::json!({
        "binary": service.binary.as_str(),
        "host": service.host,
        "availability_zone": service.availability_zone,
        "cluster_name": service.cluster_name,
        "disabled": service.disabled,
        "disabled_reason": service.disabled_reason,
        "backend_up": service.backend_up,
        "heartbeat_at": service.heartbeat_at.to_string(),
        "silent_s": silent_s(service, now),
        "clock_ahead_ms": service.clock_ahead_ms,
    })
}
