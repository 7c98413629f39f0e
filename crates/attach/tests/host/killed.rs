//! `kill -9` at every moment of attaching and detaching, for real: the test program starts itself, and is killed.

use std::env;
use std::process::Command;

use attach::agent::Phase;

use crate::device;
use crate::iscsi::{World, served_agent};
use crate::support::{FileService, Killer, volume};

/// Says to the test program what it is to do, and where.
const ORDER: &str = "BESSER_ATTACH_KILLED";

/// Not a test of its own: what is killed.
#[test]
fn victim() {
    let Ok(order) = env::var(ORDER) else { return };
    let mut words = order.splitn(3, ' ');
    let (verb, at, dir) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
    let killer = Killer::for_real(at.parse().unwrap());
    let agent = served_agent(dir.as_ref(), &killer);
    match verb {
        "attach" => drop(agent.attach(volume(), false).unwrap()),
        _ => agent.detach(volume(), false).unwrap(),
    }
    std::process::exit(77);
}

/// Runs the victim; whether it was killed.
fn is_killed(verb: &str, at: usize, world: &World) -> bool {
    let mut victim = Command::new(env::current_exe().unwrap());
    victim.args(["--exact", "killed::victim", "--nocapture"]);
    victim.env(ORDER, format!("{verb} {at} {}", world.path().display()));
    let ended = victim.output().unwrap();
    assert!(matches!(ended.status.code(), None | Some(77)), "{}", String::from_utf8_lossy(&ended.stdout));
    ended.status.code().is_none()
}

#[test]
fn killed_at_any_moment_it_ends_attached_or_detached() {
    let Some(world) = World::new() else { return };
    let agent = world.agent(&Killer::none());
    let mut attached = 0;
    for at in 0.. {
        if !is_killed("attach", at, &world) {
            break;
        }
        assert!(agent.check(true).unwrap().iter().all(|finding| finding.repaired == Some(Ok(()))));
        let rows = FileService::rows(world.path());
        match agent.journal().find(volume()).unwrap() {
            None => assert!(rows.is_empty(), "killed at {at}: {rows:?}"),
            Some(entry) => {
                attached += 1;
                assert_eq!(entry.phase, Phase::Attached, "killed at {at}");
                assert_eq!(rows.values().collect::<Vec<_>>(), ["attached"], "killed at {at}");
                device::write(&entry.device.unwrap().path, 0, 4096);
                agent.detach(volume(), false).unwrap();
            }
        }
        assert_eq!(device::residue(world.path()), Vec::<String>::new(), "killed at {at}");
    }
    assert!(attached > 0);
    // The last one was not killed: it is attached, and is detached at every moment now.
    for at in 0.. {
        let was_killed = is_killed("detach", at, &world);
        assert!(agent.check(true).unwrap().iter().all(|finding| finding.repaired == Some(Ok(()))));
        if agent.journal().find(volume()).unwrap().is_none() {
            assert!(FileService::rows(world.path()).is_empty(), "killed at {at}");
            assert_eq!(device::residue(world.path()), Vec::<String>::new(), "killed at {at}");
            if !was_killed {
                break;
            }
            agent.attach(volume(), false).unwrap();
        }
    }
    assert!(device::has(&world.path().join("volume"), 0, 4096));
}
