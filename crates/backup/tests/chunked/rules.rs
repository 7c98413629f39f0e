//! Ours hold to the rules of the format.

use std::fs;

use backup::chunked::{self, Options};
use backup::{Algorithm, BackupError};
use ports::volume::Disk;
use ports::{BackupStore, Work};
use serde_json::Value;

use super::world::{World, blank, content, small};

const SIZE: usize = 300_000;

fn text_like() -> Vec<u8> {
    (0..SIZE).map(|at| b"some words of text "[at % 19] ^ (at / 5000) as u8).collect()
}

fn document(world: &World, number: usize, rest: &str) -> (String, Value) {
    let at = World::layer(number).at;
    let text =
        fs::read_to_string(world.root().join(&at.container).join(format!("{}{rest}", at.prefix))).unwrap();
    let value = serde_json::from_str(&text).unwrap();
    (text, value)
}

#[test]
fn a_full_backup_has_one_object_for_each_piece() {
    for algorithm in [Algorithm::None, Algorithm::Zlib, Algorithm::Bzip2, Algorithm::Zstd] {
        let world = World::new(Options { algorithm, ..small() }, 3);
        let disk = World::disk(&text_like());
        let written = world.back_up(&disk, 1, None).unwrap();
        assert_eq!(written.object_count, (SIZE as u64).div_ceil(64 << 10));
        let (text, metadata) = document(&world, 1, "_metadata");
        let keys: Vec<&String> = metadata.as_object().unwrap().keys().collect();
        assert!(keys.is_sorted() && text.starts_with("{\n  \"backup_description\": null,\n"), "{text}");
        let mut at = 0;
        for (number, object) in (1..).zip(metadata["objects"].as_array().unwrap()) {
            let (name, entry) = object.as_object().unwrap().iter().next().unwrap();
            assert_eq!(*name, format!("volume_v_20261120183628_backup_1-{number:05}"));
            assert_eq!(entry["offset"].as_u64(), Some(at));
            assert_eq!(entry["compression"], algorithm.word());
            at += entry["length"].as_u64().unwrap();
        }
        assert_eq!(at, SIZE as u64);
        let (_, hashes) = document(&world, 1, "_sha256file");
        assert_eq!(hashes["chunk_size"], 4096);
        assert_eq!(hashes["sha256s"].as_array().unwrap().len(), SIZE.div_ceil(4096));
        let back = blank(SIZE as u64);
        assert_eq!(world.restore(&[1], &back).unwrap().as_deref(), Some("{\"version\": 2}"));
        assert!(content(&back) == text_like());
    }
}

#[test]
fn an_increment_has_one_object_for_each_run_of_changed_blocks() {
    let world = World::new(small(), 2);
    let disk = World::disk(&text_like());
    world.back_up(&disk, 1, None).unwrap();
    assert_eq!(world.back_up(&disk, 2, Some(1)).unwrap().object_count, 0);
    disk.write_at(&[9; 10], 4090).unwrap();
    disk.write_at(&[9; 10], 100_000).unwrap();
    disk.write_at(&[9; 10], SIZE as u64 - 10).unwrap();
    assert_eq!(world.back_up(&disk, 3, Some(2)).unwrap().object_count, 3);
    let (_, metadata) = document(&world, 3, "_metadata");
    let places: Vec<(u64, u64)> = metadata["objects"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|object| object.as_object().unwrap().values())
        .map(|entry| (entry["offset"].as_u64().unwrap(), entry["length"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, [(0, 8192), (98_304, 4096), (299_008, 992)]);
    let back = blank(SIZE as u64);
    world.restore(&[1, 2, 3], &back).unwrap();
    assert!(content(&back) == content(&disk));
}

/// Cinder lost these before 29.0.0 when it restored to a new volume.
#[test]
fn what_became_zero_is_zero_again_after_a_restore() {
    let world = World::new(small(), 2);
    let disk = World::disk(&text_like());
    world.back_up(&disk, 1, None).unwrap();
    disk.zero_at(65_536, 131_072).unwrap();
    world.back_up(&disk, 2, Some(1)).unwrap();
    for target in [blank(SIZE as u64), World::disk(&vec![7; SIZE])] {
        world.restore(&[1, 2], &target).unwrap();
        assert!(content(&target) == content(&disk));
    }
}

#[test]
fn increments_need_a_parent_that_fits() {
    let world = World::new(small(), 1);
    let disk = World::disk(&text_like());
    world.back_up(&disk, 1, None).unwrap();
    let larger = blank(SIZE as u64 + 5000);
    let refused = world.back_up(&larger, 2, Some(1)).unwrap_err().to_string();
    assert_eq!(refused, "Volume size increased since the last backup. Do a full backup.");
    let mut other = world;
    other.options.block_bytes = 8192;
    let refused = other.back_up(&disk, 2, Some(1)).unwrap_err().to_string();
    assert!(refused.starts_with("Hash block size has changed since the last backup."), "{refused}");
}

#[test]
fn what_a_dead_try_left_is_removed_by_the_next_and_by_removing() {
    let world = World::new(small(), 2);
    let at = World::layer(1).at;
    let stray = ports::backup::ObjectName::new(&at.container, &format!("{}-00077", at.prefix)).unwrap();
    world.store.put(&stray, b"x").unwrap();
    world.back_up(&World::disk(&text_like()), 1, None).unwrap();
    world.restore(&[1], &blank(SIZE as u64)).unwrap();
    chunked::remove(&world.store, &at).unwrap();
    chunked::remove(&world.store, &at).unwrap();
    assert_eq!(world.store.list(&at.container, "").unwrap(), []);
}

#[test]
fn called_off_work_ends() {
    let world = World::new(small(), 3);
    let work = Work::new();
    work.call_off();
    let (at, disk) = (World::layer(1).at, World::disk(&text_like()));
    world.back_up(&disk, 1, None).unwrap();
    let layers = [World::layer(1)];
    let target = blank(SIZE as u64);
    let ended = chunked::restore(&world.store, &layers, &target, &world.means, &work).unwrap_err();
    assert!(matches!(ended, BackupError::Unwanted(_)), "{ended}");
    assert!(!world.store.list(&at.container, "").unwrap().is_empty());
}

#[test]
fn an_empty_disk_can_be_backed_up() {
    let world = World::new(small(), 2);
    assert_eq!(world.back_up(&blank(0), 1, None).unwrap().object_count, 0);
    world.restore(&[1], &blank(0)).unwrap();
}
