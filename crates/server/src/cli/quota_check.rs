//! `besser quota check`: the proof that no usage counter has drifted.

use std::process::ExitCode;

use store::quotas::Drift;

use super::{Failure, Installation, block_on, say};

pub(super) fn run(installation: &Installation) -> Result<ExitCode, Failure> {
    let store = installation.open()?;
    let drifts = block_on(async { store.read(store::quotas::recount).await.map_err(|error| error.chain()) })?;
    let tell = |drift: &Drift| {
        format!(
            "project {} resource {}: the counter says {}, the rows say {}",
            drift.project, drift.resource, drift.counted, drift.derived
        )
    };
    let mut lines: Vec<_> = drifts.iter().map(tell).collect();
    lines.push(format!("{} counters differ from a recount", drifts.len()));
    say(&lines)?;
    Ok(if drifts.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
