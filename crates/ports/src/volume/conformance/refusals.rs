//! What a driver must not do, and that its refusals leave nothing behind.

use std::fs;

use super::inventory::must_list;
use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::{Access, DriverError, FoundKind, Provisioned, Source};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "impossible sizes are refused", run: impossible_sizes },
    Check { name: "what is not there is said to be missing", run: missing_things },
    Check { name: "a volume smaller than its source is refused", run: smaller_than_source },
    Check { name: "no link is followed", run: links_are_not_followed },
];

fn must_fail(
    what: &str,
    result: Result<Provisioned, DriverError>,
    expected: fn(&DriverError) -> bool,
) -> Result<(), Broken> {
    must_be(result.as_ref().is_err_and(expected), || format!("{what}: {result:?}"))
}

fn is_refused(error: &DriverError) -> bool {
    matches!(error, DriverError::Refused(_) | DriverError::Unsupported(_))
}

fn is_missing(error: &DriverError) -> bool {
    matches!(error, DriverError::Missing { .. })
}

fn impossible_sizes(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    for size_gib in [0, u64::MAX, u64::MAX >> 30] {
        must_fail("ensure_volume", driver.ensure_volume(&work, &volume(size_gib), None), is_refused)?;
        let mut grown = origin.clone();
        grown.size_gib = size_gib;
        must_fail("extend_volume", driver.extend_volume(&work, &grown), is_refused)?;
    }
    must_list(subject, &[FoundKind::Volume(origin.id)])?;
    must_be(subject.len(&origin)? == subject.gib_bytes(), || "the volume changed its size".to_owned())
}

fn missing_things(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, absent) = (subject.driver(), Work::new(), volume(1));
    must_fail("extend_volume", driver.extend_volume(&work, &absent), is_missing)?;
    must_fail("ensure_snapshot", driver.ensure_snapshot(&work, &snapshot(&absent)), is_missing)?;
    for source in [Source::Volume(absent.clone()), Source::Snapshot(snapshot(&absent))] {
        must_fail("ensure_volume", driver.ensure_volume(&work, &volume(1), Some(&source)), is_missing)?;
    }
    for access in [Access::Read, Access::Write] {
        let opened = driver.open_volume(&absent, access);
        must_be(opened.as_ref().is_err_and(is_missing), || format!("open_volume: {opened:?}"))?;
    }
    must_list(subject, &[])
}

fn smaller_than_source(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(2));
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    let source = Source::Volume(origin.clone());
    must_fail("ensure_volume", driver.ensure_volume(&work, &volume(1), Some(&source)), is_refused)?;
    must_list(subject, &[FoundKind::Volume(origin.id)])
}

fn links_are_not_followed(subject: &dyn Subject) -> Result<(), Broken> {
    let (driver, work, planted) = (subject.driver(), Work::new(), volume(1));
    driver.check().must("check")?;
    let Some(directory) = subject.directory() else { return Ok(()) };
    let target = directory.join("target");
    fs::write(&target, b"precious")?;
    std::os::unix::fs::symlink(&target, directory.join(format!("volume-{}", planted.id)))?;
    must_fail("ensure_volume", driver.ensure_volume(&work, &planted, None), is_refused)?;
    must_fail("extend_volume", driver.extend_volume(&work, &planted), is_refused)?;
    let source = Source::Volume(planted.clone());
    must_fail("a clone", driver.ensure_volume(&work, &volume(1), Some(&source)), is_refused)?;
    let opened = driver.open_volume(&planted, Access::Write);
    must_be(opened.as_ref().is_err_and(is_refused), || format!("open_volume: {opened:?}"))?;

    let copy = volume(1);
    std::os::unix::fs::symlink(&target, directory.join(format!(".unfinished-volume-{}", copy.id)))?;
    driver.ensure_volume(&work, &copy, None).must("ensure_volume beside an unfinished link")?;
    must_be(fs::read(&target)? == b"precious", || "the target of the link was written to".to_owned())
}
