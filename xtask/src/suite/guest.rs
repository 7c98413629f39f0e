//! The tests in the guest, beside those that come after them: the guest is one processor, and its storage mostly waits.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::groups::Step;
use super::program::Program;
use super::reasons;
use super::tally::{Tally, read_libtest};
use crate::commands::{Watched, gather};
use crate::lab::{self, Engine};

/// What is skipped where there is no guest.
const SKIPPED: &str = "the tests in a guest kernel";

/// They are being run.
pub(crate) struct Guest {
    started: Instant,
    running: JoinHandle<io::Result<Ended>>,
}

/// What came of them.
enum Ended {
    /// There is no guest, for this reason.
    NoGuest(String),
    Ran(Watched),
}

/// Builds the guest and starts what needs a storage stack that this machine's kernel may not have.
pub(crate) fn start(program: Program, tally: &mut Tally) -> io::Result<Option<Guest>> {
    if let Some(reason) = lab::impossible() {
        tally.skip(SKIPPED, reason);
        return Ok(None);
    }
    let Some(binary) = program.built(tally)? else { return Ok(None) };
    let prepared = lab::prepare(&binary)?;
    println!("the guest runs beside the groups that follow; what it prints comes at the end");
    let run = move || match lab::build_guest(Engine::UserMode, gather) {
        Ok(()) => prepared.run(Engine::UserMode, None, gather).map(Ended::Ran),
        Err(error) => Ok(Ended::NoGuest(error.to_string())),
    };
    Ok(Some(Guest { started: Instant::now(), running: thread::spawn(run) }))
}

impl Guest {
    /// Waits for them, prints what they printed and counts it; how long all of them took.
    pub(crate) fn told(self, tally: &mut Tally) -> io::Result<Duration> {
        let running = self.running.join();
        match running.unwrap_or_else(|_| Err(io::Error::other("the guest's watcher died")))? {
            Ended::NoGuest(reason) => tally.skip(SKIPPED, &reason),
            Ended::Ran((content, lines)) => {
                lines.iter().for_each(|line| println!("{line}"));
                tally.runner(Step::Lab.name(), read_libtest(&lines), content, Vec::new());
                tally.explain(reasons::of(&lines));
            }
        }
        Ok(self.started.elapsed())
    }
}
