//! A volume that two machines of one host have: what the host has of it is there once, and goes with the last of them.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use attach::agent::{Agent, AgentError, Phase, Seat, Trouble};
use attach::hypervisor::Vm;
use serde_json::Value;

use crate::host::{BYTES, PlayedHost};
use crate::monitor::PlayedMachine;
use crate::support::{FileService, Killer, Setup, agent, is_cut_off, volume};

const PORTALS: [&str; 2] = ["192.0.2.1:3260", "192.0.2.2:3260"];

struct World {
    host: Arc<PlayedHost>,
    dir: tempfile::TempDir,
    machines: [PlayedMachine; 2],
    multipath: bool,
}

impl World {
    fn new(offer: &Value, multipath: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        FileService::set_offer(dir.path(), offer, BYTES);
        PlayedHost::tell_secret(dir.path());
        let machines = ["one", "other"].map(|name| PlayedMachine::start(&dir.path().join(name)));
        Self { host: Arc::new(PlayedHost::new()), dir, machines, multipath }
    }

    fn shared(offer: &Value, multipath: bool) -> Self {
        let world = Self::new(offer, multipath);
        FileService::set_shared(world.dir.path());
        world
    }

    fn agent(&self, killer: &Killer) -> Agent {
        let setup = Setup { multipath: self.multipath, ..Setup::default() };
        agent(self.dir.path(), Arc::clone(&self.host) as _, &setup, killer)
    }

    fn vm(&self, number: usize) -> Vm {
        self.machines[number].vm()
    }

    fn attach(&self, agent: &Agent, number: usize) -> Result<(), AgentError> {
        let seat = Seat { vm: Some(self.vm(number)), ..Seat::default() };
        agent.attach_to(&seat, volume(), false).map(drop)
    }

    /// How many the service, the journal and the machines say have it.
    fn counts(&self) -> [usize; 3] {
        let rows = FileService::rows(self.dir.path());
        let entries = self.agent(&Killer::none()).journal().all_of(volume()).unwrap();
        assert!(rows.values().all(|status| status == "attached"), "{rows:?}");
        assert!(entries.iter().all(|entry| entry.phase == Phase::Attached), "{entries:?}");
        [rows.len(), entries.len(), self.machines.iter().filter(|machine| machine.disk().is_some()).count()]
    }

    #[track_caller]
    fn is_clean(&self, when: &str) {
        assert_eq!(self.counts(), [0; 3], "{when}");
        assert_eq!(self.host.residue(), Vec::<String>::new(), "{when}");
    }
}

fn offers() -> [(Value, bool); 3] {
    [
        (PlayedHost::iscsi(&PORTALS[..1]), false),
        (PlayedHost::iscsi(&PORTALS), true),
        (PlayedHost::logical_volume_over_iscsi(), false),
    ]
}

#[test]
fn the_first_to_go_leaves_the_other_whole() {
    for (offer, multipath) in offers() {
        for first in [0, 1] {
            let world = World::shared(&offer, multipath);
            let agent = world.agent(&Killer::none());
            world.attach(&agent, 0).unwrap();
            let made = world.host.residue();
            world.attach(&agent, 1).unwrap();
            assert_eq!((world.counts(), world.host.residue()), ([2; 3], made.clone()));
            assert!(agent.check(false).unwrap().is_empty());
            let several = agent.detach(volume(), false).unwrap_err();
            assert!(matches!(&several, AgentError::Several { vms, .. } if vms.len() == 2), "{several}");

            agent.detach_from(volume(), Some(&world.vm(first)), false).unwrap();
            assert_eq!((world.counts(), world.host.residue()), ([1; 3], made.clone()));
            assert!(world.machines[1 - first].disk().is_some() && agent.check(false).unwrap().is_empty());
            // And comes again.
            world.attach(&agent, first).unwrap();
            assert_eq!((world.counts(), world.host.residue()), ([2; 3], made));
            agent.detach_from(volume(), Some(&world.vm(1 - first)), false).unwrap();
            agent.detach(volume(), false).unwrap();
            world.is_clean("both detached");
        }
    }
}

#[test]
fn what_is_not_made_for_it_is_in_one_machine() {
    let world = World::new(&PlayedHost::iscsi(&PORTALS[..1]), false);
    let agent = world.agent(&Killer::none());
    world.attach(&agent, 0).unwrap();
    let elsewhere = world.attach(&agent, 1).unwrap_err();
    assert!(matches!(elsewhere, AgentError::Elsewhere { .. }), "{elsewhere}");
    // Nor does the host have what a machine has.
    FileService::set_shared(world.dir.path());
    let elsewhere = agent.attach(volume(), false).unwrap_err();
    assert!(matches!(elsewhere, AgentError::Elsewhere { .. }), "{elsewhere}");
    assert_eq!(world.counts(), [1; 3]);
}

/// Whoever dies while one machine gets the volume or loses it, the other keeps it.
#[test]
fn the_other_is_whole_whatever_is_cut_off() {
    let mut moments = 0;
    for (offer, multipath) in offers() {
        for verb in ["attach", "detach"] {
            for at in 0.. {
                let (world, when) = (World::shared(&offer, multipath), format!("{verb}, cut off at {at}"));
                let agent = world.agent(&Killer::none());
                world.attach(&agent, 0).unwrap();
                let dying = world.agent(&Killer::unwinding(at));
                let was_cut_off = if verb == "attach" {
                    is_cut_off(|| world.attach(&dying, 1).unwrap())
                } else {
                    world.attach(&agent, 1).unwrap();
                    is_cut_off(|| dying.detach_from(volume(), Some(&world.vm(1)), false).unwrap())
                };
                drop(dying);
                for finding in agent.check(true).unwrap() {
                    assert_eq!(finding.repaired, Some(Ok(())), "{when}: {finding:?}");
                }
                assert!(agent.check(false).unwrap().is_empty(), "{when}");
                assert!(world.machines[0].disk().is_some(), "{when}");
                for machine in &world.machines {
                    if machine.disk().is_some() {
                        agent.detach_from(volume(), Some(&machine.vm()), false).unwrap();
                    }
                }
                world.is_clean(&when);
                if !was_cut_off {
                    break;
                }
                moments += 1;
            }
        }
    }
    assert!(moments > 20, "{moments}");
}

/// A machine that is away keeps what it has, however often somebody looks.
#[test]
fn a_machine_that_is_away_gets_its_disk_again() {
    let world = World::new(&PlayedHost::iscsi(&PORTALS[..1]), false);
    let agent = world.agent(&Killer::none());
    world.attach(&agent, 0).unwrap();
    let socket = world.dir.path().join("one");
    let away = world.dir.path().join("away");
    fs::rename(&socket, &away).unwrap();
    world.machines[0].lose_disk();
    for _ in 0..3 {
        let found = agent.check(true).unwrap();
        assert_eq!(found[0].trouble, Trouble::NoDevice);
        assert!(
            matches!(&found[0].repaired, Some(Err(why)) if why.contains("no virtual machine")),
            "{found:?}"
        );
    }
    fs::rename(&away, &socket).unwrap();
    assert_eq!(agent.check(true).unwrap()[0].repaired, Some(Ok(())));
    assert_eq!(world.counts(), [1; 3]);
    agent.detach(volume(), false).unwrap();
    world.is_clean("after a machine that was away");
    assert!(Path::new(&socket).exists());
}
