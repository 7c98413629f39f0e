//! `kill -9` at every moment of attaching and detaching over the kernel's initiator, with one path and with two, and
//! over Fibre Channel.

use std::env;
use std::process::Command;
use std::time::Instant;

use attach::agent::Phase;

use crate::storage::{Storage, host_agent};
use crate::support::{FileService, Killer, volume};

/// Says to the test program what it is to do, and where.
const ORDER: &str = "BESSER_ATTACH_KILLED";

/// Not a test of its own: what is killed.
#[test]
fn victim() {
    let Ok(order) = env::var(ORDER) else { return };
    let words: Vec<&str> = order.splitn(4, ' ').collect();
    let killer = Killer::for_real(words[1].parse().unwrap());
    let agent = host_agent(words[3].as_ref(), words[2] == "multipath", &killer);
    match words[0] {
        "attach" => drop(agent.attach(volume(), false).unwrap()),
        _ => agent.detach(volume(), false).unwrap(),
    }
    std::process::exit(77);
}

/// Runs the victim; whether it was killed.
fn is_killed(verb: &str, at: usize, multipath: bool, storage: &Storage) -> bool {
    let mut victim = Command::new(env::current_exe().unwrap());
    victim.args(["--exact", "killed::victim", "--nocapture"]);
    let paths = if multipath { "multipath" } else { "single" };
    victim.env(ORDER, format!("{verb} {at} {paths} {}", storage.path().display()));
    let ended = victim.output().unwrap();
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), None | Some(77)), "{verb} {at}: {told}");
    ended.status.code().is_none()
}

#[test]
fn killed_at_any_moment_it_ends_attached_or_detached() {
    every_moment(Storage::new(false), false);
}

#[test]
fn killed_at_any_moment_with_two_paths_it_ends_attached_or_detached() {
    every_moment(Storage::new(true), true);
}

#[test]
fn killed_at_any_moment_over_fibre_channel_it_ends_attached_or_detached() {
    every_moment(Storage::over_fibre_channel(1), false);
}

/// With two paths only what comes after each effect: the guest is slow, and the played host has the others.
fn every_moment(storage: Option<Storage>, multipath: bool) {
    let step = if multipath { 2 } else { 1 };
    let Some(storage) = storage else { return };
    let begin = Instant::now();
    let agent = storage.agent(multipath, &Killer::none());
    let mut moments = 0;
    for at in (step - 1..).step_by(step) {
        if !is_killed("attach", at, multipath, &storage) {
            break;
        }
        moments += 1;
        let findings = agent.check(true).unwrap();
        assert!(
            findings.iter().all(|it| it.repaired == Some(Ok(()))),
            "attach, killed at {at}: {findings:?}"
        );
        let rows = FileService::rows(storage.path());
        match agent.journal().find(volume()).unwrap() {
            None => assert!(rows.is_empty(), "attach, killed at {at}: {rows:?}"),
            Some(entry) => {
                assert_eq!(entry.phase, Phase::Attached, "attach, killed at {at}");
                assert_eq!(rows.values().collect::<Vec<_>>(), ["attached"], "attach, killed at {at}");
                agent.detach(volume(), false).unwrap();
            }
        }
        assert_eq!(storage.residue(), Vec::<String>::new(), "attach, killed at {at}");
    }
    for at in (step - 1..).step_by(step) {
        let was_killed = is_killed("detach", at, multipath, &storage);
        let findings = agent.check(true).unwrap();
        assert!(
            findings.iter().all(|it| it.repaired == Some(Ok(()))),
            "detach, killed at {at}: {findings:?}"
        );
        if agent.journal().find(volume()).unwrap().is_none() {
            assert!(FileService::rows(storage.path()).is_empty(), "detach, killed at {at}");
            assert_eq!(storage.residue(), Vec::<String>::new(), "detach, killed at {at}");
            if !was_killed {
                break;
            }
            agent.attach(volume(), false).unwrap();
        }
        moments += 1;
    }
    println!("{moments} moments in {:.1} s", begin.elapsed().as_secs_f64());
}
