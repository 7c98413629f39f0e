//! Damaged stores.

use backup::{BackupError, Depth};

use crate::world::{CHUNK, World, disk, key, noise};

#[test]
fn every_damage_is_found_and_named() {
    for world in [World::new(), World::sealed()] {
        let at = World::at(1, 1);
        world.back_up(&disk(&noise(1, 5 * CHUNK)), &at, None).unwrap();
        for name in world.objects() {
            let path = world.root().join(&name);
            let whole = std::fs::read(&path).unwrap();
            for place in [0, 1, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
                let mut broken = whole.clone();
                broken[place] ^= 0x04;
                std::fs::write(&path, &broken).unwrap();
                assert_names(world.verify(&at, Depth::Deep).map(drop), &name);
                assert_names(world.restore(&at, &disk(&vec![0; 5 * CHUNK])).map(drop), &name);
            }
            std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
            assert_names(world.verify(&at, Depth::Shallow).map(drop), &name);
            std::fs::remove_file(&path).unwrap();
            assert_names(world.verify(&at, Depth::Shallow).map(drop), &name);
            std::fs::write(&path, &whole).unwrap();
        }
        world.verify(&at, Depth::Deep).unwrap();
    }
}

fn assert_names(found: Result<(), BackupError>, name: &str) {
    let error = found.unwrap_err();
    let chain = format!("{error}: {:?}", std::error::Error::source(&error));
    assert!(chain.contains(name), "{name} is not named by {chain}");
}

#[test]
fn a_manifest_is_only_good_under_its_own_name() {
    let world = World::sealed();
    world.back_up(&disk(&noise(1, CHUNK)), &World::at(1, 1), None).unwrap();
    world.back_up(&disk(&noise(2, CHUNK)), &World::at(1, 2), None).unwrap();
    let manifest = |number| world.root().join(format!("{}_manifest", World::at(1, number).prefix));
    std::fs::copy(manifest(1), manifest(2)).unwrap();
    assert!(world.verify(&World::at(1, 2), Depth::Shallow).is_err());
}

#[test]
fn another_key_opens_nothing() {
    let mut world = World::sealed();
    world.back_up(&disk(&noise(1, CHUNK)), &World::at(1, 1), None).unwrap();
    for other in [None, Some(key(8))] {
        world.key = other;
        let error = world.restore(&World::at(1, 1), &disk(&[0; CHUNK])).unwrap_err().to_string();
        assert!(error.contains("key"), "{error}");
    }
}

#[test]
fn a_volume_that_is_too_small_stays_as_it_is() {
    let world = World::new();
    world.back_up(&disk(&noise(1, 2 * CHUNK)), &World::at(1, 1), None).unwrap();
    let small = disk(&[1; CHUNK]);
    assert!(matches!(world.restore(&World::at(1, 1), &small), Err(BackupError::Refused(_))));
    assert_eq!(crate::world::content_of(&small), [1; CHUNK]);
}
