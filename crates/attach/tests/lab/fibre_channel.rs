//! Fibre Channel: attach, write, grow, detach, attach again; several paths; a wire that is cut.

use std::fs;
use std::path::Path;

use crate::iscsi::{Mounted, hash};
use crate::storage::Storage;
use crate::support::{Killer, run, volume};

const GIB: u64 = 1 << 30;

#[test]
fn what_was_written_over_fibre_channel_is_there_again_and_nothing_is_left() {
    let Some(storage) = Storage::over_fibre_channel(1) else { return };
    assert_eq!(storage.residue(), Vec::<String>::new());
    let agent = storage.agent(false, &Killer::none());
    let mount = storage.path().join("mnt");
    let device = agent.attach(volume(), false).unwrap();
    assert!(device.bytes == GIB && is_over_fibre_channel(&device.path), "{device:?}");
    run("mkfs.ext4", &["-q", "-F", device.path.to_str().unwrap()]);
    let written = {
        let _mounted = Mounted::new(&device.path, &mount);
        write(&mount);
        assert!(agent.detach(volume(), false).is_err(), "a mounted device was taken away");
        // It grows while it is used.
        storage.extend();
        assert_eq!(agent.resize(volume()).unwrap().bytes, 2 * GIB);
        run("resize2fs", &[device.path.to_str().unwrap()]);
        hash(&mount.join("data"))
    };
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
    let device = agent.attach(volume(), false).unwrap();
    {
        let _mounted = Mounted::new(&device.path, &mount);
        assert_eq!(hash(&mount.join("data")), written);
    }
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
}

#[test]
fn two_ways_are_one_device_that_survives_the_loss_of_one() {
    let Some(storage) = Storage::over_fibre_channel(2) else { return };
    let agent = storage.agent(true, &Killer::none());
    let device = agent.attach(volume(), false).unwrap();
    assert_eq!((device.bytes, device.paths.len()), (GIB, 2), "{device:?}");
    assert!(device.path.starts_with("/dev/mapper"), "{device:?}");
    run("mkfs.ext4", &["-q", "-F", device.path.to_str().unwrap()]);
    let mount = storage.path().join("mnt");
    {
        let _mounted = Mounted::new(&device.path, &mount);
        storage.fabric().cut(1);
        write(&mount);
    }
    agent.detach(volume(), false).unwrap();
    assert_eq!(storage.residue(), Vec::<String>::new());
}

fn write(place: &Path) {
    run(
        "dd",
        &["if=/dev/urandom", &format!("of={}/data", place.display()), "bs=1M", "count=4", "conv=fsync"],
    );
}

/// Whether the disk is at the end of an adapter of Fibre Channel.
fn is_over_fibre_channel(disk: &Path) -> bool {
    let name = disk.file_name().unwrap().to_string_lossy().into_owned();
    let device = fs::canonicalize(format!("/sys/block/{name}/device")).unwrap();
    device.iter().any(|part| Path::new("/sys/class/fc_host").join(part).is_dir())
}
