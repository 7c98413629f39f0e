//! A device that is in use: attaching and detaching say so; afterwards the volume is attached or detached, and repeating it
//! cleans up.

use crate::run;
use crate::storage::{GROUP, Kind};
use crate::world::World;

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
