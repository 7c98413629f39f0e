//! Drivers that break one promise each, to see that the conformance suite notices.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use backends::volume::sim::{SimDriver, SimOptions};
use model::Connector;
use ports::volume::conformance::suite;
use ports::volume::{
    Access, BackendStats, Capabilities, Connection, Disk, DriverError, Found, Provisioned, SnapshotRef,
    Source, VolumeRef,
};
use ports::{VolumeDriver, Work};

use crate::fixture::Fixture;

const GIB_BYTES: u64 = 64 << 10;

#[derive(Debug, Clone, Copy)]
enum Lie {
    RemovesNothing,
    ListsNothing,
    SweepsNothing,
    ForgetsTheSource,
    NeverGrows,
    RevertsNothing,
    TakesSnapshotsAnew,
    CannotRemoveTwice,
    ReportsNothingProvisioned,
    KnowsNoLimits,
    ConnectsNothing,
    DisconnectsOnce,
    ChangesItsAnswer,
}

struct Liar {
    honest: SimDriver,
    lie: Lie,
    answers: AtomicU64,
}

impl VolumeDriver for Liar {
    fn capabilities(&self) -> Capabilities {
        self.honest.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.honest.check()
    }

    fn stats(&self) -> Result<BackendStats, DriverError> {
        let mut stats = self.honest.stats()?;
        if let Lie::ReportsNothingProvisioned = self.lie {
            stats.pools[0].provisioned_gib = Some(0.0);
        }
        Ok(stats)
    }

    fn ensure_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        source: Option<&Source>,
    ) -> Result<Provisioned, DriverError> {
        match self.lie {
            Lie::ForgetsTheSource => self.honest.ensure_volume(work, volume, None),
            Lie::KnowsNoLimits => {
                let size_gib = volume.size_gib.clamp(1, 10);
                self.honest.ensure_volume(work, &VolumeRef { size_gib, ..volume.clone() }, source)
            }
            _ => self.honest.ensure_volume(work, volume, source),
        }
    }

    fn remove_volume(&self, work: &Work, volume: &VolumeRef) -> Result<(), DriverError> {
        match self.lie {
            Lie::RemovesNothing => Ok(()),
            Lie::CannotRemoveTwice => {
                self.honest.open_volume(volume, Access::Read)?;
                self.honest.remove_volume(work, volume)
            }
            _ => self.honest.remove_volume(work, volume),
        }
    }

    fn extend_volume(&self, work: &Work, volume: &VolumeRef) -> Result<Provisioned, DriverError> {
        match self.lie {
            Lie::NeverGrows => Ok(Provisioned::default()),
            _ => self.honest.extend_volume(work, volume),
        }
    }

    fn ensure_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<Provisioned, DriverError> {
        if let Lie::TakesSnapshotsAnew = self.lie {
            self.honest.remove_snapshot(work, snapshot)?;
        }
        self.honest.ensure_snapshot(work, snapshot)
    }

    fn remove_snapshot(&self, work: &Work, snapshot: &SnapshotRef) -> Result<(), DriverError> {
        self.honest.remove_snapshot(work, snapshot)
    }

    fn revert_volume(
        &self,
        work: &Work,
        volume: &VolumeRef,
        snapshot: &SnapshotRef,
    ) -> Result<Provisioned, DriverError> {
        match self.lie {
            Lie::RevertsNothing => Ok(Provisioned::default()),
            _ => self.honest.revert_volume(work, volume, snapshot),
        }
    }

    fn open_snapshot(&self, snapshot: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        self.honest.open_snapshot(snapshot)
    }

    fn open_volume(&self, volume: &VolumeRef, access: Access) -> Result<Box<dyn Disk>, DriverError> {
        self.honest.open_volume(volume, access)
    }

    fn connect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: &Connector,
        access: Access,
    ) -> Result<Connection, DriverError> {
        match self.lie {
            Lie::ConnectsNothing => Ok(Connection::new("none", serde_json::Map::new())),
            Lie::ChangesItsAnswer => {
                let mut connection = self.honest.connect(work, volume, connector, access)?;
                let answer = self.answers.fetch_add(1, Ordering::Relaxed);
                connection.data.insert("target_lun".to_owned(), answer.into());
                Ok(connection)
            }
            _ => self.honest.connect(work, volume, connector, access),
        }
    }

    fn disconnect(
        &self,
        work: &Work,
        volume: &VolumeRef,
        connector: Option<&Connector>,
    ) -> Result<(), DriverError> {
        match self.lie {
            Lie::DisconnectsOnce if self.answers.fetch_add(1, Ordering::Relaxed) > 0 => {
                Err(DriverError::Missing { what: "its export".to_owned() })
            }
            _ => self.honest.disconnect(work, volume, connector),
        }
    }

    fn list(&self) -> Result<Vec<Found>, DriverError> {
        match self.lie {
            Lie::ListsNothing => Ok(Vec::new()),
            _ => self.honest.list(),
        }
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        match self.lie {
            Lie::SweepsNothing => Ok(0),
            _ => self.honest.sweep(),
        }
    }
}

/// The checks that a driver with this lie does not pass.
fn caught(lie: Lie) -> Vec<&'static str> {
    let liar = move |directory: &Path| -> Box<dyn VolumeDriver> {
        let options = SimOptions { gib_bytes: GIB_BYTES, ..SimOptions::new(directory.to_owned()) };
        Box::new(Liar { honest: SimDriver::new(options), lie, answers: AtomicU64::new(0) })
    };
    match suite(&|| Box::new(Fixture::new(liar).with_gib_bytes(GIB_BYTES))) {
        Ok(()) => Vec::new(),
        Err(report) => report.failed.into_iter().map(|(name, _)| name).collect(),
    }
}

#[test]
fn every_lie_is_caught_where_it_is_told() {
    for (lie, check) in [
        (Lie::RemovesNothing, "removing can be repeated"),
        (Lie::ListsNothing, "the list is exactly what there is"),
        (Lie::SweepsNothing, "a sweep removes the unfinished and nothing else"),
        (Lie::ForgetsTheSource, "a clone and its source are two volumes"),
        (Lie::RevertsNothing, "reverting brings the snapshot's content back"),
        (Lie::NeverGrows, "growing keeps the content and adds zeros"),
        (Lie::TakesSnapshotsAnew, "a snapshot is one moment of its volume"),
        (Lie::CannotRemoveTwice, "removing can be repeated"),
        (Lie::ReportsNothingProvisioned, "the report is plausible"),
        (Lie::KnowsNoLimits, "impossible sizes are refused"),
        (Lie::ConnectsNothing, "only a volume that is there can be connected"),
        (Lie::DisconnectsOnce, "disconnecting can be repeated"),
        (Lie::ChangesItsAnswer, "connecting again gives the same answer"),
    ] {
        let caught = caught(lie);
        assert!(caught.contains(&check), "{lie:?}: {caught:?}");
    }
}
