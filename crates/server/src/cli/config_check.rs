//! `besser config check`.

use std::path::PathBuf;
use std::process::ExitCode;

use config::{Config, Severity, check};

use super::{Failure, chain, say};

pub(super) fn run(files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let config = Config::load(files).map_err(|error| chain(&error))?;
    let findings = check(&config);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let mut lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!("{errors} errors, {} other findings", findings.len() - errors));
    say(&lines)?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
