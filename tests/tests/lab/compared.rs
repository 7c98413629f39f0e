//! What is offered, compared with what the database says (`besser target check`): a stranger who was let in, a volume that
//! nobody has, one that is no more, and a host that was let out.

use std::process::Command;

use blackbox::server::binary;
use blackbox::wait;
use serde_json::json;

use crate::host::INITIATOR;
use crate::storage::{GROUP, Kind};
use crate::world::World;
use crate::{residue, run};

const STRANGER: &str = "iqn.1993-08.org.example:stranger";
/// A volume that is no more.
const GONE: &str = "0b9d1c1e-0000-4000-8000-00000000dead";

/// What does not belong, and whether nothing did.
fn check(world: &World, apply: bool) -> (Vec<String>, bool) {
    let data_dir = world.storage.server.data_dir();
    let config = world.storage.server.side_dir("etc").join("cinder.conf");
    let mut command = Command::new(binary());
    command.args(["target", "check", "--config"]).arg(config).arg("--data-dir").arg(data_dir);
    let output = command.args(apply.then_some("--apply")).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (said.lines().map(str::to_owned).collect(), output.status.success())
}

/// Has the service repair it, until nothing is found any more and it is `done`: what is under way is passed over.
fn repair(world: &World, done: impl Fn() -> bool) {
    let mut last = Vec::new();
    let repaired = wait::poll(wait::PATIENCE, || {
        let (said, content) = check(world, true);
        last = said;
        (content && done()).then_some(())
    });
    assert!(repaired.is_some(), "{last:#?}");
}

#[test]
fn what_is_offered_and_should_not_be_is_found_and_withdrawn() {
    let Some(world) = World::new(Kind::ThinLio) else { return };
    let demo = world.storage.server.member();
    let name = |volume: &str| format!("iqn.2010-10.org.openstack:volume-{volume}");
    let target = |words: &[&str]| run(binary().to_str().unwrap(), &[&["target"], words].concat());
    let device = world.host.attach(&world.volume);
    assert_eq!(check(&world, false), (vec!["0 things do not belong".to_owned()], true));

    // One too many, where somebody has the volume; nobody; and nothing.
    target(&["add-initiator", &name(&world.volume), STRANGER]);
    let idle = demo.make_volume(json!({"size": 1}));
    let (pool, gone) = (format!("{GROUP}/{GROUP}-pool"), format!("volume-{GONE}"));
    run("lvcreate", &["--yes", "--quiet", "--virtualsize", "64m", "--thinpool", &pool, "--name", &gone]);
    for volume in [&idle, GONE] {
        run("lvchange", &["--activate", "y", "--ignoreactivationskip", &format!("{GROUP}/volume-{volume}")]);
        target(&[
            "create",
            "--address",
            "127.0.0.1",
            &format!("/dev/{GROUP}/volume-{volume}"),
            &name(volume),
            STRANGER,
        ]);
    }
    let (found, content) = check(&world, false);
    for expected in [
        format!("{} lets in {STRANGER}, who do not have the volume", name(&world.volume)),
        format!("{} is offered, and nobody has the volume", name(&idle)),
        format!("{} is offered, and there is no such volume", name(GONE)),
        "3 things do not belong".to_owned(),
    ] {
        assert!(found.contains(&expected), "{expected}: {found:#?}");
    }
    assert!(!content && world.storage.targets().len() == 3, "it was only to be looked at");
    repair(&world, || {
        world.storage.targets() == [name(&world.volume)] && !target(&["list"]).contains(STRANGER)
    });
    world.read(&device, "beside what was repaired");

    // The host that has the volume was let out.
    target(&["delete-initiator", &name(&world.volume), INITIATOR]);
    let (found, _) = check(&world, false);
    let expected = format!("{} does not let in {INITIATOR}, who have the volume", name(&world.volume));
    assert!(found.contains(&expected), "{found:#?}");
    repair(&world, || target(&["list"]).contains(INITIATOR));
    world.read(&device, "let in again");
    world.host.detach(&world.volume);
    run("lvremove", &["--yes", "--quiet", &format!("{GROUP}/{gone}")]);
    demo.remove(&format!("/volumes/{idle}"));
    assert_eq!(residue::of(&world.storage, &world.host, false), Vec::<String>::new());
    world.end();
}
