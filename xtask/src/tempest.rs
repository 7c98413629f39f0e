//! `cargo xtask tempest`: the ecosystem's own tests, in a virtual environment of their own, against the all-in-one.

mod network;
mod results;
mod settings;
mod world;

use std::io;
use std::path::{Path, PathBuf};

use crate::commands::{cargo, show, target_dir};
use crate::python;

pub(crate) use results::Results;
use world::World;

/// Tempest, every package pinned.
const REQUIREMENTS: &str = "xtask/tempest/requirements.txt";
/// How many backends the service has, world by world.
pub(crate) const WORLDS: [u8; 2] = [2, 1];

/// What tempest says of a test of volumes that needs a server, of which there is none here,
const NEEDS_A_SERVER: [&str; 2] = ["compute service is not available", "Nova is not available"];
/// and of those that only the world with two backends runs: its files are raw, and can have several attachments.
const NEEDS_TWO_BACKENDS: [&str; 2] =
    ["Cinder multi-backend feature disabled", "Volume multi-attach is not available"];

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which service's tests
    #[arg(long, value_enum, default_value_t = Suite::Volume)]
    suite: Suite,
    /// Only tests whose name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    only: Option<String>,
    /// How many backends the service has; both, one after the other, when not given
    #[arg(long, value_name = "1|2", value_parser = clap::value_parser!(u8).range(1..=2))]
    backends: Option<u8>,
    /// Tests the debug build instead of the release build
    #[arg(long)]
    debug: bool,
}

/// The tests of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Suite {
    /// `tempest.api.volume`
    Volume,
    /// `tempest.api.image`
    Image,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Image => "image",
        }
    }

    /// The tests that the Python services pass on such a machine: none of them may fail here.
    fn must_pass(self) -> &'static str {
        match self {
            Self::Volume => include_str!("../tempest/volume.txt"),
            Self::Image => include_str!("../tempest/image.txt"),
        }
    }
}

/// Runs the tests and prints what there is to say; whether nothing failed that must not.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let venv = environment().map_err(io::Error::other)?;
    let profile = if arguments.debug { "dev" } else { "release" };
    let mut build = cargo();
    build.args(["build", "--profile", profile, "--package", "server", "--bin", "besser"]);
    if !show(&mut build)?.0 {
        return Ok(false);
    }
    let binary = target_dir()?.join(if arguments.debug { "debug/besser" } else { "release/besser" });
    let worlds = arguments.backends.map_or_else(|| WORLDS.to_vec(), |backends| vec![backends]);
    let mut good = true;
    for backends in worlds {
        let results = in_world(&venv, &binary, backends, arguments.suite, arguments.only.as_deref())?;
        good &= results.is_good() && results.missing().is_empty();
    }
    Ok(good)
}

/// The virtual environment with tempest, or why there is none.
pub(crate) fn environment() -> Result<PathBuf, String> {
    python::environment("tempest", REQUIREMENTS)
}

/// Runs the tests of `suite`, or those of them that `only` matches, against a service with `backends` backends.
pub(crate) fn in_world(
    venv: &Path,
    binary: &Path,
    backends: u8,
    suite: Suite,
    only: Option<&str>,
) -> io::Result<Results> {
    println!("\n== tempest.api.{} with {backends} backend(s) ==", suite.name());
    let world = World::start(binary, backends)?;
    // A choice of tests, and a world with one backend, leave some of them out.
    let whole = only.is_none() && backends > 1;
    let must_pass = if whole { suite.must_pass() } else { "" };
    let results = world.run(venv, suite, only)?.with_those_that_must_pass(must_pass);
    let results = match suite {
        Suite::Volume if backends > 1 => results.with_excuses(&NEEDS_A_SERVER),
        Suite::Volume => results.with_excuses(&[&NEEDS_A_SERVER[..], &NEEDS_TWO_BACKENDS].concat()),
        Suite::Image => results,
    };
    report(&results, backends);
    Ok(results)
}

/// Says what failed, what was skipped and why, and what is missing of what must pass.
fn report(results: &Results, backends: u8) {
    for (reason, tests) in results.skipped_by_reason() {
        println!("skipped, because {reason}:");
        tests.iter().for_each(|test| println!("    {test}"));
    }
    for test in results.failed() {
        println!("failed: {test}");
    }
    for test in results.missing() {
        println!("must pass, and did not: {test}");
    }
    println!("tempest, {backends} backend(s): {results}");
}

/// Where a run leaves its log and its data.
fn directory(backends: u8) -> io::Result<PathBuf> {
    Ok(target_dir()?.join("tempest-runs").join(format!("{backends}-backends")))
}
