//! Bases, and what is made from them.

use model::BaseId;

use super::content::{SPOT, must_be_zero, must_hold, pattern, write};
use super::inventory::must_list;
use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::Work;
use crate::volume::bases::{Bases, of_location};
use crate::volume::{BaseRef, Disk, DriverError, FoundKind, Provisioned, SnapshotRef, Source, VolumeRef};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "a base is what it was filled with, once", run: base_is_made_once },
    Check { name: "a base that could not be filled is not there", run: failed_base_is_gone },
    Check { name: "volumes from one base are several", run: volumes_are_independent },
    Check { name: "a base is removed when nothing needs it", run: base_is_removed },
    Check { name: "what is made from such volumes is whole", run: copies_are_whole },
    Check { name: "a base of a volume keeps it as it was", run: base_of_volume },
    Check { name: "a base can differ from another", run: base_on_base },
    Check { name: "a reset volume is its base again", run: reset },
    Check { name: "a flat volume needs no base", run: flatten },
    Check { name: "a note of another base is not believed", run: notes_are_compared },
];

/// The driver's bases, where it keeps any. It is asked after a look at the backend, as by a service.
fn bases(subject: &dyn Subject) -> Result<Option<&dyn Bases>, Broken> {
    subject.driver().check().must("check")?;
    Ok(subject.driver().bases())
}

fn base(size_gib: u64, parent: Option<&BaseRef>) -> BaseRef {
    BaseRef { id: BaseId::random(), size_gib, pool: None, parent: parent.map(|parent| parent.id) }
}

/// Fills a disk as [`write`] would a volume of `size_gib`.
fn filler(
    subject: &dyn Subject,
    size_gib: u64,
    seed: u64,
) -> impl Fn(&dyn Disk, &Work) -> Result<(), DriverError> + Send + Sync + use<> {
    let gib = subject.gib_bytes();
    move |disk, _| {
        for at in 0..size_gib {
            for offset in [at * gib, at * gib + gib / 2, (at + 1) * gib - SPOT as u64] {
                disk.write_at(&pattern(seed, offset), offset).map_err(DriverError::io("filling"))?;
            }
        }
        Ok(())
    }
}

/// A base of one GiB.
fn filled(subject: &dyn Subject, bases: &dyn Bases, seed: u64) -> Result<BaseRef, Broken> {
    let made = base(1, None);
    bases.ensure_base(&Work::new(), &made, &filler(subject, 1, seed)).must("ensure_base")?;
    Ok(made)
}

/// The volume as the rows have it after the driver's answer.
fn noted(volume: VolumeRef, made: Provisioned) -> VolumeRef {
    VolumeRef { provider_location: made.provider_location, ..volume }
}

fn made(subject: &dyn Subject, volume: VolumeRef, source: &Source) -> Result<VolumeRef, Broken> {
    let made = subject.driver().ensure_volume(&Work::new(), &volume, Some(source)).must("ensure_volume")?;
    Ok(noted(volume, made))
}

fn from_base(subject: &dyn Subject, base: &BaseRef, size_gib: u64) -> Result<VolumeRef, Broken> {
    made(subject, volume(size_gib), &Source::Base(base.clone()))
}

fn base_must_hold(subject: &dyn Subject, bases: &dyn Bases, base: &BaseRef, seed: u64) -> Result<(), Broken> {
    let disk = bases.open_base(base).must("open_base")?;
    let last = subject.gib_bytes() - SPOT as u64;
    for offset in [0, last] {
        let mut found = vec![0; SPOT];
        disk.read_at(&mut found, offset)?;
        must_be(found == pattern(seed, offset), || format!("the base differs at {offset}"))?;
    }
    Ok(())
}

fn base_is_made_once(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(bases) = bases(subject)? else { return Ok(()) };
    let base = filled(subject, bases, 1)?;
    bases.ensure_base(&Work::new(), &base, &filler(subject, 1, 2)).must("ensure_base again")?;
    base_must_hold(subject, bases, &base, 1)?;
    must_list(subject, &[FoundKind::Base(base.id)])?;
    must_be(subject.driver_of_next_process().sweep().must("sweep")? == 0, || "a base was swept".to_owned())
}

