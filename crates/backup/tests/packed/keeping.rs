//! What is kept, and how often.

use crate::world::{CHUNK, World, disk, noise};

#[test]
fn what_is_kept_already_is_not_kept_again() {
    for world in [World::new(), World::sealed()] {
        let content = noise(1, 40 * CHUNK);
        world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
        let first = world.stored_bytes();
        assert!(first > 40 * CHUNK as u64 && first < 41 * CHUNK as u64, "{first} bytes");
        // A generation of the same volume, and another volume with the same content.
        world.back_up(&disk(&content), &World::at(1, 2), Some(&World::at(1, 1))).unwrap();
        world.back_up(&disk(&content), &World::at(2, 3), None).unwrap();
        let all = world.stored_bytes();
        assert!(all - first < 4096, "{} bytes more for the same content", all - first);
        assert_eq!(world.packs().len(), 1);
        for at in [World::at(1, 1), World::at(1, 2), World::at(2, 3)] {
            world.assert_restores(&at, &content);
        }
    }
}

#[test]
fn only_what_changed_is_kept() {
    let world = World::new();
    let mut content = noise(1, 40 * CHUNK);
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    let before = world.stored_bytes();
    content[7 * CHUNK + 5] ^= 1;
    content[20 * CHUNK..21 * CHUNK].fill(0);
    // The volume has grown as well.
    content.resize(50 * CHUNK, 0);
    let written = world.back_up(&disk(&content), &World::at(1, 2), Some(&World::at(1, 1))).unwrap();
    assert_eq!(written.object_count, 1);
    let more = world.stored_bytes() - before;
    assert!(more > CHUNK as u64 && more < 2 * CHUNK as u64, "{more} bytes for one chunk that changed");
    world.assert_restores(&World::at(1, 2), &content);
}

#[test]
fn nothing_is_kept_of_zeros_and_little_of_text() {
    let world = World::new();
    let mut content = vec![0; 30 * CHUNK + 1000];
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    assert!(world.stored_bytes() < 4096);
    assert_eq!(world.packs(), [""; 0]);
    for (number, byte) in content.iter_mut().enumerate() {
        *byte = b"nothing is lost, stuck or left behind. "[(number / 7) % 39];
    }
    world.back_up(&disk(&content), &World::at(1, 2), Some(&World::at(1, 1))).unwrap();
    assert!(world.stored_bytes() < 4 * CHUNK as u64);
    world.assert_restores(&World::at(1, 2), &content);
}

#[test]
fn a_volume_without_a_byte_has_a_backup() {
    let world = World::new();
    world.back_up(&disk(&[]), &World::at(1, 1), None).unwrap();
    world.assert_restores(&World::at(1, 1), &[]);
}

#[test]
fn volumes_of_several_tables_and_packs_come_back() {
    let world = World::sealed();
    // A little more than one table covers, mostly holes, and more than one pack holds.
    let mut content = vec![0; 1030 * CHUNK + 77];
    content[3 * CHUNK..303 * CHUNK].copy_from_slice(&noise(3, 300 * CHUNK));
    let end = content.len();
    content[end - 5 * CHUNK..].copy_from_slice(&noise(4, 5 * CHUNK));
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    assert_eq!(world.packs().len(), 2);
    world.assert_restores(&World::at(1, 1), &content);
}

#[test]
fn a_backup_that_is_made_again_stays_as_it_is() {
    let world = World::new();
    let content = noise(1, 3 * CHUNK);
    world.back_up(&disk(&content), &World::at(1, 1), None).unwrap();
    let before = world.objects();
    world.back_up(&disk(&noise(2, 3 * CHUNK)), &World::at(1, 1), None).unwrap();
    assert_eq!(world.objects(), before);
    world.assert_restores(&World::at(1, 1), &content);
}
