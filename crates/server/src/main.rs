//! `besser`: the composition root. It reads the configuration, chooses the parts, and runs them.

mod cli;
mod data_dir;
mod database;
mod manager;
mod serve;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == ports::exec::guard::SUBCOMMAND) {
        return ports::exec::guard::main(arguments);
    }
    cli::run()
}
