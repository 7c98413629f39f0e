//! What volumes hold, and that nothing but writing to them changes it.

use super::subject::{snapshot, volume};
use super::{Broken, Check, Must, Subject, must_be};
use crate::volume::{Source, VolumeRef};
use crate::{Exec, Work};

pub(super) const CHECKS: &[Check] = &[
    Check { name: "a blank volume reads as zeros", run: blank_is_zero },
    Check { name: "a volume keeps what is written", run: keeps_content },
    Check { name: "other processes of the machine read a volume", run: is_shown },
    Check { name: "making a volume again keeps what is written", run: ensure_again_keeps_content },
    Check { name: "a snapshot is one moment of its volume", run: snapshot_is_a_moment },
    Check { name: "a volume from a snapshot leaves the snapshot alone", run: snapshot_is_not_written },
    Check { name: "a volume outlives the snapshot that it is from", run: outlives_snapshot },
    Check { name: "a clone and its source are two volumes", run: clone_is_independent },
    Check { name: "a clone can be larger than its source", run: clone_is_larger },
    Check { name: "reverting brings the snapshot's content back", run: revert_brings_back },
    Check { name: "growing keeps the content and adds zeros", run: extend_keeps_content },
];

/// Bytes per written spot.
pub(super) const SPOT: usize = 4096;

/// The offsets at which the checks look: both ends of each GiB, and its middle.
fn spots(subject: &dyn Subject, size_gib: u64) -> Vec<u64> {
    let (gib, spot) = (subject.gib_bytes(), SPOT as u64);
    (0..size_gib).flat_map(|at| [at * gib, at * gib + gib / 2, (at + 1) * gib - spot]).collect()
}

/// Recognisable bytes that differ from spot to spot and from `seed` to `seed`, and are nowhere zero.
pub(super) fn pattern(seed: u64, offset: u64) -> Vec<u8> {
    (0..SPOT as u64).map(|i| (seed.wrapping_mul(31) ^ (offset >> 12) ^ i).to_le_bytes()[0] | 1).collect()
}

pub(super) fn write(
    subject: &dyn Subject,
    volume: &VolumeRef,
    size_gib: u64,
    seed: u64,
) -> Result<(), Broken> {
    for offset in spots(subject, size_gib) {
        subject.write_at(volume, &pattern(seed, offset), offset)?;
    }
    Ok(())
}

/// The first `size_gib` of the volume hold what was written with `seed`.
pub(super) fn must_hold(
    subject: &dyn Subject,
    volume: &VolumeRef,
    size_gib: u64,
    seed: u64,
) -> Result<(), Broken> {
    for offset in spots(subject, size_gib) {
        let bytes = subject.read_at(volume, SPOT, offset)?;
        must_be(bytes == pattern(seed, offset), || format!("other content at byte {offset}"))?;
    }
    Ok(())
}

/// The volume reads as zeros from `from_gib` on, and ends where its size says.
pub(super) fn must_be_zero(subject: &dyn Subject, volume: &VolumeRef, from_gib: u64) -> Result<(), Broken> {
    for offset in spots(subject, volume.size_gib) {
        if offset >= from_gib * subject.gib_bytes() {
            let bytes = subject.read_at(volume, SPOT, offset)?;
            must_be(bytes.iter().all(|byte| *byte == 0), || format!("not zero at byte {offset}"))?;
        }
    }
    let (len, wanted) = (subject.len(volume)?, volume.size_gib * subject.gib_bytes());
    must_be(len == wanted, || format!("{len} bytes large instead of {wanted}"))
}

fn made(subject: &dyn Subject, volume: VolumeRef, source: Option<&Source>) -> Result<VolumeRef, Broken> {
    subject.driver().ensure_volume(&Work::new(), &volume, source).must("ensure_volume")?;
    Ok(volume)
}

fn blank_is_zero(subject: &dyn Subject) -> Result<(), Broken> {
    let volume = made(subject, volume(2), None)?;
    if subject.driver().capabilities().unwritten_is_zero { must_be_zero(subject, &volume, 0) } else { Ok(()) }
}

fn keeps_content(subject: &dyn Subject) -> Result<(), Broken> {
    let volume = made(subject, volume(1), None)?;
    write(subject, &volume, 1, 1)?;
    must_hold(subject, &volume, 1, 1)
}

fn is_shown(subject: &dyn Subject) -> Result<(), Broken> {
    let volume = made(subject, volume(1), None)?;
    write(subject, &volume, 1, 1)?;
    let here = subject.driver().here(&volume).must("show a volume")?;
    must_be(here.is_some() == subject.driver().capabilities().shows_volumes, || {
        "its capabilities say otherwise".to_owned()
    })?;
    let Some(here) = here else { return Ok(()) };
    let disk = here.open(&Exec::direct(), "the volume").must("be opened where it is shown")?;
    for offset in spots(subject, 1) {
        let mut bytes = vec![0; SPOT];
        disk.read_at(&mut bytes, offset)?;
        must_be(bytes == pattern(1, offset), || format!("other content at byte {offset} where it is shown"))?;
    }
    Ok(())
}

