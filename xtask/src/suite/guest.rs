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

/// They are being run.
pub(crate) struct Guest {
    started: Instant,
    running: JoinHandle<io::Result<Watched>>,
}

/// Builds the guest and starts what needs a storage stack that this machine's kernel may not have.
pub(crate) fn start(program: Program, tally: &mut Tally) -> io::Result<Option<Guest>> {
    let reason = match lab::impossible() {
        Some(reason) => Some(reason.to_owned()),
        None => lab::build_guest(Engine::UserMode).err().map(|error| error.to_string()),
    };
    if let Some(reason) = reason {
        tally.skip("the tests in a guest kernel", &reason);
        return Ok(None);
    }
    let Some(binary) = program.built(tally)? else { return Ok(None) };
    let prepared = lab::prepare(&binary)?;
    println!("the guest runs beside the groups that follow; what it prints comes at the end");
    let run = move || prepared.run(Engine::UserMode, None, gather);
    Ok(Some(Guest { started: Instant::now(), running: thread::spawn(run) }))
}

impl Guest {
    /// Waits for them, prints what they printed and counts it; how long all of them took.
    pub(crate) fn told(self, tally: &mut Tally) -> io::Result<Duration> {
        let running = self.running.join();
        let (content, lines) =
            running.unwrap_or_else(|_| Err(io::Error::other("the guest's watcher died")))?;
        for line in &lines {
            println!("{line}");
        }
        tally.runner(Step::Lab.name(), read_libtest(&lines), content, Vec::new());
        tally.explain(reasons::of(&lines));
        Ok(self.started.elapsed())
    }
}
