//! Reading a backup without restoring it, restoring what is not damaged, and finding a backup without rows.

use std::sync::Arc;

use backends::backup::posix::PosixStore;
use backup::packed::{self, PackedDisk};
use backup::{BackupError, Depth};
use ports::Work;
use ports::volume::Disk;

use crate::world::{CHUNK, World, content_of, disk, noise};

/// Data, zeros and data again, over more than one table.
fn content() -> Vec<u8> {
    let mut content = vec![0; 1030 * CHUNK + 777];
    content[..40 * CHUNK].copy_from_slice(&noise(1, 40 * CHUNK));
    let end = content.len();
    content[end - 3 * CHUNK..].copy_from_slice(&noise(2, 3 * CHUNK));
    content
}

fn opened(world: &World, number: usize) -> PackedDisk {
    let root = world.root();
    let store = Arc::new(PosixStore::new(root.parent().unwrap().to_owned()));
    PackedDisk::open(store, World::at(1, number), world.key.clone()).unwrap()
}

#[test]
fn a_backup_is_read_where_somebody_looks() {
    let (world, content) = (World::sealed(), content());
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    let seen = opened(&world, 1);
    assert_eq!(seen.size_bytes(), content.len() as u64);
    assert!(content_of(&seen) == content);
    for (from, length) in
        [(0, 1), (CHUNK - 1, 2), (39 * CHUNK + 5, 3 * CHUNK), (content.len() - 1, 1), (7, 0)]
    {
        let mut part = vec![0xEE; length];
        seen.read_at(&mut part, from as u64).unwrap();
        assert!(part == content[from..from + length], "{length} bytes at {from}");
    }
    assert!(seen.read_at(&mut [0; 2], content.len() as u64 - 1).is_err());
    assert!(seen.read_at(&mut [0; 2], u64::MAX).is_err());
    assert!(seen.write_at(&[1], 0).is_err());
    // The account of zeros is true, and goes on to the end.
    let (mut at, mut zeros) = (0, 0);
    while at < seen.size_bytes() {
        let extent = seen.extent_at(at).unwrap();
        assert!(extent.length_bytes > 0);
        let stretch =
            &content[usize::try_from(at).unwrap()..usize::try_from(at + extent.length_bytes).unwrap()];
        if extent.is_zero {
            assert!(stretch.iter().all(|byte| *byte == 0));
            zeros += extent.length_bytes;
        }
        at += extent.length_bytes;
    }
    assert_eq!(zeros, (987 * CHUNK) as u64);
}

#[test]
fn what_is_not_damaged_is_restored_and_the_rest_is_named() {
    let (world, content) = (World::sealed(), content());
    let at = World::at(1, 1);
    world.back_up(&disk(&content), &at, None).unwrap();
    let pack = world.packs().remove(0);
    let path = world.root().join(&pack);
    let mut broken = std::fs::read(&path).unwrap();
    broken[3 * CHUNK] ^= 1;
    std::fs::write(&path, broken).unwrap();
    assert!(matches!(world.verify(&at, Depth::Deep), Err(BackupError::Damaged { .. })));
    let target = disk(&vec![0; content.len()]);
    let salvage =
        || packed::salvage(&world.store, &at, world.key.as_ref(), &target, &world.means, &Work::new());
    let lost = salvage().unwrap();
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert!(lost[0].object.ends_with(&pack) && lost[0].length_bytes == CHUNK as u64, "{lost:?}");
    let from = usize::try_from(lost[0].offset_bytes).unwrap();
    let mut expected = content.clone();
    expected[from..from + CHUNK].fill(0);
    assert!(content_of(&target) == expected);
    // The same through the disk: all but the lost chunk can be read.
    let seen = opened(&world, 1);
    let mut chunk = vec![0; CHUNK];
    for number in 0..40 {
        let is_there = seen.read_at(&mut chunk, (number * CHUNK) as u64).is_ok();
        assert_eq!(is_there, number * CHUNK != from, "chunk {number}");
    }
    // Without the pack everything in it is lost, and that is told as well.
    std::fs::remove_file(&path).unwrap();
    assert!(salvage().unwrap().iter().all(|lost| lost.object.contains(&pack)));
}

#[test]
fn a_backup_is_found_by_its_identifier() {
    let world = World::new();
    let at = World::at(1, 12);
    world.back_up(&disk(&noise(1, CHUNK)), &at, None).unwrap();
    let found = backup::chain(&world.store, Some("container"), "12").unwrap();
    assert_eq!(found.iter().map(|layer| &layer.at).collect::<Vec<_>>(), [&at]);
    for (container, id) in [(Some("container"), "2"), (None, "12"), (Some("../x"), "12"), (None, "é")] {
        let refused = backup::chain(&world.store, container, id).unwrap_err().to_string();
        assert!(refused.contains("no backup"), "{refused}");
    }
}
