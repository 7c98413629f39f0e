//! `cargo xtask`: what a developer does with this project besides `cargo run`.

#![allow(
    clippy::disallowed_methods,
    reason = "a tool for developers starts programs and reads files itself; it is no part of the product"
)]

mod bench;
mod cluster;
mod commands;
mod databases;
mod deb;
mod lab;
mod machine;
mod packages;
mod packaging;
mod python;
mod suite;
mod tempest;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Checks, tests and measures Besser")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Prepares what the tests need, runs everything that this machine can run, and prints one closing line
    Test(suite::Arguments),
    /// Checks the rules of the house that no compiler knows
    Tidy,
    /// Runs the drivers' tests on a real storage stack, in a guest kernel; needs root
    Lab(lab::Arguments),
    /// Runs the ecosystem's own tests against the all-in-one
    Tempest(tempest::Arguments),
    /// Runs a command with a private MariaDB, and with a private PostgreSQL
    Databases(databases::Arguments),
    /// Runs every role as processes of their own over a private database and broker, and breaks them under load
    Cluster(cluster::Arguments),
    /// Builds a Debian package
    Deb(deb::Arguments),
    /// Measures a server over HTTP: its own, or any Block Storage endpoint
    #[command(disable_help_flag = true)]
    Bench(bench::Arguments),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().task {
        Task::Test(arguments) => suite::run(&arguments),
        Task::Tidy => tidy::run(),
        Task::Lab(arguments) => lab::run(&arguments),
        Task::Tempest(arguments) => tempest::run(&arguments),
        Task::Databases(arguments) => databases::run(&arguments),
        Task::Cluster(arguments) => cluster::run(&arguments),
        Task::Deb(arguments) => deb::run(&arguments),
        Task::Bench(arguments) => bench::run(&arguments),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_generator_gets_its_arguments_as_they_are() {
        let parsed = Arguments::try_parse_from(["xtask", "bench", "--sections", "show,batch", "--help"]);
        let Ok(Arguments { task: Task::Bench(arguments) }) = parsed else {
            panic!("that is a call of bench")
        };
        assert_eq!(arguments.passed_on, ["--sections", "show,batch", "--help"]);
    }
}
