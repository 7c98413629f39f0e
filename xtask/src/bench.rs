//! `cargo xtask bench`: builds the release server and the load generator, and lets the one measure the other.

use std::io;

use crate::commands::{cargo, target_dir};
use crate::{packages, python};

/// Everything that the load generator takes; `cargo xtask bench --help` lists it.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the load generator
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) passed_on: Vec<String>,
}

/// Builds and runs; whether the load generator was content.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    // A stranger's endpoint needs no server of ours.
    let foreign = arguments.passed_on.iter().any(|argument| argument.starts_with("--auth-url"));
    let mut build = cargo();
    build.args(["build", "--release", "--package", "bench"]);
    if !foreign {
        build.args(["--package", "server"]);
    }
    if !build.status()?.success() {
        return Ok(false);
    }
    let mut run = cargo();
    run.args(["run", "--quiet", "--release", "--package", "bench", "--"]).args(&arguments.passed_on);
    run.env("BESSER_BIN", target_dir()?.join("release/besser"));
    let with_backups = arguments.passed_on.iter().any(|argument| argument.contains("backup"));
    if with_backups && !foreign {
        packages::backup_programs();
        match python::cinder() {
            Ok(venv) => drop(run.env("BESSER_CINDER_VENV", venv)),
            Err(reason) => println!("without Cinder beside it: {reason}"),
        }
    }
    Ok(run.status()?.success())
}
