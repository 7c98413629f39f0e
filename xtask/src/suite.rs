//! `cargo xtask test`: everything that this machine can run, and one closing line.

mod groups;
mod reasons;
mod runner;
mod steps;
mod tally;

#[cfg(test)]
mod tests;

use std::io;
use std::time::Instant;

use groups::Selection;
pub(crate) use tally::Tally;

/// What to run.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only this group (may be given several times); --list names them
    #[arg(long, value_name = "GROUP")]
    only: Vec<String>,
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
    let selection = Selection::of(&known, &arguments.only)?;
    let mut tally = Tally::default();
    let mut durations = Vec::new();
    for step in selection.steps() {
        println!("\n== {} ==", step.name());
        let start = Instant::now();
        steps::run(step, &selection, &mut tally)?;
        durations.push((step.name(), start.elapsed()));
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
