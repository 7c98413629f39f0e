//! Backups that Cinder 29 has made.

use std::path::Path;

use backends::backup::posix::PosixStore;
use backup::Depth;
use backup::Location;
use backup::chunked::{self, Layer};
use ports::Work;
use ports::volume::Disk;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::world::{World, blank, content, small};

fn golden() -> (PosixStore, Vec<(Layer, Value)>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let manifest: Value =
        serde_json::from_slice(&std::fs::read(root.join("manifest.json")).unwrap()).unwrap();
    let layer = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        let at = Location { container: text("container"), prefix: text("service_metadata") };
        (Layer { backup_id: text("backup_id"), at }, entry.clone())
    };
    let layers = manifest.as_array().unwrap().iter().map(layer).collect();
    (PosixStore::new(root.join("zlib")), layers)
}

fn check(disk: &dyn Disk, entry: &Value) {
    let bytes = usize::try_from(entry["volume_bytes"].as_u64().unwrap()).unwrap();
    let hash = Sha256::digest(&content(disk)[..bytes]);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, entry["sha256"].as_str().unwrap());
}

#[test]
fn restore_byte_for_byte_to_new_and_old_volumes() {
    let (store, chain) = golden();
    let means = World::new(small(), 3).means;
    for length in 1..=chain.len() {
        let layers: Vec<Layer> = chain[..length].iter().map(|(layer, _)| layer.clone()).collect();
        let entry = &chain[length - 1].1;
        let exact = entry["volume_bytes"].as_u64().unwrap();
        for disk in
            [blank(exact), blank(exact + 100_000), World::disk(&vec![0xEE; usize::try_from(exact).unwrap()])]
        {
            let meta = chunked::restore(&store, &layers, &disk, &means, &Work::new()).unwrap();
            check(&disk, entry);
            let meta: Value = serde_json::from_str(&meta.unwrap()).unwrap();
            assert_eq!(meta["volume-base-metadata"]["display_name"], "golden");
        }
    }
}

#[test]
fn are_whole() {
    let (store, chain) = golden();
    let means = World::new(small(), 1).means;
    for (layer, entry) in &chain {
        let count = chunked::verify(&store, layer, Depth::Deep, &means, &Work::new()).unwrap();
        assert_eq!(count, entry["object_count"].as_u64().unwrap());
    }
}

#[test]
fn need_a_volume_that_is_large_enough() {
    let (store, chain) = golden();
    let means = World::new(small(), 1).means;
    let layers = [chain[0].0.clone()];
    let refused = chunked::restore(&store, &layers, &blank(327_701), &means, &Work::new()).unwrap_err();
    assert!(refused.to_string().contains("of a volume of 327701 bytes"), "{refused}");
    let alone = [chain[1].0.clone()];
    let refused = chunked::restore(&store, &alone, &blank(400_000), &means, &Work::new()).unwrap_err();
    assert!(refused.to_string().contains("follows"), "{refused}");
}
