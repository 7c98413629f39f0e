#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicU64, Ordering};

use model::{Connector, VolumeId};

use super::*;
use crate::Work;
use crate::volume::{
    Access, BackendStats, Capabilities, Connection, Disk, DriverError, Found, Provisioned, Provisioning,
    SnapshotRef, Source, VolumeDriver, VolumeRef,
};

/// Counts the effects that reach it; does nothing else.
#[derive(Default)]
struct Counting(AtomicU64);

impl Counting {
    fn effect<T: Default>(&self) -> Result<T, DriverError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(T::default())
    }
}

impl VolumeDriver for &Counting {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            vendor: "test",
            storage_protocol: "none",
            provisioning: Provisioning::Thin,
            multiattach: false,
            online_extend: false,
            unwritten_is_zero: true,
            shows_volumes: false,
            offers_volumes: false,
            online_snapshot: false,
        }
    }
    fn check(&self) -> Result<(), DriverError> {
        Ok(())
    }
    fn stats(&self) -> Result<BackendStats, DriverError> {
        Ok(BackendStats { pools: Vec::new() })
    }
    fn ensure_volume(&self, _: &Work, _: &VolumeRef, _: Option<&Source>) -> Result<Provisioned, DriverError> {
        self.effect()
    }
    fn remove_volume(&self, _: &Work, _: &VolumeRef) -> Result<(), DriverError> {
        self.effect()
    }
    fn extend_volume(&self, _: &Work, _: &VolumeRef) -> Result<Provisioned, DriverError> {
        self.effect()
    }
    fn ensure_snapshot(&self, _: &Work, _: &SnapshotRef) -> Result<Provisioned, DriverError> {
        self.effect()
    }
    fn remove_snapshot(&self, _: &Work, _: &SnapshotRef) -> Result<(), DriverError> {
        self.effect()
    }
    fn connect(&self, _: &Work, _: &VolumeRef, _: &Connector, _: Access) -> Result<Connection, DriverError> {
        self.effect::<()>()?;
        Ok(Connection::new("none", serde_json::Map::new()))
    }
    fn disconnect(&self, _: &Work, _: &VolumeRef, _: Option<&Connector>) -> Result<(), DriverError> {
        self.effect()
    }
    fn revert_volume(&self, _: &Work, _: &VolumeRef, _: &SnapshotRef) -> Result<Provisioned, DriverError> {
        self.effect()
    }
    fn open_volume(&self, _: &VolumeRef, _: Access) -> Result<Box<dyn Disk>, DriverError> {
        Err(DriverError::Unsupported("nothing to open".to_owned()))
    }
    fn open_snapshot(&self, _: &SnapshotRef) -> Result<Box<dyn Disk>, DriverError> {
        Err(DriverError::Unsupported("nothing to open".to_owned()))
    }
    fn list(&self) -> Result<Vec<Found>, DriverError> {
        Ok(Vec::new())
    }
    fn sweep(&self) -> Result<usize, DriverError> {
        self.effect()
    }
}

fn volume() -> VolumeRef {
    VolumeRef::new(VolumeId::random(), 1)
}

/// Makes and removes a volume; the effects that were made, and the first failure.
fn make_and_remove(faults: &Faults) -> (u64, Option<DriverError>) {
    let counting = Counting::default();
    let driver = Chaos::new(&counting, faults.clone());
    let (work, volume) = (Work::new(), volume());
    let result = driver
        .ensure_volume(&work, &volume, None)
        .map(drop)
        .and_then(|()| faults.point("store.commit").map_err(DriverError::from))
        .and_then(|()| driver.remove_volume(&work, &volume));
    (counting.0.load(Ordering::Relaxed), result.err())
}

#[test]
fn every_point_is_counted_and_named() {
    let faults = Faults::new();
    assert!(matches!(make_and_remove(&faults), (2, None)));
    let names = [
        "driver.ensure_volume.before",
        "driver.ensure_volume.after",
        "store.commit",
        "driver.remove_volume.before",
        "driver.remove_volume.after",
    ];
    assert_eq!((faults.trace(), faults.count(), faults.hit()), (names.to_vec(), 5, None));
}

#[test]
fn a_crash_is_before_or_after_the_effect_and_for_ever() {
    for (point, effects) in [(1, 0), (2, 1), (3, 1), (4, 1), (5, 2)] {
        let faults = Faults::new();
        faults.crash_at(point);
        let (made, error) = make_and_remove(&faults);
        assert_eq!(made, effects, "crash at {point}");
        assert!(matches!(error, Some(DriverError::Injected("crashed"))), "{error:?}");
        assert!(faults.hit().unwrap().starts_with(&format!("{point} ")));
        assert!(faults.is_crashed());
        assert!(matches!(make_and_remove(&faults), (0, Some(DriverError::Injected("crashed")))));
        assert_eq!(faults.count(), point);
    }
}

#[test]
fn a_failure_is_once_and_of_the_chosen_kind() {
    let faults = Faults::new();
    faults.fail_at(2, FailWith::NoSpace);
    assert!(matches!(make_and_remove(&faults), (1, Some(DriverError::NoSpace { .. }))));
    assert_eq!(faults.hit().as_deref(), Some("2 driver.ensure_volume.after"));
    assert!(matches!(make_and_remove(&faults), (2, None)));
}

#[test]
fn effects_are_made_twice_when_asked() {
    let faults = Faults::new();
    faults.repeat_effects(true);
    assert!(matches!(make_and_remove(&faults), (4, None)));
    assert_eq!(faults.count(), 5);
}

#[test]
fn a_broken_backend_fails_until_it_is_calm() {
    let faults = Faults::new();
    faults.fail_always("driver.ensure_volume", FailWith::Io);
    for _ in 0..2 {
        assert!(matches!(make_and_remove(&faults), (0, Some(DriverError::Io { .. }))));
    }
    assert_eq!(faults.hit().as_deref(), Some("2 driver.ensure_volume.before"));
    faults.calm();
    assert!(matches!(make_and_remove(&faults), (2, None)));
}

#[test]
fn a_process_can_die_between_two_points() {
    let faults = Faults::new();
    faults.crash_now();
    assert!(matches!(make_and_remove(&faults), (0, Some(DriverError::Injected("crashed")))));
    assert_eq!(faults.count(), 0);
}
