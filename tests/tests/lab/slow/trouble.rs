//! A target daemon that is dead or does not answer, a network that is cut: attaching and detaching end in time and say
//! why; afterwards the volume is attached or detached, and repeating it cleans up.

use crate::storage::Kind;
use crate::world::World;

#[test]
fn a_target_daemon_that_has_died_comes_back() {
    let Some(mut world) = World::new(Kind::ThickTgt) else { return };
    world.storage.tgtd().kill();
    let said = world.host.fails(&["attach", &world.volume]);
    assert!(said.contains("tgtd"), "{said}");
    world.storage.tgtd().start_again();
    world.verify("attach, tgtd dead");

    // Nothing is to be taken back from a daemon that is not there.
    world.begin_with("detach");
    world.storage.tgtd().kill();
    world.host.ends(&["detach", &world.volume]);
    world.storage.tgtd().start_again();
    world.verify("detach, tgtd dead");

    // The service offers anew what was attached, and the host comes back by itself.
    let device = world.host.attach(&world.volume);
    world.storage.tgtd().kill();
    world.storage.tgtd().start_again();
    world.read(&device, "attached, tgtd died meanwhile");
    world.end();
}

#[test]
fn a_target_daemon_that_does_not_answer_is_given_up() {
    let Some(mut world) = World::new(Kind::ThickTgt) else { return };
    for verb in ["attach", "detach"] {
        world.begin_with(verb);
        world.storage.tgtd().pause();
        world.host.fails(&[verb, &world.volume]);
        world.storage.tgtd().go_on();
        world.verify(&format!("{verb}, tgtd does not answer"));
    }
    world.end();
}

#[test]
fn a_network_that_is_cut_is_given_up() {
    let Some(mut world) = World::new(Kind::ThickTgt) else { return };
    world.storage.tgtd().network.cut();
    let said = world.host.fails(&["attach", &world.volume]);
    assert!(said.contains("no path leads to the volume"), "{said}");
    world.storage.tgtd().network.mend();
    world.verify("attach, network cut");

    // What the host holds of the volume was written before, so that it may let go.
    world.begin_with("detach");
    world.storage.tgtd().network.cut();
    world.host.ends(&["detach", &world.volume]);
    world.storage.tgtd().network.mend();
    world.verify("detach, network cut");
    world.end();
}
