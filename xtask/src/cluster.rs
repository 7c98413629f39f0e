//! `cargo xtask cluster`: the roles as processes of their own, over a real database and a real broker; and faults under load.

mod balancer;
mod client;
mod faults;
mod figures;
mod identity;
mod load;
mod member;
mod network;
mod site;
mod verdict;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant};

use blackbox::Session;
use blackbox::server::ADMIN_CLOUD;

use crate::commands::{released, workspace_root};
use crate::databases::Engine;
use crate::{packages, tempest};
use client::Client;
pub(crate) use figures::Figures;
use load::Tally;
pub(crate) use member::CLOCKS;
use site::{BACKENDS, Site};

/// Where the figures are written.
const REPORT: &str = "docs/reliability.md";
/// Clients that work all the time.
const WORKERS: usize = 4;

/// How long things go wrong in a run of all tests.
const SHORT: Duration = Duration::from_secs(25);

/// What to do.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The engine of the database
    #[arg(long, value_enum, default_value_t = Engine::Mariadb)]
    engine: Engine,
    /// Work, with one fault after the other for about this long, and check what became of everything
    #[arg(long, value_name = "SECONDS")]
    faults: Option<u64>,
    /// Run tempest's tests of volumes against it
    #[arg(long, conflicts_with = "faults")]
    tempest: bool,
    /// Only those of them whose name matches this regular expression
    #[arg(long, value_name = "REGEX", requires = "tempest")]
    only: Option<String>,
    /// Write the figures into docs/reliability.md
    #[arg(long, requires = "faults")]
    write: bool,
    /// Another binary than the release build
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Begin with this older binary, and replace one process after the other while clients work
    #[arg(long, value_name = "FILE", requires = "faults")]
    from: Option<PathBuf>,
    /// Repeat a run by its seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Starts the cluster; serves until Enter is pressed, or has it prove itself. Whether it did.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let Some(binary) = released(arguments.binary.as_deref())? else { return Ok(false) };
    if arguments.faults.is_some() {
        packages::clocks();
    }
    // As long as this machine's network is there.
    let tempest = arguments.tempest.then(tempest::environment).transpose().map_err(io::Error::other)?;
    let mut site = Site::start(arguments.engine, arguments.from.as_deref().unwrap_or(&binary))?;
    site.newer = arguments.from.is_some().then(|| std::fs::canonicalize(&binary)).transpose()?;
    match arguments.faults {
        None if tempest.is_some() => {
            let only = arguments.only.as_deref();
            tempest.map_or(Ok(false), |venv| with_tempest(&site, &venv, only))
        }
        None => {
            site.explain();
            io::stdin().read_line(&mut String::new()).map(|_| true)
        }
        Some(seconds) => {
            let figures = prove(&mut site, Duration::from_secs(seconds), arguments.seed)?;
            println!("{figures}");
            if arguments.write {
                std::fs::write(workspace_root().join(REPORT), figures.to_string())?;
            }
            Ok(figures.is_good())
        }
    }
}

/// Whether every test of volumes passes that has to.
fn with_tempest(site: &Site, venv: &Path, only: Option<&str>) -> io::Result<bool> {
    let cloud = site.cloud(ADMIN_CLOUD);
    let place = tempest::Place {
        home: &tempest::directory("cluster")?,
        admin: Session::login(&cloud),
        cloud,
        images: site.images(),
        backends: &BACKENDS,
    };
    let results = tempest::around(venv, &place, only)?;
    Ok(results.is_good() && results.missing().is_empty())
}

/// The faults of half a minute on MariaDB, for a run of all tests.
pub(crate) fn in_short(binary: &Path) -> io::Result<Figures> {
    // What the harness of the tests cannot do, it says with a panic, which is not to end the other tests.
    let proven = thread::scope(|scope| {
        scope.spawn(|| prove(&mut Site::start(Engine::Mariadb, binary)?, SHORT, 1)).join()
    });
    proven.unwrap_or_else(|_| Err(io::Error::other("it could not be looked after; see above")))
}

/// Works for `long` while faults come and go; what was measured, and what was wrong.
fn prove(site: &mut Site, long: Duration, seed: u64) -> io::Result<Figures> {
    let client = Client::of(site)?;
    let (tally, stop) = (Tally::default(), AtomicBool::new(false));
    let start = Instant::now();
    let (recoveries, kept) = thread::scope(|scope| {
        let numbers = 0..WORKERS;
        let workers: Vec<_> = numbers
            .map(|number| {
                let (client, tally, stop) = (&client, &tally, &stop);
                scope.spawn(move || load::work(client, tally, stop, (seed, number)))
            })
            .collect();
        let recoveries = faults::take_turns(site, &client, &tally, start + long);
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let kept: Vec<_> = workers.into_iter().filter_map(|worker| worker.join().ok()).flatten().collect();
        (recoveries, kept)
    });
    let (took, recoveries) = (start.elapsed(), recoveries?);
    verdict::judge(site, &client, &tally, &kept);
    Ok(Figures::of(site, took, recoveries, &tally))
}
