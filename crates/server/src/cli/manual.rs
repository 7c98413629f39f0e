//! `besser manual`: the manual pages, from what `--help` says. For who makes packages.

use std::path::PathBuf;
use std::process::ExitCode;

use super::Failure;

/// The options of `besser manual`.
#[derive(clap::Args)]
pub(super) struct Manual {
    /// Where `besser.1`, `besser-serve.1` and the others are written
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

pub(super) fn run(options: &Manual, command: clap::Command) -> Result<ExitCode, Failure> {
    let directory = &options.directory;
    let cannot = |error| format!("cannot write manual pages into {}: {error}", directory.display());
    std::fs::create_dir_all(directory).map_err(cannot)?;
    clap_mangen::generate_to(command, directory).map_err(cannot)?;
    Ok(ExitCode::SUCCESS)
}
