//! The service killed before and after every request that tgtd gets from it.

use blackbox::wait;

use super::COMES_WITHIN;
use crate::is_thorough;
use crate::storage::Kind;
use crate::tgtd::Side;
use crate::world::World;

/// Fewer requests than any way has: else it is not tgtd that is controlled.
const FEWEST: usize = 3;

/// That a request was carried out and its answer lost says more than that it never came.
fn sides() -> &'static [Side] {
    if is_thorough() { &[Side::Before, Side::After] } else { &[Side::After] }
}

#[test]
fn killed_at_any_request_to_tgtd_it_ends_attached_or_detached() {
    let Some(mut world) = World::new(Kind::ThickTgt) else { return };
    for verb in ["attach", "detach"] {
        for side in sides() {
            at_every_request(&mut world, verb, *side);
        }
    }
    world.end();
}

fn at_every_request(world: &mut World, verb: &str, side: Side) {
    for at in 0.. {
        world.begin_with(verb);
        let Some(request) = cut_off(world, verb, side, at) else {
            assert!(at >= FEWEST, "{verb} takes only {at} requests");
            return;
        };
        world.verify(&format!("{verb}, Service killed {side:?} {request}"));
    }
}

/// Kills the service at the request of that number and starts it again; which one that was, or none when there are fewer.
fn cut_off(world: &mut World, verb: &str, side: Side, at: usize) -> Option<String> {
    let control = world.storage.control();
    control.stop_at(at, side);
    let mut agent = world.host.begin(&[verb, &world.volume]);
    let reached = wait::until(COMES_WITHIN, "tgtd is asked, or the agent is done", || {
        match (control.stopped(), agent.try_wait().unwrap()) {
            (Some(request), _) => Some(Some(request)),
            (None, Some(_)) => Some(None),
            (None, None) => None,
        }
    });
    if reached.is_some() {
        world.storage.server.kill();
    }
    world.storage.control().go_on();
    if reached.is_some() {
        world.storage.start_again();
    }
    agent.wait().unwrap();
    reached
}
