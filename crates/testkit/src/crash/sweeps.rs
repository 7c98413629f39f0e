//! The ways to break an operation.

use std::collections::BTreeSet;

use ports::chaos::{FailWith, Faults};

use super::run::Run;
use super::stage::Stage;
use super::{Ending, Scenario};
use crate::invariants::Residue;

/// Faults that may pass by themselves.
const PASSING: [FailWith; 2] = [FailWith::Io, FailWith::Busy];
/// Faults that do not.
const LASTING: [FailWith; 4] =
    [FailWith::Missing, FailWith::NoSpace, FailWith::Unsupported, FailWith::Refused];

/// Nothing is broken. Returns the names of the points that are passed.
pub fn without_faults(scenario: &Scenario) -> Vec<&'static str> {
    trace(&Stage::of(scenario))
}

fn trace(stage: &Stage<'_>) -> Vec<&'static str> {
    let scenario = stage.scenario;
    let mut run = Run::on(stage);
    run.act();
    assert!(run.accepted, "{}: refused without a fault", scenario.name);
    let trace = run.trace();
    run.assert_ended(&[scenario.expected], Residue::None, "without faults");
    trace
}

/// The process dies at every point; the next one ends what it had begun.
pub fn crashes(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    every_point(stage, |point, name| {
        let run = crash_at(stage, point, name)?;
        let context = format!("killed at {point} {}", run.hit);
        let right = right(scenario, &run, point);
        run.assert_ended(&right, Residue::None, &context);
        Some(())
    });
}

/// The process dies at every point, and the next one dies too, before it has made up for it: at a few points, or at
/// every one when `thorough`.
pub fn crashes_twice(scenario: &Scenario, thorough: bool) {
    let stage = &Stage::of(scenario);
    every_point(stage, |point, name| {
        let mut second = if thorough { 1 } else { point * 5 % 17 + 1 };
        loop {
            let mut run = crash_at(stage, point, name)?;
            let right = right(scenario, &run, point);
            let faults = Faults::new();
            faults.crash_at(second);
            if run.set.world.restart_with(faults.clone()).is_ok() {
                run.set.world.process().settle();
            }
            run.recover();
            let context = format!("killed at {point} {}, then at {:?}", run.hit, faults.hit());
            run.assert_ended(&right, Residue::None, &context);
            if !thorough || faults.hit().is_none() {
                return Some(());
            }
            second += 1;
        }
    });
}

/// Each commit fails once, or its answer is lost; the process lives on, and goes on without waiting for a lease.
pub fn lost_commits(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    every_point(stage, |point, name| {
        if !name.is_none_or(|name| name.starts_with("store.commit")) {
            return Some(());
        }
        let mut run = Run::on(stage);
        run.faults().fail_at(run.number(point), FailWith::Io);
        run.act();
        run.check_hit(point, name)?;
        let context = format!("lost {point} {}", run.hit);
        let right = right(scenario, &run, point);
        run.assert_ended(&right, Residue::None, &context);
        Some(())
    });
}

/// Each call of a driver fails once, in every way. Which call has a number differs in an unsteady scenario: of those,
/// [`first_faults`] takes the ones that end in one way whichever of their operations is hit.
pub fn faults_once(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    let trace = trace(stage);
    if !scenario.steady {
        return;
    }
    for (point, name) in (1..).zip(trace).filter(|(_, name)| !name.starts_with("store.")) {
        for kind in PASSING.into_iter().chain(LASTING) {
            let mut run = Run::on(stage);
            run.faults().fail_at(run.number(point), kind);
            run.act();
            run.check_hit(point, Some(name));
            let passes = PASSING.contains(&kind);
            let ending = if passes { scenario.expected } else { (scenario.refused_once)(name) };
            // That an object is not there is an answer: of some that may be all there is to know.
            let answers = kind == FailWith::Missing && name.starts_with("backup.get.");
            let right: &[Ending] = if answers { &[ending, scenario.expected] } else { &[ending] };
            run.assert_ended(right, Residue::None, &format!("{kind:?} at {point} {name}"));
        }
    }
}

/// Each first call of its name fails once. Where operations go on beside each other or wait for each other, it may be
/// the call of one that does not need it.
pub fn first_faults(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    let calls: BTreeSet<&'static str> =
        trace(stage).into_iter().filter(|name| !name.starts_with("store.")).collect();
    for name in calls {
        for kind in PASSING.into_iter().chain(LASTING) {
            let mut run = Run::on(stage);
            run.faults().fail_next(name, kind);
            run.act();
            let context = format!("{kind:?} at the first {name}");
            let mut right = vec![scenario.expected];
            right.extend(LASTING.contains(&kind).then(|| (scenario.refused_once)(name)));
            run.assert_ended(&right, Residue::None, &context);
        }
    }
}

/// Each call of a driver fails for ever, then all of them do.
pub fn broken_backends(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    let trace = trace(stage);
    let mut calls: BTreeSet<&'static str> =
        trace.into_iter().filter(|name| !name.starts_with("store.")).collect();
    for all in ["driver.", "backup."] {
        if calls.iter().any(|call| call.starts_with(all)) {
            calls.insert(all);
        }
    }
    let right: &[Ending] = if scenario.steady { &[Ending::Failed] } else { &[Ending::Failed, Ending::Done] };
    for prefix in calls {
        let removes = ["remove", "disconnect"].iter().any(|call| prefix.contains(call));
        let missing = removes.then_some(FailWith::Missing);
        for kind in [FailWith::Io, FailWith::Busy, FailWith::Refused].into_iter().chain(missing) {
            // Nothing that was done says afterwards that something was in its way.
            if kind == FailWith::Busy && prefix.ends_with(".after") {
                continue;
            }
            let mut run = Run::on(stage);
            run.faults().fail_always(prefix, kind);
            run.act();
            let mut right = right.to_vec();
            // What can be left behind until its row goes does not make a failure of what was done.
            right.extend(prefix.contains("remove").then(|| (scenario.refused_once)(prefix)));
            run.assert_ended(&right, Residue::WithItsRow, &format!("{kind:?} always at {prefix}"));
        }
    }
}

/// Every effect is made twice, as after a lost answer.
pub fn repeated_effects(scenario: &Scenario) {
    let stage = &Stage::of(scenario);
    let mut run = Run::on(stage);
    run.faults().repeat_effects(true);
    run.act();
    run.assert_ended(&[scenario.expected], Residue::None, "every effect twice");
}

/// Calls `at` with the number of every point of the scenario and, when it is the same every time, its name. Of an
/// unsteady scenario, until `at` says that there is no such point.
fn every_point(stage: &Stage<'_>, mut at: impl FnMut(u64, Option<&str>) -> Option<()>) {
    let (scenario, trace) = (stage.scenario, trace(stage));
    if scenario.steady {
        for (point, name) in (1..).zip(trace) {
            at(point, Some(name)).expect("a steady scenario passes every point");
        }
    } else {
        let passed = (1..).take_while(|point| at(*point, None).is_some()).count();
        assert!(passed > 0, "{} passes no point", scenario.name);
    }
}

/// Kills the process at a point, and lets the next one end what it had begun. None when there is no such point.
fn crash_at<'s>(stage: &'s Stage<'s>, point: u64, name: Option<&str>) -> Option<Run<'s>> {
    let mut run = Run::on(stage);
    run.faults().crash_at(run.number(point));
    run.act();
    run.check_hit(point, name)?;
    run.recover();
    Some(run)
}

/// The ways to end that are right when the answer to a request, or everything after point `point`, was lost.
fn right(scenario: &Scenario, run: &Run<'_>, point: u64) -> Vec<Ending> {
    match point {
        // The first point is before the commit of the first request.
        1 => vec![Ending::Never],
        _ if run.accepted => vec![scenario.expected],
        _ => vec![scenario.expected, Ending::InPart],
    }
}
