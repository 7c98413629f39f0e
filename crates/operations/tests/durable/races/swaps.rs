//! Answers of the compute service that say something else than it does.

use ports::chaos::FailWith;
use testkit::World;
use testkit::crash::Ending;
use testkit::invariants::{self, Residue};

use crate::scenarios::swap;

/// The first request was heard, though its answer was not, and the second came too late.
#[test]
fn what_was_copied_before_it_was_refused_has_moved() {
    for told_late in [false, true] {
        let world = World::new((swap::MIGRATE.options)());
        let process = world.process();
        let things = (swap::MIGRATE.prepare)(process);
        if told_late {
            process.faults.fail_always("store.compute.swap.after", FailWith::Io);
        } else {
            process.deny_copies();
        }
        (swap::MIGRATE.act)(process, &things).expect("accepted");
        process.settle();
        process.faults.calm();
        assert_eq!((swap::MIGRATE.ending)(process, &things), Ending::Done);
        invariants::assert(process, Residue::None, "copied by a compute service that says otherwise");
    }
}
