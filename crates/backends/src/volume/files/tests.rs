#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use model::{SnapshotId, VolumeId};
use ports::Work;
use ports::volume::FoundKind;

use super::group_sync::GroupSync;
use super::*;

#[test]
fn names_are_read_as_they_are_written_and_in_no_other_form() {
    let (volume, snapshot) = (VolumeId::random(), SnapshotId::random());
    for name in [FileName::volume(volume), FileName::snapshot(snapshot)] {
        for name in [name, name.unfinished()] {
            assert_eq!(FileName::parse(&name.to_string()), Some(name));
        }
    }
    let offered = FileName::offered(volume);
    assert_eq!(
        (FileName::parse(&offered.to_string()), offered.kind()),
        (Some(offered), FoundKind::Unfinished)
    );
    assert_eq!(FileName::volume(volume).to_string(), format!("volume-{volume}"));
    assert_eq!(FileName::volume(volume).unfinished().kind(), FoundKind::Unfinished);
    let others = [
        String::new(),
        "volume-".to_owned(),
        format!("volume-{}", volume.uuid().simple()),
        format!("volume-{{{volume}}}"),
        format!("volume-urn:uuid:{volume}"),
        format!("volume-{volume} "),
        format!("VOLUME-{volume}"),
        format!("volume-{}", "A".repeat(36)),
        format!(".unfinished-.unfinished-volume-{volume}"),
        format!(".unfinished-{volume}"),
        format!("backup-{volume}"),
        format!("offered-{volume}"),
    ];
    for text in others {
        assert_eq!(FileName::parse(&text), None, "{text}");
    }
}

#[test]
fn sizes_are_counted_in_bytes_or_refused() {
    assert_eq!(bytes_of(3, GIB).unwrap(), 3 << 30);
    assert_eq!(bytes_of(MAX_SIZE_GIB, GIB).unwrap(), MAX_SIZE_GIB << 30);
    for size_gib in [0, MAX_SIZE_GIB + 1, u64::MAX] {
        assert!(matches!(bytes_of(size_gib, GIB), Err(DriverError::Refused(_))));
    }
    assert!(matches!(bytes_of(2, u64::MAX), Err(DriverError::Refused(_))));
}

#[test]
fn waiting_callers_share_a_sync_that_began_after_they_came() {
    const CALLERS: u64 = 40;
    let (group, begun, finished) = (GroupSync::default(), AtomicU64::new(0), AtomicU64::new(0));
    let sync = || {
        let number = begun.fetch_add(1, Ordering::SeqCst) + 1;
        thread::sleep(Duration::from_millis(20));
        finished.store(number, Ordering::SeqCst);
        Ok(())
    };
    let all_there = Barrier::new(usize::try_from(CALLERS).unwrap());
    thread::scope(|scope| {
        for _ in 0..CALLERS {
            scope.spawn(|| {
                all_there.wait();
                let begun_before = begun.load(Ordering::SeqCst);
                group.run(sync).unwrap();
                assert!(
                    finished.load(Ordering::SeqCst) > begun_before,
                    "a sync from before was taken for ours"
                );
            });
        }
    });
    let syncs = begun.load(Ordering::SeqCst);
    assert!((1..=CALLERS / 4).contains(&syncs), "{syncs} syncs");
}

#[test]
fn a_failed_sync_is_told_to_its_caller_only() {
    let (group, tries) = (GroupSync::default(), AtomicU64::new(0));
    let first_fails = || {
        thread::sleep(Duration::from_millis(20));
        match tries.fetch_add(1, Ordering::SeqCst) {
            0 => Err(io::Error::other("first")),
            _ => Ok(()),
        }
    };
    let results: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| group.run(first_fails))).collect();
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
    assert!(tries.load(Ordering::SeqCst) >= 2);
}

/// A sparse file: 64 KiB of data at 8 MiB, a tail of data at the end of 40 MiB.
fn sparse() -> File {
    let file = tempfile::tempfile().unwrap();
    file.set_len(40 << 20).unwrap();
    file.write_all_at(&vec![7; 64 << 10], 8 << 20).unwrap();
    file.write_all_at(b"the end", (40 << 20) - 7).unwrap();
    file
}

#[test]
fn a_copy_has_the_same_bytes_and_the_same_holes() {
    let (from, to, work) = (sparse(), tempfile::tempfile().unwrap(), Work::new());
    copy_sparse(&from, &to, &work).unwrap();
    assert_eq!(to.metadata().unwrap().len(), 40 << 20);
    assert!(to.metadata().unwrap().blocks() * 512 <= 1 << 20);
    let (mut one, mut other) = (vec![0; 40 << 20], vec![1; 40 << 20]);
    from.read_exact_at(&mut one, 0).unwrap();
    to.read_exact_at(&mut other, 0).unwrap();
    assert!(one == other);
    assert_eq!(work.percent(), Some(100));
}

#[test]
fn a_copy_ends_when_it_is_called_off() {
    let work = Work::new();
    work.call_off();
    let stopped = copy_sparse(&sparse(), &tempfile::tempfile().unwrap(), &work);
    assert!(matches!(stopped, Err(Stopped::Unwanted(_))));
}

#[test]
fn a_copy_between_file_systems_leaves_out_zeros() {
    let Ok(elsewhere) = tempfile::tempfile_in("/dev/shm") else {
        return skips::report("there is no /dev/shm");
    };
    let (from, work) = (tempfile::tempfile().unwrap(), Work::new());
    from.write_all_at(&vec![0; 4 << 20], 0).unwrap();
    from.write_all_at(b"x", 1 << 20).unwrap();
    copy_sparse(&from, &elsewhere, &work).unwrap();
    let found = elsewhere.metadata().unwrap();
    assert_eq!(found.len(), 4 << 20);
    assert!(found.blocks() * 512 <= 1 << 20, "{} blocks", found.blocks());
    let mut byte = [0];
    elsewhere.read_exact_at(&mut byte, 1 << 20).unwrap();
    assert_eq!(&byte, b"x");
}

#[test]
fn a_wipe_covers_exactly_what_it_is_told() {
    let (file, work) = (tempfile::tempfile().unwrap(), Work::new());
    file.write_all_at(&vec![7; 3 << 20], 0).unwrap();
    wipe(&file, (1 << 20) + 5, &work).unwrap();
    let mut bytes = vec![1; 3 << 20];
    file.read_exact_at(&mut bytes, 0).unwrap();
    let (wiped, kept) = bytes.split_at((1 << 20) + 5);
    assert!(wiped.iter().all(|byte| *byte == 0) && kept.iter().all(|byte| *byte == 7));
    assert_eq!(work.percent(), Some(100));
    wipe(&file, u64::MAX, &Work::new()).unwrap();
    file.read_exact_at(&mut bytes, 0).unwrap();
    assert!(bytes.iter().all(|byte| *byte == 0));
    assert_eq!(file.metadata().unwrap().len(), 3 << 20);
}
