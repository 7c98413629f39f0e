//! Cinder's own posix driver (`BESSER_CINDER_VENV`, which `cargo xtask test` makes) restores what we wrote in its format, and goes
//! on with our chains as we go on with its.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the driver is a program of other people")]

#[path = "../chunked/world.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod world;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use backup::chunked::Options;
use backup::{Algorithm, Depth, Location, chunked};
use ports::Work;
use serde_json::{Value, json};

use crate::world::{World, blank, content, small};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/cinder/posix_backup.py");
/// Not a whole number of blocks, nor of objects.
const BYTES: usize = 700_123;

/// Cinder beside a world.
struct Cinder {
    python: PathBuf,
    place: tempfile::TempDir,
    rows: BTreeMap<String, Value>,
}

impl Cinder {
    /// None where it is not installed.
    fn beside(world: &World) -> Option<Self> {
        let python =
            std::env::var_os("BESSER_CINDER_VENV").map(|venv| PathBuf::from(venv).join("bin/python"));
        let Some(python) = python.filter(|python| python.is_file()) else {
            skips::report("BESSER_CINDER_VENV names no Cinder");
            return None;
        };
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(world.root(), place.path().join("objects")).unwrap();
        Some(Self { python, place, rows: BTreeMap::new() })
    }

    fn rows(&self) -> PathBuf {
        self.place.path().join("rows.json")
    }

    /// Tells it of a backup of ours.
    fn learn(&mut self, number: usize, parent: Option<usize>) {
        let at = World::layer(number).at;
        let row = json!({
            "container": at.container, "service_metadata": at.prefix, "volume_id": "v", "size": 1,
            "parent_id": parent.map(|parent| parent.to_string()),
        });
        self.rows.insert(number.to_string(), row);
        fs::write(self.rows(), serde_json::to_vec(&self.rows).unwrap()).unwrap();
    }

    fn run(&self, words: &[&str], file: &Path, options: &Options) -> Value {
        let (object, block) = (options.object_bytes, options.block_bytes);
        let done = Command::new(&self.python)
            .arg(SCRIPT)
            .arg(self.place.path())
            .args(words)
            .arg(file)
            .arg("--set")
            .arg(format!("backup_file_size={object}"))
            .arg("--set")
            .arg(format!("backup_sha_block_size_bytes={block}"))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{words:?}: {told}");
        serde_json::from_slice(&done.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
    }

    /// What it restores a backup to, over `before`.
    fn restore(&self, number: usize, before: &[u8], is_new: bool, options: &Options) -> (Vec<u8>, Value) {
        let file = self.place.path().join("volume");
        fs::write(&file, before).unwrap();
        let number = number.to_string();
        let words: &[&str] = if is_new { &["restore", &number] } else { &["--over", "restore", &number] };
        let told = self.run(words, &file, options);
        (fs::read(&file).unwrap(), told)
    }

    /// Has it make backup `number` of `content`; where it put it.
    fn back_up(
        &mut self,
        number: usize,
        parent: Option<usize>,
        content: &[u8],
        options: &Options,
    ) -> Location {
        let file = self.place.path().join("volume");
        fs::write(&file, content).unwrap();
        let (id, parent) = (number.to_string(), parent.map(|parent| format!("--parent={parent}")));
        let words: Vec<&str> = parent.as_deref().into_iter().chain(["backup", &id]).collect();
        self.run(&words, &file, options);
        self.rows = serde_json::from_slice(&fs::read(self.rows()).unwrap()).unwrap();
        let row = &self.rows[&number.to_string()];
        let text = |key: &str| row[key].as_str().unwrap().to_owned();
        Location { container: text("container"), prefix: text("service_metadata") }
    }
}

/// What a volume holds in several generations: text, noise, holes; blocks that become zeros, and zeros that become blocks.
fn generations() -> [Vec<u8>; 3] {
    let mut first: Vec<u8> = (0..BYTES).map(|at| (at / 7 % 251) as u8).collect();
    let mut state = 1_u64;
    for byte in &mut first[200_000..400_000] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[0];
    }
    first[65_536..131_072].fill(0);
    let mut second = first.clone();
    second[70_000..80_000].fill(0x5A);
    second[210_000..300_000].fill(0);
    second[BYTES - 10..].fill(1);
    let mut third = second.clone();
    third[70_000..80_000].fill(0);
    third[0..5000].fill(0xEE);
    [first, second, third]
}

#[test]
fn cinder_restores_our_chains() {
    for algorithm in [Algorithm::Zlib, Algorithm::Bzip2, Algorithm::Zstd, Algorithm::None] {
        let world = World::new(Options { algorithm, ..small() }, 3);
        let Some(mut cinder) = Cinder::beside(&world) else { return };
        for (number, content) in generations().iter().enumerate() {
            let parent = number.checked_sub(1);
            world.back_up(&World::disk(content), number, parent).unwrap();
            cinder.learn(number, parent);
        }
        for (number, content) in generations().iter().enumerate() {
            let blank = vec![0; BYTES];
            let (restored, told) = cinder.restore(number, &blank, true, &world.options);
            assert!(restored == *content, "{algorithm:?} {number}");
            // One for each layer, as it is in the documents.
            assert_eq!(told["metadata"], Value::from(vec![json!({"version": 2}); number + 1]));
            let (restored, _) = cinder.restore(number, &vec![0xAB; BYTES], false, &world.options);
            assert!(restored == *content, "{algorithm:?} {number} over another volume");
        }
    }
}

#[test]
fn each_goes_on_with_the_others_chain() {
    let world = World::new(small(), 3);
    let Some(mut cinder) = Cinder::beside(&world) else { return };
    let [first, second, third] = generations();
    // Ours, then Cinder's, then ours again.
    world.back_up(&World::disk(&first), 0, None).unwrap();
    cinder.learn(0, None);
    let theirs = cinder.back_up(1, Some(0), &second, &world.options);
    let layers = [World::layer(0), chunked::Layer { backup_id: "1".to_owned(), at: theirs.clone() }];
    chunked::verify(&world.store, &layers[1], Depth::Deep, &world.means, &Work::new()).unwrap();
    let disk = blank(BYTES as u64);
    chunked::restore(&world.store, &layers, &disk, &world.means, &Work::new()).unwrap();
    assert!(content(&disk) == second);
    world.back_up_on(&World::disk(&third), 2, Some(("1", &theirs))).unwrap();
    cinder.learn(2, Some(1));
    let (restored, _) = cinder.restore(2, &vec![0; BYTES], true, &world.options);
    assert!(restored == third);
}
