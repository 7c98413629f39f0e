//! `cargo xtask tempest`: the ecosystem's own tests, in a virtual environment of their own, against the all-in-one.

mod choice;
mod pages;
mod results;
mod settings;
mod world;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::commands::{cargo, show, target_dir};
use crate::python;

use choice::Choice;
pub(crate) use results::Results;
pub(crate) use world::Place;
use world::World;

/// Tempest, every package pinned.
const REQUIREMENTS: &str = "xtask/tempest/requirements.txt";
/// How many backends the service has, world by world. Where it has several, images have several stores too.
pub(crate) const WORLDS: [u8; 2] = [2, 1];

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
    /// In the order in which they are run.
    pub(crate) const ALL: [Self; 2] = [Self::Volume, Self::Image];

    fn name(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::Image => "image",
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
        let suites = [arguments.suite];
        for (_, results) in in_world(&venv, &binary, backends, &suites, arguments.only.as_deref())? {
            good &= results.is_good() && results.missing().is_empty();
        }
    }
    Ok(good)
}

/// The virtual environment with tempest, or why there is none.
pub(crate) fn environment() -> Result<PathBuf, String> {
    python::environment("tempest", REQUIREMENTS)
}

/// Runs the tests of `suites`, or those of them that `only` matches, against a service with `backends` backends.
/// Returns the results of each suite under a title.
pub(crate) fn in_world(
    venv: &Path,
    binary: &Path,
    backends: u8,
    suites: &[Suite],
    only: Option<&str>,
) -> io::Result<Vec<(String, Results)>> {
    let world = World::start(binary, backends)?;
    in_place(&world, venv, (suites, backends), only, &format!("with {backends} backend(s)"))
}

/// Runs the tests of volumes, or those of them that `only` matches, against a service that runs already.
pub(crate) fn around(venv: &Path, place: &Place<'_>, only: Option<&str>) -> io::Result<Results> {
    let world = World::around(place, pages::images()?)?;
    let backends = u8::try_from(place.backends.len()).unwrap_or(u8::MAX);
    let all = in_place(&world, venv, (&[Suite::Volume], backends), only, "on the cluster")?;
    all.into_iter().next().map(|(_, results)| results).ok_or_else(|| io::Error::other("nothing was run"))
}

fn in_place(
    world: &World,
    venv: &Path,
    (suites, backends): (&[Suite], u8),
    only: Option<&str>,
    whereabouts: &str,
) -> io::Result<Vec<(String, Results)>> {
    let mut all = Vec::with_capacity(suites.len());
    for &suite in suites {
        let title = format!("tempest.api.{} {whereabouts}", suite.name());
        println!("\n== {title} ==");
        let results = world.run(venv, &Choice::of(suite, backends, only))?;
        report(&results, &title);
        all.push((title, results));
    }
    Ok(all)
}

/// Says what failed, what was skipped and why, and what is missing of what must pass.
fn report(results: &Results, title: &str) {
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
    println!("{title}: {results}");
}

/// Where a run of this name leaves its log and its data. It is empty.
pub(crate) fn directory(name: &str) -> io::Result<PathBuf> {
    let home = target_dir()?.join("tempest-runs").join(name);
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    fs::create_dir_all(&home)?;
    Ok(home)
}