fn ensure_again_keeps_content(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let origin = made(subject, origin, None)?;
    must_hold(subject, &origin, 1, 1)?;
    let source = Source::Volume(origin);
    let copy = made(subject, volume(1), Some(&source))?;
    write(subject, &copy, 1, 2)?;
    let copy = made(subject, copy, Some(&source))?;
    must_hold(subject, &copy, 1, 2)
}

fn snapshot_is_a_moment(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let snapshot = snapshot(&origin);
    subject.driver().ensure_snapshot(&Work::new(), &snapshot).must("ensure_snapshot")?;
    write(subject, &origin, 1, 2)?;
    // A second call finds the snapshot made; it must not take it anew.
    subject.driver().ensure_snapshot(&Work::new(), &snapshot).must("ensure_snapshot again")?;
    let copy = made(subject, volume(1), Some(&Source::Snapshot(snapshot)))?;
    must_hold(subject, &copy, 1, 1)?;
    must_hold(subject, &origin, 1, 2)
}

fn snapshot_is_not_written(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let snapshot = snapshot(&origin);
    subject.driver().ensure_snapshot(&Work::new(), &snapshot).must("ensure_snapshot")?;
    let source = Source::Snapshot(snapshot);
    let first = made(subject, volume(1), Some(&source))?;
    write(subject, &first, 1, 2)?;
    let second = made(subject, volume(1), Some(&source))?;
    must_hold(subject, &second, 1, 1)
}

fn outlives_snapshot(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let snapshot = snapshot(&origin);
    subject.driver().ensure_snapshot(&Work::new(), &snapshot).must("ensure_snapshot")?;
    let copy = made(subject, volume(2), Some(&Source::Snapshot(snapshot.clone())))?;
    subject.driver().remove_snapshot(&Work::new(), &snapshot).must("remove_snapshot")?;
    must_hold(subject, &copy, 1, 1)?;
    must_be_zero(subject, &copy, 1)?;
    must_hold(subject, &origin, 1, 1)
}

fn clone_is_independent(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let copy = made(subject, volume(1), Some(&Source::Volume(origin.clone())))?;
    must_hold(subject, &copy, 1, 1)?;
    write(subject, &origin, 1, 2)?;
    write(subject, &copy, 1, 3)?;
    must_hold(subject, &origin, 1, 2)?;
    subject.driver().remove_volume(&Work::new(), &origin).must("remove_volume")?;
    must_hold(subject, &copy, 1, 3)
}

fn clone_is_larger(subject: &dyn Subject) -> Result<(), Broken> {
    let origin = made(subject, volume(1), None)?;
    write(subject, &origin, 1, 1)?;
    let copy = made(subject, volume(3), Some(&Source::Volume(origin)))?;
    must_hold(subject, &copy, 1, 1)?;
    must_be_zero(subject, &copy, 1)
}

fn revert_brings_back(subject: &dyn Subject) -> Result<(), Broken> {
    let volume = made(subject, volume(2), None)?;
    write(subject, &volume, 1, 1)?;
    let snapshot = snapshot(&volume);
    subject.driver().ensure_snapshot(&Work::new(), &snapshot).must("ensure_snapshot")?;
    write(subject, &volume, 2, 2)?;
    for what in ["revert_volume", "revert_volume again"] {
        subject.driver().revert_volume(&Work::new(), &volume, &snapshot).must(what)?;
        must_hold(subject, &volume, 1, 1)?;
        if subject.driver().capabilities().unwritten_is_zero {
            must_be_zero(subject, &volume, 1)?;
        }
    }
    // The two stay two.
    write(subject, &volume, 2, 3)?;
    subject.driver().revert_volume(&Work::new(), &volume, &snapshot).must("revert_volume")?;
    must_hold(subject, &volume, 1, 1)
}

fn extend_keeps_content(subject: &dyn Subject) -> Result<(), Broken> {
    let mut volume = made(subject, volume(1), None)?;
    write(subject, &volume, 1, 1)?;
    let old = volume.clone();
    volume.size_gib = 3;
    for what in ["extend_volume", "extend_volume again"] {
        subject.driver().extend_volume(&Work::new(), &volume).must(what)?;
        must_hold(subject, &volume, 1, 1)?;
        if subject.driver().capabilities().unwritten_is_zero {
            must_be_zero(subject, &volume, 1)?;
        }
    }
    subject.driver().extend_volume(&Work::new(), &old).must("extend_volume to a smaller size")?;
    let bytes = subject.len(&volume)?;
    must_be(bytes == 3 * subject.gib_bytes(), || format!("{bytes} bytes after a second growth"))
}
