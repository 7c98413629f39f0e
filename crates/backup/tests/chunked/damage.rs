//! Damaged stores: what is wrong is named, and never restored as if nothing were.

use std::fs;

use backup::BackupError;
use backup::{Depth, chunked};
use ports::Work;

use super::world::{World, blank, small};

const SIZE: usize = 200_000;

fn backed_up() -> World {
    let world = World::new(small(), 2);
    let bytes: Vec<u8> = (0..SIZE).map(|at| (at / 100) as u8).collect();
    world.back_up(&World::disk(&bytes), 1, None).unwrap();
    world
}

/// Changes the object whose name ends with `rest`, and expects that both looking and restoring name it.
fn damage(rest: &str, change: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> String {
    let world = backed_up();
    let layer = World::layer(1);
    let file = world.root().join(&layer.at.container).join(format!("{}{rest}", layer.at.prefix));
    match change(fs::read(&file).unwrap()) {
        Some(bytes) => fs::write(&file, bytes).unwrap(),
        None => fs::remove_file(&file).unwrap(),
    }
    let looked = chunked::verify(&world.store, &layer, Depth::Deep, &world.means, &Work::new());
    let restored = world.restore(&[1], &blank(SIZE as u64));
    let (looked, restored) = (looked.unwrap_err(), restored.unwrap_err());
    let chain = |error: &BackupError| match error {
        BackupError::Store(inner) => format!("{error}: {inner}"),
        _ => error.to_string(),
    };
    assert!(chain(&restored).contains(rest), "{restored}");
    chain(&looked)
}

#[test]
fn a_flipped_bit_a_cut_and_a_missing_object_are_named() {
    let flipped = damage("-00002", |mut bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        Some(bytes)
    });
    assert!(flipped.contains("-00002 is damaged"), "{flipped}");
    let cut = damage("-00003", |mut bytes| {
        bytes.truncate(bytes.len() / 2);
        Some(bytes)
    });
    assert!(cut.contains("-00003 is damaged"), "{cut}");
    let missing = damage("-00001", |_| None);
    assert!(missing.contains("Missing: [\"volume_v_20261120183628_backup_1-00001\"]"), "{missing}");
    damage("_metadata", |_| None);
    damage("_sha256file", |_| None);
}

#[test]
fn documents_are_input_like_any_other() {
    let text = |old: &'static str, new: &'static str| {
        move |bytes: Vec<u8>| Some(String::from_utf8(bytes).unwrap().replacen(old, new, 1).into_bytes())
    };
    damage("_metadata", |_| Some(b"{".to_vec()));
    damage("_metadata", |_| Some(b"[[[[".repeat(10_000)));
    damage("_metadata", text("\"1.0.0\"", "\"2.0.0\""));
    let huge = "18446744073709551615";
    for (old, new) in [
        ("\"offset\": 0", "\"offset\": 18446744073709551615"),
        ("\"length\": 65536", "\"length\": 18446744073709551615"),
    ] {
        let world = backed_up();
        let layer = World::layer(1);
        let file = world.root().join(&layer.at.container).join(format!("{}_metadata", layer.at.prefix));
        let document = fs::read_to_string(&file).unwrap().replacen(old, new, 1);
        assert!(document.contains(huge));
        fs::write(&file, document).unwrap();
        let refused = world.restore(&[1], &blank(SIZE as u64)).unwrap_err();
        assert!(refused.to_string().contains("of a volume of"), "{refused}");
    }
}

#[test]
fn a_lying_hash_is_found_by_comparing_the_whole_volume() {
    let world = backed_up();
    let layer = World::layer(1);
    let file = world.root().join(&layer.at.container).join(format!("{}_sha256file", layer.at.prefix));
    let text = fs::read_to_string(&file).unwrap();
    let mut hashes: serde_json::Value = serde_json::from_str(&text).unwrap();
    hashes["sha256s"][7] = hashes["sha256s"][3].clone();
    fs::write(&file, hashes.to_string()).unwrap();
    let found = world.restore(&[1], &blank(SIZE as u64)).unwrap_err();
    assert!(
        matches!(found, BackupError::Differs { blocks: 1, block_bytes: 4096, offset_bytes: 28_672 }),
        "{found:?}"
    );
}

#[test]
fn what_is_not_damaged_is_restored_and_the_rest_is_named() {
    let world = backed_up();
    let layer = World::layer(1);
    let file = world.root().join(&layer.at.container).join(format!("{}-00002", layer.at.prefix));
    fs::remove_file(file).unwrap();
    let target = blank(SIZE as u64);
    let found = backup::chain(&world.store, Some(&layer.at.container), "1").unwrap();
    assert_eq!(found, [layer]);
    let lost = chunked::salvage(&world.store, &found, &target, &world.means, &Work::new()).unwrap();
    let [lost] = lost.as_slice() else { panic!("{lost:?}") };
    assert!(lost.object.contains("-00002"), "{lost:?}");
    let (from, to) = (lost.offset_bytes as usize, (lost.offset_bytes + lost.length_bytes) as usize);
    let mut expected: Vec<u8> = (0..SIZE).map(|at| (at / 100) as u8).collect();
    expected[from..to].fill(0);
    assert!(super::world::content(&target) == expected);
}
