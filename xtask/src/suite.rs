//! `cargo xtask test`: everything that this machine can run, and one closing line.

mod groups;
mod guest;
mod program;
mod reasons;
mod runner;
mod steps;
mod tally;

#[cfg(test)]
mod tests;

use std::io;
use std::time::Instant;

use groups::Selection;
use program::Program;
pub(crate) use tally::Tally;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this group (may be given several times); --list names them
    #[arg(long, value_name = "GROUP")]
    only: Vec<String>,
    /// Test the program as it is built for the tests of the crates, instead of building a release besides
    #[arg(long)]
    one_build: bool,
    /// Name the groups and run nothing
    #[arg(long)]
    list: bool,
}

/// Runs the groups and prints the closing line; whether nothing failed.
pub(crate) fn run(arguments: &Arguments) -> io::Result<bool> {
    let known = groups::all()?;
    if arguments.list {
        for group in &known {
            println!("{:24} {}", group.name, group.about);
        }
        return Ok(true);
    }
    let program = if arguments.one_build { Program::WithTheTests } else { Program::Released };
    let selection = Selection::of(&known, &arguments.only, program)?;
    let mut tally = Tally::default();
    let (mut durations, mut guest) = (Vec::new(), None);
    for step in selection.steps() {
        println!("\n== {} ==", step.name());
        let start = Instant::now();
        guest = steps::run(step, &selection, &mut tally)?.or(guest);
        durations.push((step.name(), start.elapsed()));
    }
    if let Some(guest) = guest {
        println!("\n== in the guest ==");
        durations.push(("in the guest, beside the others", guest.told(&mut tally)?));
    }
    report(&tally, &durations);
    Ok(tally.is_good())
}

fn report(tally: &Tally, durations: &[(&str, std::time::Duration)]) {
    println!();
    for (name, duration) in durations {
        println!("{:6.1} s  {name}", duration.as_secs_f64());
    }
    for (test, reason) in tally.skips() {
        println!("skipped: {test}: {reason}");
    }
    for failure in tally.failures() {
        println!("failed: {failure}");
    }
    println!("{tally}");
}
