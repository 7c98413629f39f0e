//! The steps of a test run.

use std::io;
use std::path::PathBuf;
use std::process::Command;

use super::groups::{Selection, Step};
use super::preparation;
use super::runner::{self, Tests};
use super::tally::{Tally, read_libtest};
use crate::commands::{cargo, show, target_dir};
use crate::tidy;

/// Takes a step and counts what it shows.
pub(crate) fn run(step: Step, selection: &Selection, tally: &mut Tally) -> io::Result<()> {
    match step {
        Step::Format => check(tally, step, cargo().args(["fmt", "--all", "--check"])),
        Step::Tidy => tidy::run().map(|good| tally.check(step.name(), good)),
        Step::Lints => {
            let arguments = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
            check(tally, step, cargo().args(arguments))
        }
        Step::Units => runner::run(tally, step.name(), &Tests::Units, &[]),
        Step::Documentation => documentation(tally),
        Step::BlackBox => black_box(tally, selection.stories()),
    }
}

fn check(tally: &mut Tally, step: Step, command: &mut Command) -> io::Result<()> {
    let (good, _) = show(command)?;
    tally.check(step.name(), good);
    Ok(())
}

fn documentation(tally: &mut Tally) -> io::Result<()> {
    let (content, lines) = show(cargo().args(["test", "--doc", "--workspace", "--no-fail-fast"]))?;
    tally.runner("doc", read_libtest(&lines), content, Vec::new());
    Ok(())
}

/// Builds what is released, prepares what the tests need, and lets them at it.
fn black_box(tally: &mut Tally, stories: Option<&[String]>) -> io::Result<()> {
    let (built, _) = show(cargo().args(["build", "--release", "--package", "server", "--bin", "besser"]))?;
    if !built {
        tally.fail("the release build");
        return Ok(());
    }
    preparation::disk_tools();
    let clients = match preparation::clients(&target_dir()?) {
        Ok(venv) => ("BESSER_VENV", venv),
        Err(reason) => {
            tally.skip("the installation of the OpenStack clients", &reason);
            ("BESSER_NO_CLIENTS", PathBuf::from(reason))
        }
    };
    let binary = ("BESSER_BIN", target_dir()?.join("release/besser"));
    runner::run(tally, Step::BlackBox.name(), &Tests::BlackBox(stories), &[binary, clients])
}