fn failed_base_is_gone(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(bases) = bases(subject)? else { return Ok(()) };
    let base = base(1, None);
    let fails = |_: &dyn Disk, _: &Work| Err(DriverError::Refused("told to".to_owned()));
    let failed = bases.ensure_base(&Work::new(), &base, &fails).is_err();
    must_be(failed && bases.open_base(&base).is_err(), || "half a base is there".to_owned())?;
    bases.ensure_base(&Work::new(), &base, &filler(subject, 1, 1)).must("ensure_base")?;
    base_must_hold(subject, bases, &base, 1)
}

fn volumes_are_independent(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(bases) = bases(subject)? else { return Ok(()) };
    let base = filled(subject, bases, 1)?;
    let (first, second) = (from_base(subject, &base, 1)?, from_base(subject, &base, 3)?);
    must_hold(subject, &first, 1, 1)?;
    must_hold(subject, &second, 1, 1)?;
    must_be_zero(subject, &second, 1)?;
    write(subject, &first, 1, 2)?;
    let again = made(subject, first.clone(), &Source::Base(base.clone()))?;
    must_hold(subject, &again, 1, 2)?;
    must_hold(subject, &second, 1, 1)?;
    base_must_hold(subject, bases, &base, 1)?;
    let stands = of_location(again.provider_location.as_deref()) == Some(base.id);
    must_be(stands == bases.are_stood_on(), || "it does not say what it stands on".to_owned())
}

fn base_is_removed(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let base = filled(subject, bases, 1)?;
    let volume = from_base(subject, &base, 1)?;
    if bases.are_stood_on() {
        subject.driver().remove_volume(&work, &volume).must("remove_volume")?;
    }
    for what in ["remove_base", "remove_base again"] {
        bases.remove_base(&work, &base).must(what)?;
    }
    if bases.are_stood_on() { must_list(subject, &[]) } else { must_hold(subject, &volume, 1, 1) }
}

fn copies_are_whole(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let driver = subject.driver();
    let base = filled(subject, bases, 1)?;
    let origin = from_base(subject, &base, 1)?;
    let taken = snapshot(&origin);
    let answer = driver.ensure_snapshot(&work, &taken).must("ensure_snapshot")?;
    let taken = SnapshotRef { provider_location: answer.provider_location, ..taken };
    write(subject, &origin, 1, 2)?;
    let copy = made(subject, volume(2), &Source::Volume(origin.clone()))?;
    let older = made(subject, volume(1), &Source::Snapshot(taken.clone()))?;
    must_hold(subject, &copy, 1, 2)?;
    must_be_zero(subject, &copy, 1)?;
    must_hold(subject, &older, 1, 1)?;
    let larger = VolumeRef { size_gib: 2, ..older };
    let answer = driver.extend_volume(&work, &larger).must("extend_volume")?;
    let larger = noted(larger, answer);
    must_hold(subject, &larger, 1, 1)?;
    must_be_zero(subject, &larger, 1)?;
    let answer = driver.revert_volume(&work, &origin, &taken).must("revert_volume")?;
    must_hold(subject, &noted(origin, answer), 1, 1)
}

fn base_of_volume(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let first = filled(subject, bases, 1)?;
    let (desktop, template) = (from_base(subject, &first, 1)?, from_base(subject, &first, 1)?);
    write(subject, &template, 1, 2)?;
    let second = base(1, Some(&first));
    for what in ["ensure_base_of", "ensure_base_of again"] {
        bases.ensure_base_of(&work, &second, &template).must(what)?;
        write(subject, &template, 1, 3)?;
    }
    base_must_hold(subject, bases, &second, 2)?;
    must_hold(subject, &desktop, 1, 1)?;
    must_hold(subject, &from_base(subject, &second, 1)?, 1, 2)?;
    // One that never stood on anything.
    let blank = volume(1);
    subject.driver().ensure_volume(&work, &blank, None).must("ensure_volume")?;
    write(subject, &blank, 1, 4)?;
    let third = base(1, None);
    bases.ensure_base_of(&work, &third, &blank).must("ensure_base_of a blank volume")?;
    must_hold(subject, &from_base(subject, &third, 1)?, 1, 4)
}

