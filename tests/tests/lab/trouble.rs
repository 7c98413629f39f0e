//! A target daemon that is dead, a device that is in use: attaching and detaching end in time and say why; afterwards the
//! volume is attached or detached, and repeating it cleans up.

use crate::run;
use crate::storage::{GROUP, Kind};
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
fn a_device_that_is_in_use_stays() {
    let Some(world) = World::new(Kind::ThinLio) else { return };
    let device = world.host.attach(&world.volume);
    let stays = || {
        let said = world.host.fails(&["detach", &world.volume]);
        assert!(said.contains("is in use"), "{said}");
    };
    world.host.mounted(&device, |_| stays());
    let device = device.to_str().unwrap();
    let sectors = run("blockdev", &["--getsz", device]);
    let table = format!("0 {} linear {device} 0", sectors.trim());
    run("dmsetup", &["create", "held", "--table", &table]);
    stays();
    run("dmsetup", &["remove", "--retry", "held"]);
    world.verify("detach, in use");

    // The storage node itself uses what is to be offered.
    let volume = format!("{GROUP}/volume-{}", world.volume);
    run("lvchange", &["--activate", "y", "--ignoreactivationskip", &volume]);
    let place = world.storage.server.side_dir("local");
    run("mount", &[&format!("/dev/{volume}"), place.to_str().unwrap()]);
    let said = world.host.fails(&["attach", &world.volume]);
    assert!(said.contains("busy"), "{said}");
    run("umount", &[place.to_str().unwrap()]);
    world.verify("attach, in use by the storage node");
    world.end();
}
