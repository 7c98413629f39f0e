//! Files of this host.

use std::fs;
use std::sync::Arc;

use attach::machine::ThisMachine;
use ports::{Exec, Work};
use serde_json::json;

use crate::support::{FileService, Killer, Setup, agent, run, volume};
use crate::{device, has};

const SIZE_BYTES: u64 = 16 << 20;

#[test]
fn a_raw_file_is_a_loop_device_that_grows_while_it_is_used() {
    if !has(&["losetup"], &["/dev/loop-control"]) {
        return;
    }
    let dir = tempfile::Builder::new().prefix("besser-attach-").tempdir().unwrap();
    let file = dir.path().join("volume");
    fs::File::create(&file).unwrap().set_len(SIZE_BYTES).unwrap();
    let offer = json!({"driver_volume_type": "local", "device_path": file, "format": "raw"});
    FileService::set_offer(dir.path(), &offer, SIZE_BYTES);
    let machine = Arc::new(ThisMachine::new(Exec::direct(), Work::new()));
    let agent = agent(dir.path(), machine, &Setup::default(), &Killer::none());
    let attached = agent.attach(volume(), false).unwrap();
    device::write(&attached.path, 1 << 20, 4096);
    let held = fs::File::open(&attached.path).unwrap();
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(2 * SIZE_BYTES).unwrap();
    FileService::set_offer(dir.path(), &offer, 2 * SIZE_BYTES);
    assert_eq!(agent.check(true).unwrap().len(), 1);
    assert_eq!(agent.resize(volume()).unwrap().bytes, 2 * SIZE_BYTES);
    drop(held);
    agent.detach(volume(), false).unwrap();
    assert!(device::has(&file, 1 << 20, 4096));
    assert_eq!(device::residue(dir.path()), Vec::<String>::new());
}

#[test]
fn a_qcow2_file_is_a_block_device() {
    if !has(&["qemu-storage-daemon", "qemu-img", "losetup"], &["/dev/fuse", "/dev/loop-control"]) {
        return;
    }
    let dir = tempfile::Builder::new().prefix("besser-attach-").tempdir().unwrap();
    let file = dir.path().join("volume.qcow2");
    run("qemu-img", &["create", "-q", "-f", "qcow2", file.to_str().unwrap(), "16M"]);
    let offer = json!({"driver_volume_type": "local", "device_path": file, "format": "qcow2"});
    FileService::set_offer(dir.path(), &offer, SIZE_BYTES);
    let machine = Arc::new(ThisMachine::new(Exec::direct(), Work::new()));
    let agent = agent(dir.path(), machine, &Setup::default(), &Killer::none());
    let attached = agent.attach(volume(), false).unwrap();
    assert_eq!(attached.bytes, SIZE_BYTES);
    device::write(&attached.path, 8 << 20, 65536);
    agent.detach(volume(), false).unwrap();
    assert_eq!(device::residue(dir.path()), Vec::<String>::new());
    let raw = dir.path().join("raw");
    run("qemu-img", &["convert", "-O", "raw", file.to_str().unwrap(), raw.to_str().unwrap()]);
    assert!(device::has(&raw, 8 << 20, 65536));
}
