//! `besser config check`.

use std::path::PathBuf;
use std::process::ExitCode;

use config::{Config, Severity, check};

use super::Failure;

pub(super) fn run(files: &[PathBuf]) -> Result<ExitCode, Failure> {
    let config = Config::load(files).map_err(|error| error.to_string())?;
    let findings = check(&config);
    for finding in &findings {
        println!("{finding}");
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    println!("{errors} errors, {} other findings", findings.len() - errors);
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
