//! Being killed at a chosen moment.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use attach::machine::{Machine, Program};
use ports::ExecError;
use rustix::process::{Signal, getpid, kill_process};

/// What unwinds when somebody is killed without a process of their own.
pub(crate) struct Killed;

/// Counts the moments at which a process can be killed, and kills at one of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Killer {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    passed: AtomicUsize,
    at: Option<usize>,
    for_real: bool,
}

impl Killer {
    /// Kills nobody.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Unwinds at moment `at`.
    pub(crate) fn unwinding(at: usize) -> Self {
        Self { shared: Arc::new(Shared { at: Some(at), ..Shared::default() }) }
    }

    /// Kills this process at moment `at`, as `kill -9` does.
    pub(crate) fn for_real(at: usize) -> Self {
        Self { shared: Arc::new(Shared { at: Some(at), for_real: true, ..Shared::default() }) }
    }

    /// A moment.
    pub(crate) fn point(&self) {
        let now = self.shared.passed.fetch_add(1, Ordering::SeqCst);
        if Some(now) != self.shared.at {
            return;
        }
        if self.shared.for_real {
            kill_process(getpid(), Signal::KILL).unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
        // Nothing is printed: this is no mistake.
        std::panic::resume_unwind(Box::new(Killed));
    }
}

/// A machine on which one can be killed before and after everything that is done to it.
#[derive(Debug)]
pub(crate) struct Struck {
    machine: Arc<dyn Machine>,
    killer: Killer,
}

impl Struck {
    pub(crate) fn new(machine: Arc<dyn Machine>, killer: Killer) -> Self {
        Self { machine, killer }
    }

    fn around<T>(&self, effect: impl FnOnce() -> T) -> T {
        self.killer.point();
        let made = effect();
        self.killer.point();
        made
    }
}

impl Machine for Struck {
    fn root(&self) -> &Path {
        self.machine.root()
    }

    fn run(&self, program: &Program) -> Result<String, ExecError> {
        self.around(|| self.machine.run(program))
    }

    fn order(&self, path: &Path, text: &str) -> io::Result<()> {
        self.around(|| self.machine.order(path, text))
    }

    fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.around(|| self.machine.write_private(path, bytes))
    }

    fn is_held(&self, device: &Path) -> io::Result<bool> {
        self.machine.is_held(device)
    }

    fn end_process(&self, pid: i32, hard: bool) -> io::Result<()> {
        self.around(|| self.machine.end_process(pid, hard))
    }

    fn pause(&self, time: Duration) {
        self.machine.pause(time);
    }
}
