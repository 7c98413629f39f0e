//! Files of an NFS server, to which QEMU connects by itself, as a service says of them.

use std::fs::{self, File};

use attach::hypervisor::{Disk, Hypervisor, Options};
use model::VolumeId;
use serde_json::{Value, json};

use crate::apart::Apart;
use crate::guest::Guest;
use blackbox::console::{sum_at, sum_of};
use blackbox::machine::Machine;

#[test]
fn files_of_a_share_are_plugged_grown_and_unplugged() {
    let Some(machine) = Machine::find() else { return };
    let Some(server) = Apart::start(&machine, "nfs.sh", &["--net"]) else { return };
    let export = server.path("export");
    let text = |name: &str| export.join(name).display().to_string();
    let (raw, base, top) = ("volume-1", "volume-2", "volume-2.snapshot");
    for name in [raw, base] {
        File::create(export.join(name)).unwrap().set_len(64 << 20).unwrap();
    }
    machine.must("qemu-img", ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", base, &text(top)]);

    let connection = |further: Value| {
        let mut data = json!({"export": format!("127.0.0.1:{}", export.display()), "options": null});
        data.as_object_mut().unwrap().extend(further.as_object().unwrap().clone());
        let info = json!({"driver_volume_type": "nfs", "mount_point_base": "/mnt", "data": data});
        Disk::of_connection(info.as_object().unwrap(), None, None).unwrap()
    };
    let disks = [
        ("b", connection(json!({"name": raw, "format": "raw"}))),
        (
            "c",
            connection(json!({"name": top, "format": "qcow2", "backing": [{"name": base, "format": "raw"}]})),
        ),
    ];
    let mut guest = Guest::boot_beside(&machine, &server);
    let absent = connection(json!({"name": "volume-3", "format": "raw"}));
    guest.hypervisor().ensure_plugged(&absent, &Options::new(VolumeId::random())).unwrap_err();
    guest.assert_clean("after a file that is not there");
    for (letter, disk) in &disks {
        let volume = VolumeId::random();
        let device = guest.plug(disk, &Options::new(volume)).device.to_string();
        assert_eq!(guest.disk(volume), device);
        guest.write(&device, letter, 5);
        assert_eq!(guest.sum(&device, 5), sum_of(letter));
        guest.hypervisor().resize(volume, 96 << 20).unwrap();
        assert_eq!(guest.size(&device), 96 << 20);
        guest.unplug(volume);
        guest.assert_clean("after unplugging");
    }
    assert_eq!(sum_at(&export.join(raw), 5), sum_of("b"));
    assert_eq!(fs::metadata(export.join(raw)).unwrap().len(), 96 << 20);
    let flat = text("flat");
    machine.must("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", &text(top), &flat]);
    assert_eq!(sum_at(&export.join("flat"), 5), sum_of("c"));
    assert_eq!(sum_at(&export.join(base), 5), sum_at(&export.join(base), 6));
}
