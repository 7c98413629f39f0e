//! The points, and what happens at which.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thiserror::Error;

use crate::volume::DriverError;

/// Most names that the trace keeps; later ones are counted only.
const MAX_TRACED: usize = 100_000;

/// The names of the points before and after a call.
type Points = (&'static str, &'static str);

/// The points round a call of a layer.
macro_rules! around {
    ($layer:literal, $call:literal) => {
        (concat!($layer, ".", $call, ".before"), concat!($layer, ".", $call, ".after"))
    };
}

pub(super) use around;

/// How a call fails that is told to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailWith {
    /// Something uses the thing.
    Busy,
    /// The thing is not there.
    Missing,
    /// The backend is full.
    NoSpace,
    /// It cannot be done.
    Unsupported,
    /// An administrator has to act.
    Refused,
    /// An input or output error.
    Io,
}

impl From<FailWith> for DriverError {
    fn from(kind: FailWith) -> Self {
        let injected = || "injected fault".to_owned();
        match kind {
            FailWith::Busy => Self::Busy { what: injected(), by: "a test".to_owned() },
            FailWith::Missing => Self::Missing { what: injected() },
            FailWith::NoSpace => Self::NoSpace { asked_bytes: 1, free_bytes: 0 },
            FailWith::Unsupported => Self::Unsupported(injected()),
            FailWith::Refused => Self::Refused(injected()),
            FailWith::Io => Self::Io { what: injected(), source: io::Error::other("a test") },
        }
    }
}

/// What a point answers when something was injected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Injected {
    /// The process is dead.
    #[error("injected: crashed")]
    Crashed,
    /// This one call fails.
    #[error("injected: fails with {0:?}")]
    Fails(FailWith),
}

impl From<Injected> for DriverError {
    fn from(injected: Injected) -> Self {
        match injected {
            Injected::Crashed => Self::Injected("crashed"),
            Injected::Fails(kind) => kind.into(),
        }
    }
}

/// Counts the points that are passed, and injects what was asked for. Cheap to clone; clones share everything.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    count: u64,
    trace: Vec<&'static str>,
    crash_at: Option<u64>,
    fail_at: Option<(u64, FailWith)>,
    fail_next: Option<(&'static str, FailWith)>,
    fail_always: Option<(&'static str, FailWith)>,
    repeat_effects: bool,
    crashed: bool,
    hit: Option<String>,
}

impl Faults {
    /// Points that all pass.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the process die at point `number`; the first point is 1.
    pub fn crash_at(&self, number: u64) {
        self.state().crash_at = Some(number);
    }

    /// Lets the process die here and now.
    pub fn crash_now(&self) {
        self.state().crashed = true;
    }

    /// Lets point `number` fail, once. Before an effect that means that it is not made; after it, that it is made
    /// and the answer says otherwise.
    pub fn fail_at(&self, number: u64, kind: FailWith) {
        self.state().fail_at = Some((number, kind));
    }

    /// Lets the next point of this name fail, once, whatever its number.
    pub fn fail_next(&self, name: &'static str, kind: FailWith) {
        self.state().fail_next = Some((name, kind));
    }

    /// Lets every point whose name begins with `prefix` fail from now on, as a broken backend does.
    pub fn fail_always(&self, prefix: &'static str, kind: FailWith) {
        self.state().fail_always = Some((prefix, kind));
    }

    /// Injects nothing from now on. The dead stay dead.
    pub fn calm(&self) {
        let mut state = self.state();
        (state.crash_at, state.fail_at) = (None, None);
        (state.fail_next, state.fail_always) = (None, None);
        state.repeat_effects = false;
    }

    /// Lets every effect be made twice, as after a lost answer.
    pub fn repeat_effects(&self, yes: bool) {
        self.state().repeat_effects = yes;
    }

    /// Passes the next point.
    ///
    /// # Errors
    /// What is to happen there; [`Injected::Crashed`] at every point after a crash, which are not counted.
    pub fn point(&self, name: &'static str) -> Result<(), Injected> {
        let mut state = self.state();
        if state.crashed {
            return Err(Injected::Crashed);
        }
        state.count += 1;
        if state.trace.len() < MAX_TRACED {
            state.trace.push(name);
        }
        let number = state.count;
        if state.crash_at == Some(number) {
            state.crashed = true;
            state.hit = Some(format!("{number} {name}"));
            return Err(Injected::Crashed);
        }
        let here = state.fail_at.filter(|(at, _)| *at == number).map(|(_, kind)| kind);
        let next = state.fail_next.take_if(|(next, _)| *next == name).map(|(_, kind)| kind);
        let always = state.fail_always.filter(|(prefix, _)| name.starts_with(prefix)).map(|(_, kind)| kind);
        match here.or(next).or(always) {
            Some(kind) => {
                state.hit = Some(format!("{number} {name}"));
                Err(Injected::Fails(kind))
            }
            None => Ok(()),
        }
    }

    /// How many points were passed, the one of a crash included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.state().count
    }

    /// Where something was injected: number and name, `17 driver.ensure_volume.after`.
    #[must_use]
    pub fn hit(&self) -> Option<String> {
        self.state().hit.clone()
    }

    /// Whether the process is dead.
    #[must_use]
    pub fn is_crashed(&self) -> bool {
        self.state().crashed
    }

    /// The names of the points that were passed, in order.
    #[must_use]
    pub fn trace(&self) -> Vec<&'static str> {
        self.state().trace.clone()
    }

    /// A call between the two points that changes nothing.
    pub(super) fn ask<T>(
        &self,
        (before, after): Points,
        call: impl FnOnce() -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        self.point(before)?;
        let answer = call();
        self.point(after)?;
        answer
    }

    /// A call between the two points that changes something, and therefore must bear to be made twice.
    pub(super) fn effect<T>(
        &self,
        points: Points,
        call: impl Fn() -> Result<T, DriverError>,
    ) -> Result<T, DriverError> {
        self.ask(points, || {
            if self.repeats_effects() {
                call()?;
            }
            call()
        })
    }

    fn repeats_effects(&self) -> bool {
        self.state().repeat_effects
    }

    /// A panic elsewhere leaves the counters as good as they were.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
