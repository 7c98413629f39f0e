//! One run of a scenario in a world of its own.

use operations::volume::delete;
use ports::chaos::Faults;

use super::stage::{Set, Stage};
use super::{Ending, Scenario};
use crate::Process;
use crate::backups;
use crate::invariants::{self, Residue};

pub(super) struct Run<'s> {
    pub(super) set: Set,
    stage: &'s Stage<'s>,
    /// Points that were passed before it began.
    base: u64,
    /// Whether every request was answered with yes.
    pub(super) accepted: bool,
    /// The name of the point that was hit.
    pub(super) hit: String,
}

impl<'s> Run<'s> {
    /// Has a prepared world, in which nothing has happened since.
    pub(super) fn on(stage: &'s Stage<'s>) -> Self {
        let set = stage.take();
        let base = set.world.process().faults.count();
        Self { set, stage, base, accepted: false, hit: String::new() }
    }

    const fn scenario(&self) -> &'s Scenario {
        self.stage.scenario
    }

    pub(super) fn faults(&self) -> &Faults {
        &self.set.world.process().faults
    }

    /// The number that the point number `point` of the scenario has in the whole world.
    pub(super) const fn number(&self, point: u64) -> u64 {
        self.base + point
    }

    /// Asks, and runs until everything has ended or the process is dead.
    pub(super) fn act(&mut self) {
        let process = self.set.world.process();
        self.accepted = (self.scenario().act)(process, &self.set.things).is_ok();
        process.settle();
    }

    /// The names of the points that were passed since it began.
    pub(super) fn trace(&self) -> Vec<&'static str> {
        let before = usize::try_from(self.base).expect("few points");
        self.faults().trace().split_off(before)
    }

    /// Starts the next process and lets it end everything.
    pub(super) fn recover(&mut self) {
        self.set.world.restart();
        self.set.world.process().settle();
    }

    /// Asserts that the point number `point` of the scenario was the one hit, and was called `name` if that is known
    /// before. None when nothing was hit.
    pub(super) fn check_hit(&mut self, point: u64, name: Option<&str>) -> Option<()> {
        if name.is_some() && self.faults().hit().is_none() {
            // That all has ended is seen before the commit that ended it has passed its last point.
            let process = self.set.world.process();
            process.run_until("the point is passed", || process.faults.hit().is_some());
            process.settle();
        }
        let hit = self.faults().hit()?;
        let (number, hit) = hit.split_once(' ').expect("a number and a name");
        assert_eq!(number, self.number(point).to_string(), "{}: another point was hit", self.scenario().name);
        assert!(name.is_none_or(|name| name == hit), "{}: {name:?} was {hit}", self.scenario().name);
        hit.clone_into(&mut self.hit);
        Some(())
    }

    /// Asserts that all is well, that it ended as it should have, and that everything left can be deleted.
    pub(super) fn assert_ended(self, right: &[Ending], residue: Residue, context: &str) {
        let context = format!("{}, {context}", self.scenario().name);
        let process = self.set.world.process();
        process.faults.calm();
        invariants::assert(process, residue, &context);
        let ending = (self.scenario().ending)(process, &self.set.things);
        assert!(right.contains(&ending), "{context}: ended as {ending:?}, and not as {right:?}");
        raze(process);
        invariants::assert_empty(process, &format!("{context}, everything deleted"));
        self.stage.give_back(self.set);
    }
}

/// Deletes everything.
fn raze(process: &Process) {
    backups::raze(process);
    for id in &invariants::everything(process).0 {
        process.forget_attachments(*id).expect("a volume that nobody needs");
    }
    raze_groups(process);
    crate::templates::raze(process);
    for image in crate::images::all(process) {
        process.delete_image(image.id).expect("an image that can be deleted");
    }
    let (volumes, _) = invariants::everything(process);
    for id in volumes {
        let options = delete::Options { force: true, ..delete::Options::default() };
        process.delete(id, options).expect("a volume that can be deleted");
    }
    process.settle();
}

/// Deletes the snapshots of groups, all others, and then the groups with their volumes: nothing else may delete what is
/// in them.
fn raze_groups(process: &Process) {
    for snapshot in process.group_snapshots() {
        process.delete_group_snapshot(snapshot.id).expect("a group snapshot that can be deleted");
    }
    process.settle();
    let (_, snapshots) = invariants::everything(process);
    for id in snapshots {
        process.delete_snapshot(id, true).expect("a snapshot that can be deleted");
    }
    process.settle();
    for group in process.groups() {
        process.delete_group(group.id, true).expect("a group that can be deleted");
    }
    process.settle();
}
