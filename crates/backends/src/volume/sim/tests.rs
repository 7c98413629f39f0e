#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::num::NonZeroU64;
use std::thread;
use std::time::{Duration, Instant};

use model::{GroupId, VolumeId};
use ports::volume::FoundKind;
use ports::volume::replication::{Kept, ReplicatedGroup};
use tempfile::TempDir;

use super::*;

fn sim(change: impl FnOnce(&mut SimOptions)) -> (TempDir, SimDriver) {
    let directory = tempfile::tempdir().unwrap();
    let mut options = SimOptions::new(directory.path().to_owned());
    change(&mut options);
    (directory, SimDriver::new(options))
}

fn volume(size_gib: u64) -> VolumeRef {
    VolumeRef::new(VolumeId::random(), size_gib)
}

#[test]
fn every_so_manieth_effect_stops_half_way_and_can_be_repeated() {
    let (_directory, driver) = sim(|options| options.fail_every = NonZeroU64::new(2));
    let (work, first, second) = (Work::new(), volume(1), volume(1));
    driver.ensure_volume(&work, &first, None).unwrap();
    let error = driver.ensure_volume(&work, &second, None).unwrap_err();
    assert!(error.may_pass(), "{error}");
    let kinds =
        |driver: &SimDriver| driver.list().unwrap().into_iter().map(|found| found.kind).collect::<Vec<_>>();
    assert!(kinds(&driver).contains(&FoundKind::Unfinished));
    driver.ensure_volume(&work, &second, None).unwrap();
    assert!(!kinds(&driver).contains(&FoundKind::Unfinished));
    driver.remove_volume(&work, &first).unwrap_err();
    driver.remove_volume(&work, &first).unwrap();
    assert_eq!(kinds(&driver), [FoundKind::Volume(second.id)]);
}

#[test]
fn a_process_can_die_in_the_middle_of_an_effect() {
    let (directory, driver) = sim(|_| {});
    let faults = Faults::new();
    faults.crash_at(1);
    let (driver, work, made) = (driver.with_faults(faults.clone()), Work::new(), volume(1));
    let error = driver.ensure_volume(&work, &made, None).unwrap_err();
    assert!(matches!(error, DriverError::Injected("crashed")), "{error}");
    assert_eq!(faults.hit().as_deref(), Some("1 sim.make.half_way"));

    let next = SimDriver::new(SimOptions::new(directory.path().to_owned()));
    assert_eq!(next.list().unwrap()[0].kind, FoundKind::Unfinished);
    assert_eq!(next.sweep().unwrap(), 1);
    next.ensure_volume(&work, &made, None).unwrap();
    assert_eq!(next.list().unwrap()[0].kind, FoundKind::Volume(made.id));
}

#[test]
fn the_last_gib_is_promised_once() {
    let (_directory, driver) = sim(|options| {
        options.provisioning = Provisioning::Thick;
        options.total_capacity_gib = 10;
    });
    let made: usize = thread::scope(|scope| {
        let callers: Vec<_> =
            (0..16).map(|_| scope.spawn(|| driver.ensure_volume(&Work::new(), &volume(2), None))).collect();
        callers.into_iter().map(|caller| usize::from(caller.join().unwrap().is_ok())).sum()
    });
    assert_eq!(made, 5);
    let pool = driver.stats().unwrap().pools.remove(0);
    assert_eq!((pool.free, pool.provisioned_gib), (CapacityGib::Gib(0.0), Some(10.0)));
    let error = driver.ensure_volume(&Work::new(), &volume(1), None).unwrap_err();
    assert!(matches!(error, DriverError::NoSpace { free_bytes: 0, .. }), "{error}");
}

#[test]
fn huge_volumes_are_small_files() {
    let (_directory, driver) = sim(|options| {
        options.gib_bytes = 1;
        options.total_capacity_gib = u64::from(u32::MAX);
    });
    driver.ensure_volume(&Work::new(), &volume(model::limits::MAX_SIZE_GIB), None).unwrap();
    let pool = driver.stats().unwrap().pools.remove(0);
    assert_eq!(pool.provisioned_gib, Some(2_147_483_647.0));
}

#[test]
fn effects_take_their_time() {
    let (_directory, driver) = sim(|options| options.delay = Duration::from_millis(50));
    let started = Instant::now();
    driver.ensure_volume(&Work::new(), &volume(1), None).unwrap();
    assert!(started.elapsed() >= Duration::from_millis(50));
}

#[test]
fn a_group_is_kept_at_other_sites_as_long_as_it_is_there() {
    let (directory, driver) = sim(|options| options.replication_targets = vec!["there".to_owned()]);
    let sites = || table::read::<Option<String>>(directory.path(), ".sites.json").unwrap();
    let (work, volumes) = (Work::new(), vec![volume(1), volume(1)]);
    let group = ReplicatedGroup { id: GroupId::random(), volumes: volumes.clone() };
    let everywhere = |active: Option<&str>| Kept::Everywhere { active: active.map(str::to_owned) };
    driver.replicate_group(&work, &group, &everywhere(None)).unwrap_err();
    volumes.iter().for_each(|volume| drop(driver.ensure_volume(&work, volume, None).unwrap()));
    driver.replicate_group(&work, &group, &everywhere(Some("moon"))).unwrap_err();
    assert!(sites().is_empty());
    for active in [None, Some("there"), Some("there"), None] {
        driver.replicate_group(&work, &group, &everywhere(active)).unwrap();
        assert!(sites().len() == 2 && sites().values().all(|site| site.as_deref() == active));
    }
    driver.fail_over(&work, &[], Some("there")).unwrap();
    assert!(sites().values().all(|site| site.as_deref() == Some("there")));
    driver.remove_volume(&work, &volumes[0]).unwrap();
    assert_eq!(sites().into_keys().collect::<Vec<_>>(), [volumes[1].id.to_string()]);
    let left = ReplicatedGroup { volumes: volumes[1..].to_vec(), ..group };
    for _ in 0..2 {
        driver.replicate_group(&work, &left, &Kept::Here).unwrap();
        assert!(!directory.path().join(".sites.json").exists());
    }
}
