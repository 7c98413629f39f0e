//! What a guest may do with a disk.

use attach::hypervisor::{Cache, Disk, Format, Hypervisor, Limits, Options, Place, PlugError};
use model::VolumeId;
use serde_json::json;

use crate::guest::Guest;
use blackbox::machine::Machine;

#[test]
fn limits_and_marks_reach_the_machine() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk");
    std::fs::File::create(&path).unwrap().set_len(32 << 20).unwrap();
    let disk = Disk::new(Place::File(path), Format::Raw);
    let mut guest = Guest::boot(&machine);
    let volume = VolumeId::random();
    let specs = json!({"total_bytes_sec": "1048576", "read_iops_sec": "200", "write_iops_sec": 100});
    let limited = Options {
        limits: Limits::of_specs(specs.as_object().unwrap()).unwrap(),
        cache: Cache::WriteThrough,
        ..Options::new(volume)
    };
    let plugged = guest.plug(&disk, &limited);
    let group = json!({"path": format!("/objects/besser-limits-{volume}"), "property": "limits"});
    let group = guest.ask("qom-get", &group);
    assert_eq!(
        [&group["bps-total"], &group["iops-read"], &group["iops-write"], &group["bps-read"]],
        [1 << 20, 200, 100, 0]
    );
    let device = guest.disk(volume);
    let name = device.trim_start_matches("/dev/").to_owned();
    assert_eq!(guest.sh(&format!("cat /sys/block/{name}/cache_type")), "write through");
    let begun = std::time::Instant::now();
    guest.sh(&format!("dd if=/dev/zero of={device} bs=65536 count=64 oflag=direct"));
    assert!(begun.elapsed().as_millis() > 1500, "4 MiB at 1 MiB a second took {:?}", begun.elapsed());
    // Through the node that keeps the limits, too.
    guest.hypervisor().resize(volume, 48 << 20).unwrap();
    assert_eq!(guest.size(&device), 48 << 20);

    let read_only = Options { read_only: true, ..limited.clone() };
    let otherwise = guest.hypervisor().ensure_plugged(&disk, &read_only).unwrap_err();
    assert!(matches!(&otherwise, PlugError::Otherwise(how) if how == "for writing too"), "{otherwise}");
    guest.unplug(volume);
    guest.assert_clean("after unplugging what was limited");

    assert!(guest.plug(&disk, &read_only).read_only);
    let device = guest.disk(volume);
    assert_eq!(device, plugged.device.to_string());
    assert_eq!(guest.sh(&format!("cat /sys/block/{name}/ro")), "1");
    let written =
        guest.sh(&format!("dd if=/dev/zero of={device} bs=512 count=1 2> /dev/null && echo written"));
    assert_eq!(written, "");
    guest.unplug(volume);
    guest.assert_clean("after unplugging what was read");
}

#[test]
fn a_machine_with_ports_takes_as_many_disks_as_it_has_free_ports() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let disk = |name: &str| {
        let path = dir.path().join(name);
        std::fs::File::create(&path).unwrap().set_len(1 << 20).unwrap();
        Disk::new(Place::File(path), Format::Raw)
    };
    let ports = ["-device", "pcie-root-port,id=p1,chassis=1", "-device", "pcie-root-port,id=p2,chassis=2"];
    let mut guest = Guest::boot_as(&machine, "q35", &ports);
    let volumes = [(); 3].map(|()| VolumeId::random());
    for volume in &volumes[..2] {
        guest.plug(&disk(&volume.to_string()), &Options::new(*volume));
        guest.disk(*volume);
    }
    let full = guest.hypervisor().ensure_plugged(&disk("third"), &Options::new(volumes[2])).unwrap_err();
    assert!(matches!(full, PlugError::Full { .. }), "{full}");
    assert!(full.to_string().contains("2 ports, all taken"), "{full}");
    for volume in volumes {
        guest.unplug(volume);
    }
    guest.assert_clean("after unplugging");
}
