//! Cut off at every moment of attaching and detaching, and then gone on with.

use std::path::Path;
use std::sync::Arc;

use attach::agent::Phase;
use serde_json::Value;

use crate::crypt;
use crate::fabric;
use crate::host::{BYTES, PlayedHost, names};
use crate::support::{FileService, Killer, Setup, agent, is_cut_off, volume};

#[test]
fn iscsi() {
    every_moment(PlayedHost::new, &PlayedHost::iscsi(&["192.0.2.1:3260"]), false);
}

#[test]
fn iscsi_with_two_paths() {
    every_moment(PlayedHost::new, &PlayedHost::iscsi(&["192.0.2.1:3260", "192.0.2.2:3260"]), true);
}

#[test]
fn encrypted() {
    every_moment(PlayedHost::new, &crypt::offer(), false);
}

#[test]
fn fibre_channel() {
    every_moment(fabric::host, &fabric::offer(), false);
}

#[test]
fn fibre_channel_with_two_paths() {
    every_moment(fabric::host, &fabric::offer(), true);
}

#[test]
fn a_logical_volume_of_a_shared_group() {
    every_moment(PlayedHost::new, &PlayedHost::logical_volume(), false);
}

#[test]
fn a_logical_volume_on_a_lun_that_is_logged_in_to() {
    every_moment(PlayedHost::new, &PlayedHost::logical_volume_over_iscsi(), false);
}

fn every_moment(new_host: fn() -> PlayedHost, offer: &Value, multipath: bool) {
    let setup = Setup { multipath, ..Setup::default() };
    let (mut went_on, mut went_back, mut moments) = (0, 0, 0);
    for verb in ["attach", "detach"] {
        for at in 0.. {
            let (host, dir) = (Arc::new(new_host()), tempfile::tempdir().unwrap());
            let clean = host.residue();
            FileService::set_offer(dir.path(), offer, BYTES);
            PlayedHost::tell_secret(dir.path());
            let of = |killer: &Killer| agent(dir.path(), Arc::clone(&host) as _, &setup, killer);
            let killer = Killer::unwinding(at);
            let was_cut_off = if verb == "attach" {
                is_cut_off(|| drop(of(&killer).attach(volume(), false).unwrap()))
            } else {
                of(&Killer::none()).attach(volume(), false).unwrap();
                is_cut_off(|| of(&killer).detach(volume(), false).unwrap())
            };
            let next = of(&Killer::none());
            for finding in next.check(true).unwrap() {
                assert_eq!(finding.repaired, Some(Ok(())), "{verb}, cut off at {at}: {finding:?}");
            }
            assert!(next.check(false).unwrap().is_empty(), "{verb}, cut off at {at}");
            if next.journal().find(volume()).unwrap().is_some() {
                went_on += 1;
                is_attached(dir.path(), &next, at);
                next.detach(volume(), false).unwrap();
            } else {
                went_back += 1;
            }
            assert!(FileService::rows(dir.path()).is_empty(), "{verb}, cut off at {at}");
            assert_eq!(host.residue(), clean, "{verb}, cut off at {at}");
            let marks = names(&dir.path().join("luns")).into_iter().filter(|name| name != "lock");
            assert_eq!(marks.collect::<Vec<_>>(), [""; 0], "{verb}, cut off at {at}");
            if !was_cut_off {
                break;
            }
            moments += 1;
        }
    }
    assert!(went_on > 1 && went_back > 1 && moments >= 14, "{went_on} {went_back} {moments}");
}

fn is_attached(dir: &Path, agent: &attach::agent::Agent, at: usize) {
    let entry = agent.journal().find(volume()).unwrap().unwrap();
    assert_eq!(entry.phase, Phase::Attached, "cut off at {at}");
    assert_eq!(FileService::rows(dir).values().collect::<Vec<_>>(), ["attached"], "cut off at {at}");
}
