//! `besser agent`: finishes what was cut off, and watches what is attached.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use attach::agent::Agent;
use clap::Args;
use ports::Work;
use tokio::signal::unix::{SignalKind, signal};

use super::host::HostOptions;
use crate::cli::{Failure, block_on, chain};
use crate::manager::Manager;
use crate::serve::{LogFormat, start_log};

/// The options of `besser agent`.
#[derive(Args)]
pub(crate) struct AgentOptions {
    #[command(flatten)]
    host: HostOptions,
    /// How often to look, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    interval_s: u64,
    /// How log lines look
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

pub(crate) fn run(options: &AgentOptions) -> Result<ExitCode, Failure> {
    let _log = start_log(options.log_format);
    let work = Work::new();
    let agent = Arc::new(options.host.agent(work.clone())?);
    let every = Duration::from_secs(options.interval_s);
    let manager = Manager::from_environment();
    block_on(async move {
        let cannot = |error: std::io::Error| format!("cannot listen to signals: {error}");
        let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
        manager.ready();
        loop {
            let looking = Arc::clone(&agent);
            let mut look = tokio::task::spawn_blocking(move || look(&looking));
            let ended = tokio::select! {
                _ = terminate.recv() => true,
                _ = interrupt.recv() => true,
                _ = &mut look => false,
            };
            if ended {
                manager.stopping();
                // What it was about to do is in the journal; the next start goes on.
                work.call_off();
                let _ = look.await;
                return Ok(ExitCode::SUCCESS);
            }
            manager.still_works();
            tokio::select! {
                _ = terminate.recv() => return Ok(ExitCode::SUCCESS),
                _ = interrupt.recv() => return Ok(ExitCode::SUCCESS),
                () = tokio::time::sleep(every) => {}
            }
        }
    })
}

fn look(agent: &Agent) {
    match agent.check(true) {
        Ok(findings) => {
            for finding in findings {
                let (volume, trouble) = (finding.volume, finding.trouble);
                let vm = finding.vm.map(|vm| vm.to_string());
                match finding.repaired {
                    Some(Ok(())) => tracing::info!(%volume, vm, %trouble, "repaired"),
                    Some(Err(why)) => tracing::warn!(%volume, vm, %trouble, why, "not repaired"),
                    None => tracing::warn!(%volume, vm, %trouble, "somebody has to look at this"),
                }
            }
        }
        Err(error) => tracing::warn!(error = chain(&error), "cannot compare"),
    }
}
