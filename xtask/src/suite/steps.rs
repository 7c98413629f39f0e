//! The steps of a test run.

use std::io;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use super::groups::{Selection, Step};
use super::guest::{self, Guest};
use super::reasons;
use super::runner::{self, Tests};
use super::tally::{Sums, Tally, read_libtest};
use crate::commands::{cargo, show};
use crate::databases::{self, Engine};
use crate::tempest::{self, Results};
use crate::{cluster, machine, packages, packaging, python, tidy};

/// The clients, every package pinned.
const CLIENTS: &str = "xtask/requirements.txt";
/// An S3 server, every package pinned.
const OBJECT_STORES: &str = "xtask/object-stores-requirements.txt";

/// Takes a step and counts what it shows; the guest that goes on beside the next ones, if that is what it started.
pub(crate) fn run(step: Step, selection: &Selection, tally: &mut Tally) -> io::Result<Option<Guest>> {
    match step {
        Step::Format => check(tally, step, cargo().args(["fmt", "--all", "--check"])),
        Step::Tidy => tidy::run().map(|good| tally.check(step.name(), good)),
        Step::Lints => {
            let arguments = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
            check(tally, step, cargo().args(arguments))
        }
        Step::Units => units(tally),
        Step::Lab => return guest::start(selection.program(), tally),
        Step::Databases => with_databases(tally),
        Step::Documentation => documentation(tally),
        Step::BlackBox => black_box(tally, selection),
        Step::Packaging => packaged(tally, selection),
        Step::Cluster => with_cluster(tally, selection),
        Step::Tempest => with_tempest(tally, selection),
    }?;
    Ok(None)
}

fn check(tally: &mut Tally, step: Step, command: &mut Command) -> io::Result<()> {
    let (good, _) = show(command)?;
    tally.check(step.name(), good);
    Ok(())
}

/// Prepares what some of them need, and lets them at it; without it they skip themselves.
fn units(tally: &mut Tally) -> io::Result<()> {
    let environment = runner::while_building(&Tests::Units, || {
        packages::target_daemon();
        packages::message_broker();
        packages::storage_daemon();
        packages::object_store();
        packages::ceph();
        packages::gluster();
        packages::thin_tools();
        let places = machine(tally).into_iter().chain(object_stores(tally)).chain(cinder(tally));
        places.collect::<Vec<_>>()
    });
    runner::run(tally, Step::Units.name(), &Tests::Units, &environment)
}

/// An S3 server for the tests that need one.
fn object_stores(tally: &mut Tally) -> Option<(&'static str, PathBuf)> {
    match python::environment("object-stores", OBJECT_STORES) {
        Ok(dir) => Some(("BESSER_OBJECT_STORES", dir)),
        Err(reason) => {
            tally.skip("the making of an S3 server for tests", &reason);
            None
        }
    }
}

/// Cinder for the tests that compare with it.
fn cinder(tally: &mut Tally) -> Option<(&'static str, PathBuf)> {
    match python::cinder() {
        Ok(venv) => Some(("BESSER_CINDER_VENV", venv)),
        Err(reason) => {
            tally.skip("the installation of Cinder", &reason);
            None
        }
    }
}

/// What tests of virtual machines need, for those that come next.
fn machine(tally: &mut Tally) -> Option<(&'static str, PathBuf)> {
    match machine::environment() {
        Ok(dir) => Some(("BESSER_MACHINE", dir)),
        Err(reason) => {
            tally.skip("the making of a virtual machine for tests", &reason);
            None
        }
    }
}

/// Runs what is about the database on every engine that is a server.
fn with_databases(tally: &mut Tally) -> io::Result<()> {
    for engine in Engine::ALL {
        match databases::start(engine) {
            Ok(server) => {
                runner::run(tally, engine.name(), &Tests::Databases, &server.environment())?;
            }
            Err(error) => tally.skip(&format!("the tests on {}", engine.name()), &error.to_string()),
        }
    }
    Ok(())
}

