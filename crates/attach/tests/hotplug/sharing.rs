//! A disk that several machines have.

use attach::hypervisor::{Disk, Format, Hypervisor, Options, Place, PlugError};
use model::VolumeId;

use crate::guest::Guest;
use blackbox::machine::Machine;

#[test]
fn only_what_is_shared_is_in_two_machines() {
    let Some(machine) = Machine::find() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("disk");
    std::fs::File::create(&path).unwrap().set_len(32 << 20).unwrap();
    let disk = Disk::new(Place::File(path), Format::Raw);
    let (mut one, mut other) = (Guest::boot(&machine), Guest::boot(&machine));
    let volume = VolumeId::random();

    one.plug(&disk, &Options::new(volume));
    let refused = other.hypervisor().ensure_plugged(&disk, &Options::new(volume)).unwrap_err();
    assert!(matches!(&refused, PlugError::Refused { why, .. } if why.contains("lock")), "{refused}");
    other.assert_clean("after a disk that another machine has");
    one.unplug(volume);

    let shared = Options { shared: true, ..Options::new(volume) };
    one.plug(&disk, &shared);
    other.plug(&disk, &shared);
    let (here, there) = (one.disk(volume), other.disk(volume));
    one.write(&here, "one", 7);
    let seen = other.sum(&there, 7);
    assert_eq!(seen, one.sum(&here, 7));
    one.unplug(volume);
    other.write(&there, "other", 7);
    assert_ne!(other.sum(&there, 7), seen);
    other.unplug(volume);
    one.assert_clean("one");
    other.assert_clean("other");
}
