//! The layer around the families that take things over, and that let other sites take over.

use super::Chaos;
use super::faults::around;
use crate::Work;
use crate::volume::manage::of;
use crate::volume::replication::{self, FailedOver, Kept, Replica, ReplicatedGroup, Replication};
use crate::volume::{
    DriverError, Existing, Manage, Named, Provisioned, Reference, SnapshotRef, VolumeDriver, VolumeRef,
};

impl<D: VolumeDriver> Manage for Chaos<D> {
    fn volumes(&self) -> Result<Vec<Named>, DriverError> {
        self.faults.ask(around!("driver", "manage.volumes"), || of(&self.inner)?.volumes())
    }

    fn snapshots(&self) -> Result<Vec<Named>, DriverError> {
        self.faults.ask(around!("driver", "manage.snapshots"), || of(&self.inner)?.snapshots())
    }

    fn look_at(&self, reference: &Reference) -> Result<Existing, DriverError> {
        self.faults.ask(around!("driver", "manage.look_at"), || of(&self.inner)?.look_at(reference))
    }

    fn adopt_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.faults.effect(around!("driver", "adopt_volume"), || {
            of(&self.inner)?.adopt_volume(work, volume, reference)
        })
    }

    fn hand_back_volume(&self, volume: &VolumeRef, reference: &Reference) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "hand_back_volume"), || {
            of(&self.inner)?.hand_back_volume(volume, reference)
        })
    }

    fn release_volume(&self, volume: &VolumeRef) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "release_volume"), || of(&self.inner)?.release_volume(volume))
    }

    fn adopt_snapshot(
        &self,
        work: &Work,
        snapshot: &SnapshotRef,
        reference: &Reference,
    ) -> Result<Provisioned, DriverError> {
        self.faults.effect(around!("driver", "adopt_snapshot"), || {
            of(&self.inner)?.adopt_snapshot(work, snapshot, reference)
        })
    }

    fn hand_back_snapshot(&self, snapshot: &SnapshotRef, reference: &Reference) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "hand_back_snapshot"), || {
            of(&self.inner)?.hand_back_snapshot(snapshot, reference)
        })
    }

    fn release_snapshot(&self, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.faults
            .effect(around!("driver", "release_snapshot"), || of(&self.inner)?.release_snapshot(snapshot))
    }
}

impl<D: VolumeDriver> Replication for Chaos<D> {
    fn targets(&self) -> Vec<String> {
        replication::targets(&self.inner)
    }

    fn fail_over(
        &self,
        work: &Work,
        volumes: &[Replica],
        target: Option<&str>,
    ) -> Result<FailedOver, DriverError> {
        self.faults.effect(around!("driver", "fail_over"), || {
            replication::of(&self.inner)?.fail_over(work, volumes, target)
        })
    }

    fn replicates_groups(&self) -> bool {
        replication::replicates_groups(&self.inner)
    }

    fn replicate_group(&self, work: &Work, group: &ReplicatedGroup, kept: &Kept) -> Result<(), DriverError> {
        self.faults.effect(around!("driver", "replicate_group"), || {
            replication::of(&self.inner)?.replicate_group(work, group, kept)
        })
    }
}
