//! The watch over the families that take things over, and that let other sites take over.

use ports::volume::manage::{Named, of};
use ports::volume::replication::{self, FailedOver, Kept, Replica, ReplicatedGroup, Replication};
use ports::volume::{Existing, Manage, Provisioned, Reference, SnapshotRef, VolumeRef};
use ports::{DriverError, VolumeDriver, Work};

use crate::Watched;

impl<D: VolumeDriver> Manage for Watched<D> {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        of(&self.inner)?.volumes()
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        of(&self.inner)?.snapshots()
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        of(&self.inner)?.look_at(reference)
    }

    fn adopt_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        let _running = self.begin("adopt_volume", volume.id.to_string());
        of(&self.inner)?.adopt_volume(work, volume, reference)
    }

    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError> {
        let _running = self.begin("hand_back_volume", volume.id.to_string());
        of(&self.inner)?.hand_back_volume(volume, reference)
    }

    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        let _running = self.begin("release_volume", volume.id.to_string());
        of(&self.inner)?.release_volume(volume)
    }

    fn adopt_snapshot(
        &self,
        work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        let _running = self.begin("adopt_snapshot", snapshot.id.to_string());
        of(&self.inner)?.adopt_snapshot(work, snapshot, reference)
    }

    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError> {
        let _running = self.begin("hand_back_snapshot", snapshot.id.to_string());
        of(&self.inner)?.hand_back_snapshot(snapshot, reference)
    }

    fn release_snapshot(&self, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        let _running = self.begin("release_snapshot", snapshot.id.to_string());
        of(&self.inner)?.release_snapshot(snapshot)
    }
}

impl<D: VolumeDriver> Replication for Watched<D> {
    fn targets(&self) -> Vec<String> {
        replication::targets(&self.inner)
    }

    fn fail_over(
        &self,
        work: &Work,
        volumes: &[Replica],
        target: Option<&str>,
    ) -> Result<FailedOver, DriverError> {
        let _running = self.begin("fail_over", "backend".to_owned());
        replication::of(&self.inner)?.fail_over(work, volumes, target)
    }

    fn replicates_groups(&self) -> bool {
        replication::replicates_groups(&self.inner)
    }

    fn replicate_group(&self, work: &Work, group: &ReplicatedGroup, kept: &Kept) -> Result<(), DriverError> {
        let _running = self.begin("replicate_group", group.id.to_string());
        replication::of(&self.inner)?.replicate_group(work, group, kept)
    }
}
