//! The crash harness: one operation, broken in every way and at every point.
//!
//! A [`Scenario`] says how to prepare a world, what to ask for, and how to recognise each way in which it may end. It
//! runs once without faults, which counts the points of it: before and after every commit, before, in the middle of
//! and after every effect of a driver. Then it runs once more per point and per kind of fault, each time in a fresh
//! world, and each time it has to end in the one way that is right there, with [`crate::invariants`] unharmed and
//! everything that is left deletable.

mod run;
mod stage;
mod sweeps;

use model::{SnapshotId, VolumeId};
use operations::Refused;

use crate::{Options, Process};

pub use sweeps::{
    broken_backends, crashes, crashes_twice, faults_once, first_faults, lost_commits, repeated_effects,
    without_faults,
};

/// One operation, and what may become of it.
pub struct Scenario {
    /// What is done.
    pub name: &'static str,
    /// The kinds of operations that take part.
    pub kinds: &'static [&'static str],
    /// The world that it needs.
    pub options: fn() -> Options,
    /// Makes what is there before; nothing of it fails.
    pub prepare: fn(&Process) -> Things,
    /// Asks. Everything that follows has to happen without further help.
    pub act: fn(&Process, &Things) -> Result<(), Refused>,
    /// How it ended. Panics when that is no way to end.
    pub ending: fn(&Process, &Things) -> Ending,
    /// Whether it passes the same points every time. Operations that wait for each other do not.
    pub steady: bool,
    /// How it ends without faults, and with those that pass.
    pub expected: Ending,
    /// How it ends when an effect fails once, at the point of this name, in a way that does not pass by itself.
    pub refused_once: fn(&str) -> Ending,
}

/// What was there before.
#[derive(Debug, Clone, Default)]
pub struct Things {
    /// Volumes.
    pub volumes: Vec<VolumeId>,
    /// Snapshots.
    pub snapshots: Vec<SnapshotId>,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It never began: everything is as it was.
    Never,
    /// As was asked.
    Done,
    /// Not as was asked, and everybody who should know does.
    Failed,
    /// Only the first of several requests had come through.
    InPart,
}
