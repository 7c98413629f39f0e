//! `cargo xtask tempest`: the ecosystem's own tests, in a virtual environment of their own, against the all-in-one.

mod choice;
mod pages;
mod results;
mod settings;
mod world;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use crate::commands::{Watch, cargo, gather, show, target_dir};
use crate::python;

use choice::Choice;
pub(crate) use results::Results;
pub(crate) use world::Place;
use world::World;

/// Tempest, every package pinned.
const REQUIREMENTS: &str = "xtask/tempest/requirements.txt";
/// How many backends the service has, world by world. Where it has several, images have several stores too.
const WORLDS: [u8; 2] = [2, 1];

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
        for ran in in_world(&venv, &binary, backends, &suites, arguments.only.as_deref(), show)? {
            ran.report();
            good &= ran.results.is_good() && ran.results.missing().is_empty();
        }
    }
    Ok(good)
}

/// The virtual environment with tempest, or why there is none.
pub(crate) fn environment() -> Result<PathBuf, String> {
    python::environment("tempest", REQUIREMENTS)
}

/// What came of the tests of one service in one world.
pub(crate) struct Ran {
    /// Which tests, and where.
    pub(crate) title: String,
    pub(crate) results: Results,
    lines: Vec<String>,
}

impl Ran {
    /// Says what failed, what was skipped and why, and what is missing of what must pass.
    pub(crate) fn report(&self) {
        let Self { title, results, .. } = self;
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
}

/// Runs the tests of every suite in every world, the worlds beside each other: a test mostly waits for the service. What
/// tempest prints is shown when it has ended.
pub(crate) fn in_every_world(venv: &Path, binary: &Path) -> io::Result<Vec<Ran>> {
    let worlds = thread::scope(|scope| {
        let run = |backends| scope.spawn(move || in_world(venv, binary, backends, &Suite::ALL, None, gather));
        let running = WORLDS.map(run);
        running.map(|world| world.join().unwrap_or_else(|_| Err(io::Error::other("a world's watcher died"))))
    });
    let mut all = Vec::new();
    for world in worlds {
        all.extend(world?);
    }
    for ran in &all {
        println!("\n== {} ==", ran.title);
        ran.lines.iter().for_each(|line| println!("{line}"));
        ran.report();
    }
    Ok(all)
}

/// Runs the tests of `suites`, or those of them that `only` matches, against a service with `backends` backends, in
/// `watch`'s eyes.
fn in_world(
    venv: &Path,
    binary: &Path,
    backends: u8,
    suites: &[Suite],
    only: Option<&str>,
    watch: Watch,
) -> io::Result<Vec<Ran>> {
    let world = World::start(binary, backends)?;
    let choices = suites.iter().map(|&suite| {
        let title = format!("tempest.api.{} with {backends} backend(s)", suite.name());
        (title, Choice::of(suite, backends, only))
    });
    choices.map(|(title, choice)| in_place(&world, venv, title, &choice, watch)).collect()
}

/// Runs the tests of volumes, or those of them that `only` matches, against a service that runs already.
pub(crate) fn around(venv: &Path, place: &Place<'_>, only: Option<&str>) -> io::Result<Results> {
    let world = World::around(place, pages::images()?)?;
    let backends = u8::try_from(place.backends.len()).unwrap_or(u8::MAX);
    let title = "tempest.api.volume on the cluster".to_owned();
    let ran = in_place(&world, venv, title, &Choice::of(Suite::Volume, backends, only), show)?;
    ran.report();
    Ok(ran.results)
}

fn in_place(world: &World, venv: &Path, title: String, choice: &Choice, watch: Watch) -> io::Result<Ran> {
    let lines = world.run(venv, choice, watch)?;
    let results = Results::read(lines.iter().map(String::as_str));
    let results = results.with_those_that_must_pass(&choice.must_pass).with_excuses(&choice.excuses);
    Ok(Ran { title, results, lines })
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
