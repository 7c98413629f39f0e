//! `cargo xtask lab`: tests on a real storage stack, in a guest that `lab/lab.sh` makes.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::commands::{Watch, Watched, cargo, is_installed, output_of, show, target_dir, workspace_root};
use crate::packages::is_root;

/// The test programs that need the guest: the package, and its test target. Each skips itself elsewhere.
const PROGRAMS: &[(&str, &str)] =
    &[("backends", "lab"), ("backup", "lab"), ("attach", "lab"), ("blackbox", "lab")];

/// What each of the guest's scratch disks holds: sparse, so it costs what is written.
const DISK: &str = "40G";
/// How long the guest may take, in seconds.
const TIME_LIMIT_S: &str = "1500";
/// Has the tests take their time: everything that they can try instead of what tells most. Any value.
const THOROUGH: &str = "BESSER_TEST_THOROUGH";
/// How long the guest may take then.
const THOROUGH_LIMIT_S: &str = "7200";

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only tests whose name contains this
    filter: Option<String>,
    /// The tests over Fibre Channel, in a guest with Debian's own kernel, which QEMU emulates
    #[arg(long)]
    fibre_channel: bool,
}

/// What runs the guest: `--engine` of `lab/lab.sh`.
#[derive(Clone, Copy)]
pub(crate) enum Engine {
    /// A kernel that is an ordinary process.
    UserMode,
    /// Slower, and with every module.
    Emulated,
}

impl Engine {
    const fn name(self) -> &'static str {
        match self {
            Self::UserMode => "uml",
            Self::Emulated => "qemu",
        }
    }

    /// What tells tests to wait longer.
    fn slowness(self) -> Option<&'static str> {
        matches!(self, Self::Emulated).then_some("BESSER_TEST_SLOWNESS=6")
    }
}

/// What the names of tests over Fibre Channel have in them.
const OVER_FIBRE_CHANNEL: &str = "fibre_channel";

/// Builds the tests, the guest if there is none yet, and runs the one in the other; whether all passed.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let engine = if arguments.fibre_channel { Engine::Emulated } else { Engine::UserMode };
    let filter = arguments.filter.as_deref().or(arguments.fibre_channel.then_some(OVER_FIBRE_CHANNEL));
    build_guest(engine, show)?;
    output_of(cargo().args(["build", "--package", "server", "--bin", "besser"]))?;
    let prepared = prepare(&target_dir()?.join("debug/besser"))?;
    prepared.run(engine, filter, show).map(|(content, _)| content)
}

/// Why there can be no guest on this machine, where that is known before it is built.
pub(crate) fn impossible() -> Option<&'static str> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        Some("the guest is made for Linux on x86-64")
    } else if !is_root() {
        Some("only root can make the guest")
    } else if !is_installed("apt-get") {
        Some("the guest is made of Debian's packages, and there is no apt-get")
    } else {
        None
    }
}

/// Builds the guest unless it is there.
pub(crate) fn build_guest(engine: Engine, watch: Watch) -> io::Result<()> {
    let (built, lines) = watch(lab()?.args(["build", "--engine", engine.name()]))?;
    if built {
        return Ok(());
    }
    let why = lines.last().map_or("no reason given", |line| line.trim_start_matches("lab: "));
    Err(io::Error::other(format!("the guest could not be built: {why}")))
}

/// Test programs, and the service that some of them start, where a guest finds them.
pub(crate) struct Prepared {
    share: PathBuf,
    programs: Vec<String>,
}

/// Builds the tests and puts them beside the `service`.
pub(crate) fn prepare(service: &Path) -> io::Result<Prepared> {
    let share = target_dir()?.join("lab-share");
    let programs = share.join("programs");
    if programs.exists() {
        fs::remove_dir_all(&programs)?;
    }
    fs::create_dir_all(&programs)?;
    fs::copy(service, share.join("besser"))?;
    let mut prepared = Prepared { share, programs: Vec::new() };
    for (name, built) in built_tests()? {
        fs::copy(built, programs.join(&name))?;
        prepared.programs.push(name);
    }
    Ok(prepared)
}

impl Prepared {
    /// Runs the tests, all of them or those whose name contains `filter`, each program in a guest of its own, in `watch`'s
    /// eyes; whether all passed, and what was printed.
    pub(crate) fn run(&self, engine: Engine, filter: Option<&str>, watch: Watch) -> io::Result<Watched> {
        let thorough = env::var_os(THOROUGH).map(|_| format!("{THOROUGH}=1"));
        let limit = if thorough.is_some() { THOROUGH_LIMIT_S } else { TIME_LIMIT_S };
        let (mut content, mut lines) = (true, Vec::new());
        for name in &self.programs {
            let mut lab = lab()?;
            lab.arg("run").arg(workspace_root().join("lab/storage.sh")).args(["--engine", engine.name()]);
            lab.arg("--share").arg(&self.share).args(["--disk", DISK, "--disk", DISK, "--timeout", limit]);
            lab.arg("--").args(&thorough).args(engine.slowness()).arg(name).args(filter);
            let (passed, printed) = watch(&mut lab)?;
            content &= passed;
            lines.extend(printed);
        }
        Ok((content, lines))
    }
}

fn lab() -> io::Result<Command> {
    let mut lab = Command::new(workspace_root().join("lab/lab.sh"));
    lab.env("LAB_CACHE", target_dir()?.join("lab"));
    Ok(lab)
}

/// The test programs, by the names that they get in the guest. They are built here: the guest has the newer C library.
fn built_tests() -> io::Result<Vec<(String, PathBuf)>> {
    // Of the whole workspace: of some packages, everything would be built again, with fewer features.
    let mut build = cargo();
    build.args(["test", "--no-run", "--message-format", "json", "--workspace"]);
    build.args(PROGRAMS.iter().flat_map(|(_, test)| ["--test", test]));
    let printed = output_of(&mut build)?;
    let messages: Vec<Value> =
        printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).collect();
    let found = PROGRAMS.iter().map(|(package, test)| {
        let program = executable(&messages, package, test);
        let missing =
            || io::Error::other(format!("cargo does not say where the test {test} of {package} is"));
        program.map(|program| (format!("{package}-{test}"), program)).ok_or_else(missing)
    });
    found.collect()
}

fn executable(messages: &[Value], package: &str, test: &str) -> Option<PathBuf> {
    // `…/crates/attach#0.1.0`, or `…/tests#blackbox@0.1.0` where the directory has another name (cargo-pkgid(1)).
    let of_package = |message: &&Value| {
        let place = message["package_id"].as_str().and_then(|id| id.rsplit_once('#'));
        place.is_some_and(|(path, rest)| match rest.split_once('@') {
            Some((name, _)) => name == package,
            None => path.rsplit('/').next() == Some(package),
        })
    };
    let of_test = messages.iter().filter(of_package).filter(|message| message["target"]["name"] == test);
    of_test.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next()
}
