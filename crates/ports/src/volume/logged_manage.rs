//! The log of the families that take things over, and that let other sites take over.

use super::manage::of;
use super::replication::{self, FailedOver, Kept, Replica, ReplicatedGroup, Replication};
use super::{
    DriverError, Existing, Logged, Manage, Named, Provisioned, Reference, SnapshotRef, VolumeDriver,
    VolumeRef,
};
use crate::Work;

impl<D: VolumeDriver> Manage for Logged<D> {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        self.log("manage.volumes", &"backend", || of(&self.inner)?.volumes())
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        self.log("manage.snapshots", &"backend", || of(&self.inner)?.snapshots())
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        self.log("manage.look_at", &"backend", || of(&self.inner)?.look_at(reference))
    }

    fn adopt_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.log("adopt_volume", &volume.id, || of(&self.inner)?.adopt_volume(work, volume, reference))
    }

    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError> {
        self.log("hand_back_volume", &volume.id, || of(&self.inner)?.hand_back_volume(volume, reference))
    }

    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        self.log("release_volume", &volume.id, || of(&self.inner)?.release_volume(volume))
    }

    fn adopt_snapshot(
        &self,
        work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.log("adopt_snapshot", &snapshot.id, || {
            of(&self.inner)?.adopt_snapshot(work, snapshot, reference)
        })
    }

    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError> {
        self.log("hand_back_snapshot", &snapshot.id, || {
            of(&self.inner)?.hand_back_snapshot(snapshot, reference)
        })
    }

    fn release_snapshot(&self, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.log("release_snapshot", &snapshot.id, || of(&self.inner)?.release_snapshot(snapshot))
    }
}

impl<D: VolumeDriver> Replication for Logged<D> {
    fn targets(&self) -> Vec<String> {
        replication::targets(&self.inner)
    }

    fn fail_over(
        &self,
        work: &Work,
        volumes: &[Replica],
        target: Option<&str>,
    ) -> Result<FailedOver, DriverError> {
        self.log("fail_over", &target.unwrap_or("the first site"), || {
            replication::of(&self.inner)?.fail_over(work, volumes, target)
        })
    }

    fn replicates_groups(&self) -> bool {
        replication::replicates_groups(&self.inner)
    }

    fn replicate_group(&self, work: &Work, group: &ReplicatedGroup, kept: &Kept) -> Result<(), DriverError> {
        self.log("replicate_group", &group.id, || {
            replication::of(&self.inner)?.replicate_group(work, group, kept)
        })
    }
}
