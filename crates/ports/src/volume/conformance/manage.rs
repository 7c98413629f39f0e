//! Taking over and letting go, of drivers that can.

use std::fs;

use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::{DriverError, FoundKind, Manage, Reference, VolumeRef};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "what was let go can be taken over with its content", run: released_and_adopted },
    Check { name: "taking over can be repeated and undone", run: adopted_twice_and_handed_back },
    Check { name: "snapshots are let go and taken over", run: snapshots },
    Check { name: "names that lead elsewhere are refused", run: hostile_names },
    Check { name: "what cannot be a volume is not taken over", run: hostile_files },
];

const PATTERN: &[u8] = b"taken over";

fn family(subject: &dyn Subject) -> Option<&dyn Manage> {
    subject.driver().manage()
}

/// How the driver names `kind`, which it has to list.
fn reference_of(listed: Vec<super::super::Named>, kind: FoundKind) -> Result<Reference, Broken> {
    let found = listed.into_iter().find(|named| named.ours == Some(kind));
    found.map(|named| named.reference).ok_or_else(|| Broken::Untrue(format!("{kind:?} is not listed")))
}

/// A volume of one GiB that was written to and let go, and how it is named.
fn released(subject: &dyn Subject, manage: &dyn Manage) -> Result<(VolumeRef, Reference), Broken> {
    let (work, old) = (Work::new(), volume(1));
    subject.driver().ensure_volume(&work, &old, None).must("ensure_volume")?;
    subject.write_at(&old, PATTERN, 0)?;
    manage.release_volume(&old).must("release_volume")?;
    let reference = reference_of(manage.volumes().must("volumes")?, FoundKind::Volume(old.id))?;
    Ok((old, reference))
}

fn must_hold(subject: &dyn Subject, volume: &VolumeRef) -> Result<(), Broken> {
    let found = subject.read_at(volume, PATTERN.len(), 0)?;
    must_be(found == PATTERN, || format!("the content is {found:?}"))
}

fn released_and_adopted(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(manage) = family(subject) else { return Ok(()) };
    let (work, (_, reference), new) = (Work::new(), released(subject, manage)?, volume(1));
    let seen = manage.look_at(&reference).must("look_at")?;
    must_be((seen.size_gib, &seen.unsafe_because) == (1, &None), || format!("{seen:?}"))?;
    manage.adopt_volume(&work, &new, &reference).must("adopt_volume")?;
    must_hold(subject, &new)?;
    must_be(subject.len(&new)? == subject.gib_bytes(), || "it has another size".to_owned())?;
    let gone = manage.look_at(&reference);
    must_be(matches!(gone, Err(DriverError::Missing { .. })), || format!("the old name: {gone:?}"))?;
    subject.driver().remove_volume(&work, &new).must("remove_volume")
}

fn adopted_twice_and_handed_back(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(manage) = family(subject) else { return Ok(()) };
    let (work, (old, reference), new) = (Work::new(), released(subject, manage)?, volume(1));
    manage.hand_back_volume(&new, &reference).must("hand_back_volume of nothing")?;
    for _ in 0..2 {
        manage.adopt_volume(&work, &new, &reference).must("adopt_volume")?;
    }
    let next = subject.driver_of_next_process();
    let next = super::super::manage::of(&*next).must("the family of the next process")?;
    next.adopt_volume(&work, &new, &reference).must("adopt_volume by the next process")?;
    must_hold(subject, &new)?;
    for _ in 0..2 {
        manage.hand_back_volume(&new, &reference).must("hand_back_volume")?;
    }
    reference_of(manage.volumes().must("volumes")?, FoundKind::Volume(old.id))?;
    must_hold(subject, &old)?;
    let absent = manage.adopt_volume(&work, &volume(1), &Reference::name("not-there"));
    must_be(matches!(absent, Err(DriverError::Missing { .. })), || format!("not-there: {absent:?}"))
}

fn snapshots(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(manage) = family(subject) else { return Ok(()) };
    let (driver, work, origin) = (subject.driver(), Work::new(), volume(1));
    driver.ensure_volume(&work, &origin, None).must("ensure_volume")?;
    let (old, new) = (snapshot(&origin), snapshot(&origin));
    driver.ensure_snapshot(&work, &old).must("ensure_snapshot")?;
    manage.release_snapshot(&old).must("release_snapshot")?;
    let of_old = FoundKind::Snapshot(old.id);
    let reference = reference_of(manage.snapshots().must("snapshots")?, of_old)?;
    for _ in 0..2 {
        manage.adopt_snapshot(&work, &new, &reference).must("adopt_snapshot")?;
    }
    reference_of(manage.snapshots().must("snapshots")?, FoundKind::Snapshot(new.id))?;
    for _ in 0..2 {
        manage.hand_back_snapshot(&new, &reference).must("hand_back_snapshot")?;
    }
    reference_of(manage.snapshots().must("snapshots")?, of_old)?;
    driver.remove_snapshot(&work, &old).must("remove_snapshot")
}

fn must_refuse(manage: &dyn Manage, reference: &Reference) -> Result<(), Broken> {
    let adopted = manage.adopt_volume(&Work::new(), &volume(1), reference);
    must_be(matches!(adopted, Err(DriverError::Refused(_))), || format!("{reference:?}: {adopted:?}"))
}

fn hostile_names(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(manage) = family(subject) else { return Ok(()) };
    let long = "x".repeat(5000);
    let names =
        ["", ".", "..", "/etc/passwd", "../target", "a/b", ".hidden", "nul\0byte", "line\nbreak", &long];
    for name in names {
        must_refuse(manage, &Reference::name(name))?;
    }
    must_refuse(manage, &Reference::default())?;
    must_refuse(manage, &Reference { source_name: None, source_id: Some("1".to_owned()) })
}

fn hostile_files(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(manage), Some(directory)) = (family(subject), subject.directory()) else { return Ok(()) };
    subject.driver().check().must("check")?;
    fs::write(directory.join("precious"), b"precious")?;
    std::os::unix::fs::symlink("precious", directory.join("link"))?;
    fs::hard_link(directory.join("precious"), directory.join("second-name"))?;
    fs::create_dir(directory.join("directory"))?;
    fs::write(directory.join("empty"), b"")?;
    for name in ["link", "second-name", "directory", "empty"] {
        must_refuse(manage, &Reference::name(name))?;
    }
    let listed = manage.volumes().must("volumes")?;
    let is_listed = |name: &str| listed.iter().any(|named| named.reference == Reference::name(name));
    must_be(!is_listed("link") && !is_listed("directory"), || format!("{listed:?}"))?;
    for name in ["second-name", "empty"] {
        let seen = manage.look_at(&Reference::name(name));
        let told = seen.as_ref().map_or(true, |seen| seen.unsafe_because.is_some());
        must_be(told, || format!("{name} looks safe: {seen:?}"))?;
    }
    must_be(fs::read(directory.join("precious"))? == b"precious", || "a file was written to".to_owned())
}
