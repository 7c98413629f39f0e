//! A process that dies between two steps, at every one of them.

use attach::hypervisor::{Disk, Hypervisor, Limits, Options, PlugError, Qemu};
use model::VolumeId;
use ports::chaos::Faults;
use serde_json::json;

use crate::guest::Guest;
use crate::target::{PASSWORD, Target};
use blackbox::console::PATIENCE;
use blackbox::machine::Machine;

/// More steps than there are.
const MAX_STEPS: u64 = 40;

/// Lets a process die before its step `number` of `work`; the name of that step, or none if it has fewer.
fn die_at(
    guest: &Guest,
    number: u64,
    work: impl FnOnce(&mut Qemu) -> Result<(), PlugError>,
) -> Option<String> {
    let faults = Faults::new();
    faults.crash_at(number);
    let result =
        Qemu::connect_with_faults(&guest.monitor(), faults.clone()).and_then(|mut qemu| work(&mut qemu));
    match result {
        Ok(()) => None,
        Err(PlugError::Injected("crashed")) => faults.hit(),
        Err(other) => panic!("step {number}: {other}"),
    }
}

#[test]
fn whoever_comes_after_a_dead_process_finishes_or_cleans_up() {
    let Some(machine) = Machine::find() else { return };
    let target = Target::start(&machine, 16);
    let disk = Disk::of_connection(&target.connection(PASSWORD), None, None).unwrap();
    let guest = Guest::boot(&machine);
    let specs = json!({"total_iops_sec": "5000"});
    let limits = Limits::of_specs(specs.as_object().unwrap()).unwrap();
    let options = Options { limits, ..Options::new(VolumeId::random()) };
    let volume = options.volume_id;
    let mut died = Vec::new();
    for number in 1..MAX_STEPS {
        let plug = |qemu: &mut Qemu| qemu.ensure_plugged(&disk, &options).map(drop);
        let Some(step) = die_at(&guest, number, plug) else {
            guest.unplug(volume);
            break;
        };
        // The next one gives up,
        guest.unplug(volume);
        guest.assert_clean(&format!("plugging died at {step}"));
        // or goes on.
        assert_eq!(die_at(&guest, number, plug).as_ref(), Some(&step));
        guest.plug(&disk, &options);
        assert_eq!(guest.hypervisor().list().unwrap().len(), 1, "{step}");
        guest.unplug(volume);
        guest.assert_clean(&format!("plugging died at {step} and was done again"));
        died.push(step);
    }
    assert_passed(&died, &["object-add", "blockdev-add", "object-del", "device_add"]);

    died.clear();
    for number in 1..MAX_STEPS {
        guest.plug(&disk, &options);
        let unplug = |qemu: &mut Qemu| qemu.ensure_unplugged(volume, PATIENCE);
        let Some(step) = die_at(&guest, number, unplug) else { break };
        guest.unplug(volume);
        guest.assert_clean(&format!("unplugging died at {step}"));
        died.push(step);
    }
    assert_passed(&died, &["device_del", "blockdev-del", "object-del"]);
    guest.unplug(volume);
    guest.assert_clean("at the end");
}

fn assert_passed(died: &[String], steps: &[&str]) {
    assert!(died.len() < usize::try_from(MAX_STEPS).unwrap() - 1, "{died:?}");
    for step in steps {
        assert!(died.iter().any(|at| at.ends_with(step)), "nobody died before {step}: {died:?}");
    }
}
