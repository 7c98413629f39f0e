//! `besser config check`.

use std::path::PathBuf;
use std::process::ExitCode;

use config::{Config, Severity, check};

use super::{Failure, chain, say};

pub(super) fn run(files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let config = Config::load(files).map_err(|error| chain(&error))?;
    let findings = check(&config);
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, idle) = (count(Severity::Error), count(Severity::NoEffect));
    let others = findings.len() - errors - idle;
    let mut lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!("{errors} errors, {others} other findings, {idle} options without effect"));
    say(&lines)?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
