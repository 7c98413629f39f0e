//! What is asked for, and how to recognise how it ended.

pub(crate) mod attachment;
pub(crate) mod backup;
pub(crate) mod cached;
pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod encrypted;
pub(crate) mod encrypted_image;
pub(crate) mod encrypted_move;
pub(crate) mod extend;
pub(crate) mod failover;
pub(crate) mod group;
pub(crate) mod group_replication;
pub(crate) mod image;
pub(crate) mod local;
pub(crate) mod manage;
pub(crate) mod policy;
pub(crate) mod reimage;
pub(crate) mod relocate;
pub(crate) mod reset;
pub(crate) mod revert;
pub(crate) mod snapshot;
pub(crate) mod swap;
pub(crate) mod template;
pub(crate) mod upload;

use model::{SnapshotId, Volume, VolumeId, VolumeStatus};
use testkit::{Process, blank, content, invariants};

/// The pattern in everything that a scenario writes.
pub(crate) const SEED: u8 = 0xA5;

/// A blank volume of `size_gib` that is there.
pub(crate) fn volume(process: &Process, size_gib: u64) -> VolumeId {
    let id = process.create(blank(size_gib)).expect("a volume");
    process.settle();
    assert_eq!(status(process, id), Some(VolumeStatus::Available));
    id
}

/// A volume of `size_gib` with the pattern in it.
pub(crate) fn written_volume(process: &Process, size_gib: u64) -> VolumeId {
    let id = volume(process, size_gib);
    content::write(process, &process.volume(id).expect("a volume"), SEED);
    id
}

/// A snapshot of `volume` that is there.
pub(crate) fn snapshot_of(process: &Process, volume: VolumeId) -> SnapshotId {
    let id = process.snapshot(volume).expect("a snapshot");
    process.settle();
    id
}

/// The volume that was not there before.
pub(crate) fn newcomer(process: &Process, before: &[VolumeId]) -> Option<Volume> {
    let (volumes, _) = invariants::everything(process);
    let mut new = volumes.into_iter().filter(|id| !before.contains(id));
    let found = new.next().and_then(|id| process.volume(id));
    assert_eq!(new.next(), None, "one volume was asked for");
    found
}

/// The status of a volume, if it is there.
pub(crate) fn status(process: &Process, id: VolumeId) -> Option<VolumeStatus> {
    process.volume(id).map(|volume| volume.status)
}

/// Asserts that a volume has its pattern.
pub(crate) fn assert_written(process: &Process, id: VolumeId, written_gib: u64) {
    let volume = process.volume(id).expect("a volume");
    content::check(process, &volume, Some(SEED), written_gib).unwrap();
}