fn base_on_base(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let first = filled(subject, bases, 1)?;
    let second = base(2, Some(&first));
    let end = subject.gib_bytes() - SPOT as u64;
    let differs = move |disk: &dyn Disk, _: &Work| {
        disk.write_at(&pattern(2, end), end).map_err(DriverError::io("filling"))
    };
    bases.ensure_base(&work, &second, &differs).must("ensure_base on a base")?;
    let volume = from_base(subject, &second, 2)?;
    must_be(subject.read_at(&volume, SPOT, end)? == pattern(2, end), || {
        "the difference is not there".into()
    })?;
    must_be(subject.read_at(&volume, SPOT, 0)? == pattern(1, 0), || "the base is not there".into())?;
    must_be_zero(subject, &volume, 1)?;
    base_must_hold(subject, bases, &first, 1)
}

fn reset(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let (first, second) = (filled(subject, bases, 1)?, filled(subject, bases, 2)?);
    let mut volume = from_base(subject, &first, 2)?;
    for (base, seed, what) in [(&first, 1, "reset_volume"), (&second, 2, "reset_volume to another")] {
        write(subject, &volume, 2, 3)?;
        for _ in 0..2 {
            let answer = bases.reset_volume(&work, &volume, base).must(what)?;
            volume = noted(volume, answer);
        }
        must_hold(subject, &volume, 1, seed)?;
        must_be_zero(subject, &volume, 1)?;
    }
    Ok(())
}

fn flatten(subject: &dyn Subject) -> Result<(), Broken> {
    let (Some(bases), work) = (bases(subject)?, Work::new()) else { return Ok(()) };
    let base = filled(subject, bases, 1)?;
    let mut volume = from_base(subject, &base, 1)?;
    for what in ["flatten_volume", "flatten_volume again"] {
        let answer = bases.flatten_volume(&work, &volume).must(what)?;
        volume = noted(volume, answer);
        must_be(of_location(volume.provider_location.as_deref()).is_none(), || "it still stands".to_owned())?;
    }
    bases.remove_base(&work, &base).must("remove_base")?;
    must_hold(subject, &volume, 1, 1)?;
    // A copy of it is a copy.
    let whole = made(subject, super::subject::volume(1), &Source::Volume(volume))?;
    must_hold(subject, &whole, 1, 1)
}

/// Where what is kept says itself what it stands on, that has to be what was noted.
fn notes_are_compared(subject: &dyn Subject) -> Result<(), Broken> {
    let Some(bases) = bases(subject)? else { return Ok(()) };
    let (first, second) = (filled(subject, bases, 1)?, filled(subject, bases, 2)?);
    let (one, other) = (from_base(subject, &first, 1)?, from_base(subject, &second, 1)?);
    let Some(directory) = subject.directory() else { return Ok(()) };
    let path = |volume: &VolumeRef| directory.join(format!("volume-{}", volume.id));
    if !bases.are_stood_on() || !std::fs::read(path(&one))?.starts_with(b"QFI\xfb") {
        return Ok(());
    }
    std::fs::copy(path(&other), path(&one))?;
    let driver = subject.driver();
    let refused = driver.open_volume(&one, crate::volume::Access::Read).is_err()
        && driver.extend_volume(&Work::new(), &one).is_err()
        && driver.ensure_volume(&Work::new(), &volume(1), Some(&Source::Volume(one))).is_err();
    must_be(refused, || "a header was believed that names another base".to_owned())
}