fn documentation(tally: &mut Tally) -> io::Result<()> {
    let (content, lines) = show(cargo().args(["test", "--doc", "--workspace", "--no-fail-fast"]))?;
    tally.runner("doc", read_libtest(&lines), content, Vec::new());
    tally.explain(reasons::of(&lines));
    Ok(())
}

/// Builds the program, prepares meanwhile what the tests need, and lets them at it.
fn black_box(tally: &mut Tally, selection: &Selection) -> io::Result<()> {
    let mut environment = thread::scope(|scope| {
        scope.spawn(|| selection.program().build());
        clients_and_servers(tally)
    });
    let Some(binary) = selection.program().built(tally)? else { return Ok(()) };
    environment.push(("BESSER_BIN", binary));
    let servers: Vec<_> =
        Engine::ALL.into_iter().filter_map(|engine| databases::start(engine).ok()).collect();
    environment.extend(servers.iter().map(|server| (server.engine().variable(), server.socket().to_owned())));
    runner::run(tally, Step::BlackBox.name(), &Tests::BlackBox(selection.stories()), &environment)
}

/// What strangers use, for the tests that would use it: what is missing of it is told by them.
fn clients_and_servers(tally: &mut Tally) -> Vec<(&'static str, PathBuf)> {
    packages::disk_tools();
    packages::message_broker();
    packages::mount_through_a_program();
    packages::clocks();
    let clients = match python::environment("venv", CLIENTS) {
        Ok(venv) => ("BESSER_VENV", venv),
        Err(reason) => {
            tally.skip("the installation of the OpenStack clients", &reason);
            ("BESSER_NO_CLIENTS", PathBuf::from(reason))
        }
    };
    let keystone = match python::keystone() {
        Ok(venv) => ("BESSER_KEYSTONE_VENV", venv),
        Err(reason) => {
            tally.skip("the installation of Keystone", &reason);
            ("BESSER_NO_KEYSTONE", PathBuf::from(reason))
        }
    };
    let mut environment = vec![clients, keystone];
    environment.extend(machine(tally));
    environment
}

/// Looks at what is shipped beside the program.
fn packaged(tally: &mut Tally, selection: &Selection) -> io::Result<()> {
    if let Some(binary) = selection.program().built(tally)? {
        packaging::check(tally, &binary);
    }
    Ok(())
}

/// Breaks each kind of process once while clients work.
fn with_cluster(tally: &mut Tally, selection: &Selection) -> io::Result<()> {
    let Some(binary) = selection.program().built(tally)? else { return Ok(()) };
    match cluster::in_short(&binary) {
        Ok(figures) => {
            println!("{figures}");
            tally.check(Step::Cluster.name(), figures.is_good());
        }
        Err(error) if databases::start(Engine::Mariadb).is_err() => {
            tally.skip("the cluster", &error.to_string());
        }
        Err(error) => tally.fail(&format!("the cluster: {error}")),
    }
    Ok(())
}

/// Lets tempest at it.
fn with_tempest(tally: &mut Tally, selection: &Selection) -> io::Result<()> {
    let Some(binary) = selection.program().built(tally)? else { return Ok(()) };
    let venv = match tempest::environment() {
        Ok(venv) => venv,
        Err(reason) => {
            tally.skip("the installation of tempest", &reason);
            return Ok(());
        }
    };
    for ran in tempest::in_every_world(&venv, &binary)? {
        of_tempest(tally, &ran.title, &ran.results);
    }
    Ok(())
}

fn of_tempest(tally: &mut Tally, name: &str, results: &Results) {
    let skips: Vec<_> =
        results.skipped().map(|(test, reason)| (test.to_owned(), reason.to_owned())).collect();
    let passed = results.passed() + skips.len();
    let sums = Sums { passed, failed: results.failed().count(), ignored: 0 };
    tally.runner(name, sums, results.is_good(), skips);
    for test in results.missing() {
        tally.fail(&format!("{test}, which must pass"));
    }
}
