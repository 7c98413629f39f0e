//! Backups that are made and taken away at the same time, over the same chunks.

use std::thread;

use backup::Depth;
use backup::packed::{self, Collected};
use ports::BackupStore;
use ports::backup::ObjectName;

use crate::world::{CHUNK, World, disk, noise};

#[test]
fn no_chunk_is_lost_whatever_is_made_and_taken_away_together() {
    let world = World::new();
    // Few contents, so that all share chunks with all.
    let contents: Vec<Vec<u8>> = (0..3).map(|seed| noise(seed, 6 * CHUNK)).collect();
    thread::scope(|scope| {
        for volume in 0..4_usize {
            let (world, contents) = (&world, &contents);
            scope.spawn(move || {
                for round in 0..12_usize {
                    let content = &contents[(volume + round) % contents.len()];
                    let at = World::at(volume, round);
                    world.back_up(&disk(content), &at, None).unwrap();
                    world.verify(&at, Depth::Deep).unwrap();
                    if round > 0 {
                        world.remove(&World::at(volume, round - 1)).unwrap();
                    }
                    world.assert_restores(&at, content);
                }
            });
        }
    });
    for volume in 0..4 {
        world.assert_restores(&World::at(volume, 11), &contents[(volume + 11) % 3]);
        world.remove(&World::at(volume, 11)).unwrap();
    }
    packed::collect(&world.store, "container", None).unwrap();
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn what_a_run_may_lead_to_stays_until_it_ends() {
    let world = World::new();
    let content = noise(1, 4 * CHUNK);
    let (old, new) = (World::at(1, 1), World::at(1, 2));
    world.back_up(&disk(&content), &old, None).unwrap();
    // A run for the new one has said that it may lead to the packs of the old one, and was killed.
    let mark = ObjectName::new("container", &format!("{}_running", new.prefix)).unwrap();
    let said = format!("[\"run:0000000000000001\", \"{}\"]", old.prefix);
    world.store.put(&mark, said.as_bytes()).unwrap();
    world.remove(&old).unwrap();
    assert_eq!(world.packs().len(), 1, "the run may lead to it");
    assert_eq!(packed::collect(&world.store, "container", None).unwrap(), Collected::Later);
    // The run is tried again, and needs nothing of the old one's: that goes when it ends.
    world.back_up(&disk(&noise(2, CHUNK)), &new, None).unwrap();
    assert_eq!(world.packs().len(), 1);
    world.assert_restores(&new, &noise(2, CHUNK));
    world.remove(&new).unwrap();
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn nothing_goes_while_a_manifest_cannot_be_read() {
    let world = World::new();
    for number in 1..=2 {
        world.back_up(&disk(&noise(number as u64, CHUNK)), &World::at(1, number), None).unwrap();
    }
    let manifest = world.root().join(format!("{}_manifest", World::at(1, 1).prefix));
    std::fs::write(&manifest, b"scribble").unwrap();
    world.remove(&World::at(1, 2)).unwrap();
    assert_eq!(world.packs().len(), 2);
    let collected = packed::collect(&world.store, "container", None).unwrap();
    let Collected::Unreadable(why) = collected else { panic!("{collected:?}") };
    assert!(why.contains("_backup_1_manifest is damaged"), "{why}");
    // With it goes what kept the others.
    world.remove(&World::at(1, 1)).unwrap();
    assert_eq!(world.objects(), [""; 0]);
}

#[test]
fn a_pack_that_is_mostly_dead_goes_with_the_backups_from_before() {
    let world = World::new();
    let volumes: Vec<Vec<u8>> = (0..3).map(|seed| noise(seed, 8 * CHUNK)).collect();
    let whole: Vec<u8> = volumes.concat();
    world.back_up(&disk(&whole), &World::at(1, 1), None).unwrap();
    // Most of it is written again; a quarter stays as it was, and so does the pack.
    let mut changed = noise(9, whole.len());
    changed[..6 * CHUNK].copy_from_slice(&whole[..6 * CHUNK]);
    world.back_up(&disk(&changed), &World::at(1, 2), Some(&World::at(1, 1))).unwrap();
    world.remove(&World::at(1, 1)).unwrap();
    assert_eq!(world.packs().len(), 2);
    let before = world.stored_bytes();
    // The next one leads to it no more, whether it is an increment or not, and keeps no more than the quarter anew.
    for (number, parent) in [(3, Some(World::at(1, 2))), (4, None)] {
        world.back_up(&disk(&changed), &World::at(1, number), parent.as_ref()).unwrap();
    }
    let kept = world.stored_bytes() - before;
    assert!(kept < 7 * CHUNK as u64, "{kept} bytes");
    world.remove(&World::at(1, 2)).unwrap();
    assert!(world.stored_bytes() < 25 * CHUNK as u64, "{} bytes", world.stored_bytes());
    for number in [3, 4] {
        world.assert_restores(&World::at(1, number), &changed);
        world.verify(&World::at(1, number), Depth::Deep).unwrap();
        world.remove(&World::at(1, number)).unwrap();
    }
    assert_eq!(world.objects(), [""; 0]);
}
