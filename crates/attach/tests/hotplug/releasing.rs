//! Guests that take their time to release a disk.

use std::time::Duration;

use attach::hypervisor::{Disk, Format, Hypervisor, Options, Place, PlugError};
use model::VolumeId;
use serde_json::json;

use crate::guest::Guest;
use blackbox::console::PATIENCE;
use blackbox::machine::Machine;

#[test]
fn a_guest_that_does_not_answer_is_said_to_be_why() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk");
    std::fs::File::create(&path).unwrap().set_len(32 << 20).unwrap();
    let disk = Disk::new(Place::File(path), Format::Raw);
    let mut guest = Guest::boot(&machine);
    let volume = VolumeId::random();
    guest.plug(&disk, &Options::new(volume));
    let device = guest.disk(volume);
    guest.write(&device, "kept", 1);

    guest.ask("stop", &json!({}));
    let short = Duration::from_millis(500);
    for _ in 0..2 {
        let kept = guest.hypervisor().ensure_unplugged(volume, short).unwrap_err();
        let said = format!("the guest did not release {device} within 500ms: the machine is paused");
        assert!(kept.to_string().starts_with(&said), "{kept}");
    }
    assert_eq!(guest.hypervisor().list().unwrap().len(), 1);
    guest.ask("cont", &json!({}));
    guest.unplug(volume);
    guest.assert_clean("after the guest went on");

    // What is in use is asked for all the same; Linux lets go of it.
    guest.plug(&disk, &Options::new(volume));
    let device = guest.disk(volume);
    guest
        .sh(&format!("mke2fs -q {device} > /dev/null 2>&1; mount {device} /mnt && echo x > /mnt/file; sync"));
    assert_eq!(guest.sh("cat /mnt/file"), "x");
    match guest.hypervisor().ensure_unplugged(volume, PATIENCE) {
        Ok(()) => guest.assert_clean("after unplugging what was mounted"),
        Err(PlugError::NotReleased { why, .. }) => {
            assert!(why.starts_with("it runs, but did not answer"), "{why}");
            guest.sh("umount /mnt");
            guest.unplug(volume);
        }
        Err(other) => panic!("{other}"),
    }
}
