//! Volumes of a service that a machine of this host gets, by an agent that may die.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use attach::agent::{Agent, AgentError, Seat};
use attach::hypervisor::{Cache, Hypervisor};
use attach::initiator::Means;
use attach::machine::ThisMachine;
use ports::{Exec, Work};
use serde_json::{Map, Value, json};

use crate::guest::Guest;
use crate::support::{FileService, Killer, Setup, agent, volume};
use crate::target::{PASSWORD, Target};
use blackbox::console::{sum_at, sum_of};
use blackbox::machine::Machine;

/// More moments than there are.
const MAX_MOMENTS: usize = 40;

fn agent_of(dir: &Path, killer: &Killer) -> Agent {
    let setup = Setup {
        initiator: Some("iqn.2026-01.org.example:here".to_owned()),
        means: Some(Means::Served),
        ..Setup::default()
    };
    agent(dir, Arc::new(ThisMachine::new(Exec::direct(), Work::new())), &setup, killer)
}

/// Lets an agent die at moment `at` of `work`; whether it did.
fn dies(dir: &Path, at: usize, work: impl FnOnce(&Agent) -> Result<(), AgentError>) -> bool {
    let agent = agent_of(dir, &Killer::unwinding(at));
    match catch_unwind(AssertUnwindSafe(|| work(&agent))) {
        Ok(result) => {
            result.unwrap();
            false
        }
        Err(_) => true,
    }
}

/// Whether the volume is attached, in the eyes of both the service and the machine.
fn is_attached(dir: &Path, guest: &Guest, when: &str) -> bool {
    let rows = FileService::rows(dir);
    let has_it = guest.hypervisor().list().unwrap().len() == 1;
    let says: Vec<&str> = rows.values().filter_map(Value::as_str).collect();
    match says[..] {
        [] => {
            guest.assert_clean(when);
            false
        }
        ["attached"] if has_it => true,
        _ => panic!("{when}: {rows:?}, {:?}", guest.residue()),
    }
}

#[test]
fn an_agent_that_dies_leaves_a_volume_in_a_machine_or_out_of_it() {
    let Some(machine) = Machine::find() else { return };
    let target = Target::start(&machine, 16);
    let mut guest = Guest::boot(&machine);
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut offer: Map<String, Value> = target.connection(PASSWORD);
    offer.insert("qos_specs".to_owned(), json!({"total_iops_sec": "9000"}));
    FileService::set_offer(dir, &Value::Object(offer), 16 << 20);
    let seat = Seat { vm: Some(guest.vm()), ..Seat::default() };
    let attach = |agent: &Agent| agent.attach_to(&seat, volume(), false).map(drop);
    let detach = |agent: &Agent| agent.detach(volume(), false);

    let mut moments = 0;
    for at in 0..MAX_MOMENTS {
        if !dies(dir, at, attach) {
            break;
        }
        moments += 1;
        let next = agent_of(dir, &Killer::none());
        next.recover(volume()).unwrap();
        let _ = is_attached(dir, &guest, &format!("attaching died at {at}"));
        let device = next.attach_to(&seat, volume(), false).unwrap();
        assert_eq!((device.path.to_str(), device.bytes), (Some("/dev/vdb"), 16 << 20));
        assert!(is_attached(dir, &guest, &format!("attached after {at}")));
        next.detach(volume(), false).unwrap();
        assert!(!is_attached(dir, &guest, &format!("detached after {at}")));
    }
    assert!((6..MAX_MOMENTS).contains(&moments), "{moments}");
    let disk = guest.disk(volume());
    guest.write(&disk, "agent", 2);

    for at in 0..MAX_MOMENTS {
        agent_of(dir, &Killer::none()).attach_to(&seat, volume(), false).unwrap();
        let died = dies(dir, at, detach);
        agent_of(dir, &Killer::none()).recover(volume()).unwrap();
        let attached = is_attached(dir, &guest, &format!("detaching died at {at}"));
        if !died {
            assert!(!attached);
            break;
        }
    }
    assert_eq!(sum_at(&target.file(), 2), sum_of("agent"));
    restarted_and_grown(&machine, &target, dir);
}

/// A machine that has ended has nothing; the next one at the same socket gets the volume again.
fn restarted_and_grown(machine: &Machine, target: &Target<'_>, dir: &Path) {
    let mut guest = Guest::boot(machine);
    let seat =
        Seat { vm: Some(guest.vm()), device: Some("vdd".parse().unwrap()), cache: Some(Cache::WriteThrough) };
    let agent = agent_of(dir, &Killer::none());
    let device = agent.attach_to(&seat, volume(), false).unwrap();
    is_written_through(&mut guest);
    let otherwise = agent.attach_to(&Seat { cache: Some(Cache::None), ..seat.clone() }, volume(), false);
    assert!(matches!(otherwise, Err(AgentError::OtherMode(_))), "{otherwise:?}");
    assert_eq!(device.path.to_str(), Some("/dev/vdd"));
    let elsewhere = agent.attach(volume(), false).unwrap_err();
    assert!(matches!(elsewhere, AgentError::Elsewhere { .. }), "{elsewhere}");
    assert!(agent.check(false).unwrap().is_empty());
    target.grow(32);
    FileService::set_offer(dir, &Value::Object(target.connection(PASSWORD)), 32 << 20);
    assert_eq!(agent.check(false).unwrap().len(), 1);
    assert_eq!(agent.resize(volume()).unwrap().bytes, 32 << 20);
    assert!(agent.check(false).unwrap().is_empty());
    guest.unplug(volume());
    let found = agent.check(true).unwrap();
    assert!(matches!(found[0].repaired, Some(Ok(()))), "{found:?}");
    assert_eq!(guest.hypervisor().list().unwrap()[0].device.to_string(), "/dev/vdd");
    is_written_through(&mut guest);
    drop(guest);
    agent.detach(volume(), false).unwrap();
    assert!(FileService::rows(dir).is_empty());
}

/// Whether the guest has been told that there is no cache to flush.
#[track_caller]
fn is_written_through(guest: &mut Guest) {
    let disk = guest.disk(volume());
    let name = disk.trim_start_matches("/dev/");
    assert_eq!(guest.sh(&format!("cat /sys/block/{name}/cache_type")), "write through");
}
