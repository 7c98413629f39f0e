//! `cargo xtask lab`: the drivers' tests on a real storage stack, in a guest that `lab/lab.sh` makes.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::commands::{cargo, output_of, show, target_dir, workspace_root};

/// What the guest's scratch disk holds: sparse, so it costs what is written.
const DISK: &str = "40G";
/// How long the guest may take, in seconds.
const TIME_LIMIT_S: &str = "1500";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// Builds the tests, the guest if there is none yet, and runs the one in the other; whether all passed.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let share = target_dir()?.join("lab-share");
    fs::create_dir_all(&share)?;
    fs::copy(built_tests()?, share.join("lab-tests"))?;
    let mut lab = Command::new(workspace_root().join("lab/lab.sh"));
    lab.arg("run").arg(workspace_root().join("lab/storage.sh"));
    lab.arg("--share").arg(&share).args(["--disk", DISK, "--timeout", TIME_LIMIT_S]);
    lab.env("LAB_CACHE", target_dir()?.join("lab"));
    if let Some(filter) = &arguments.filter {
        lab.arg("--").arg(filter);
    }
    Ok(show(&mut lab)?.0)
}

/// The test program of the drivers that need the guest. It is built here: the guest has the newer C library.
fn built_tests() -> io::Result<PathBuf> {
    let mut build = cargo();
    build.args(["test", "--package", "backends", "--test", "lab", "--no-run", "--message-format", "json"]);
    let printed = output_of(&mut build)?;
    let messages = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let program = messages
        .filter(|message| message["target"]["name"] == "lab")
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.ok_or_else(|| io::Error::other("cargo does not say where the tests are"))
}
