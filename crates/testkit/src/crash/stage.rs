//! Where a scenario is played: prepared once, and found as it was then by every run.

use std::cell::RefCell;

use super::{Scenario, Things};
use crate::World;
use crate::kept::Kept;

/// The world of a scenario between two runs.
pub(super) struct Stage<'s> {
    pub(super) scenario: &'s Scenario,
    set: RefCell<Option<Set>>,
}

/// A world that a scenario was prepared in.
pub(super) struct Set {
    pub(super) world: World,
    pub(super) things: Things,
    kept: Option<Kept>,
}

impl<'s> Stage<'s> {
    pub(super) const fn of(scenario: &'s Scenario) -> Self {
        Self { scenario, set: RefCell::new(None) }
    }

    /// The prepared world, with a process that has just started: what was prepared is in its first reports.
    pub(super) fn take(&self) -> Set {
        let Some(mut set) = self.set.take() else { return self.prepare() };
        match &set.kept {
            Some(kept) => set.world.go_back(kept),
            None => return self.prepare(),
        }
        set
    }

    /// Takes a world back in whatever state.
    pub(super) fn give_back(&self, set: Set) {
        self.set.replace(Some(set));
    }

    fn prepare(&self) -> Set {
        let mut world = World::new((self.scenario.options)());
        let things = (self.scenario.prepare)(world.process());
        world.process().settle();
        let kept = world.keep();
        world.restart();
        Set { world, things, kept }
    }
}
