//! What every store has to keep: a backup, an increment, and nothing of what was taken away.

use std::path::PathBuf;
use std::sync::Arc;

use backends::backup::registry;
use backup::chunked::{Layer, Options};
use backup::packed::{PREFIX, StoreKey};
use backup::{Algorithm, BackupError, Budget, Depth, Engine, Facts, Format, Location, Means, imaged};
use config::Config;
use model::secret::Secret;
use ports::volume::{Disk, FileDisk};
use ports::{BackupStore, Exec, Work};

const MIB: usize = 1 << 20;

/// The store that the options in `text` mean.
pub(crate) fn open(text: &str) -> Arc<dyn BackupStore> {
    let mut config = Config::load::<PathBuf>(&[]).unwrap();
    config.overlay("test", format!("[DEFAULT]\n{text}\n").as_bytes()).unwrap();
    registry::open(&config.default_section(), "/nowhere".into(), &Exec::direct()).unwrap()
}

pub(crate) fn engine(store: Arc<dyn BackupStore>, format: Format) -> Engine {
    let options = Options { object_bytes: 1 << 20, block_bytes: 32 << 10, algorithm: Algorithm::Zlib };
    let key = (format == Format::Packed).then(|| StoreKey::new(&Secret::new([7; 32])));
    Engine { store, format, options, key, means: Means { threads: 2, budget: Budget::new(256 << 20) } }
}

pub(crate) struct Made {
    pub(crate) layer: Layer,
    parent: Option<Layer>,
    pub(crate) content: Vec<u8>,
}

fn at(engine: &Engine, id: &str) -> Location {
    let container = engine.store.container().unwrap().to_owned();
    let prefix = match engine.format {
        Format::Packed => format!("{PREFIX}volume_v_backup_{id}"),
        Format::Chunked if engine.store.capabilities().container_per_backup => {
            format!("volume_v_20261121070000_backup_{id}")
        }
        Format::Chunked => format!("volume_v/20261121070000/az_nova_backup_{id}"),
        Format::Imaged => return imaged::location(container, "v", id),
    };
    Location { container, prefix }
}

pub(crate) fn back_up(
    engine: &Engine,
    id: &str,
    content: Vec<u8>,
    parent: Option<&Made>,
) -> Result<Made, BackupError> {
    let at = at(engine, id);
    let facts = Facts {
        backup_id: id.to_owned(),
        volume_id: "v".to_owned(),
        name: None,
        description: None,
        created_at: "2026-11-21 07:00:00+00:00".to_owned(),
        parent_id: parent.map(|parent| parent.layer.backup_id.clone()),
        volume_meta: Some(r#"{"version": 2}"#.to_owned()),
    };
    let parent = parent.map(|parent| parent.layer.clone());
    engine.back_up(&disk(&content), &at, &facts, parent.as_ref().map(|it| &it.at), &Work::new())?;
    Ok(Made { layer: Layer { backup_id: id.to_owned(), at }, parent, content })
}

pub(crate) fn assert_restores(engine: &Engine, made: &Made) {
    let layers: Vec<Layer> = made.parent.iter().chain([&made.layer]).cloned().collect();
    let target = disk(&vec![0xEE; made.content.len()]);
    engine.restore(&layers, &target, &Work::new()).unwrap();
    let mut restored = vec![0; made.content.len()];
    target.read_at(&mut restored, 0).unwrap();
    assert!(restored == made.content, "{} does not come back", made.layer.backup_id);
}

pub(crate) fn objects(engine: &Engine) -> Vec<String> {
    let container = engine.store.container().unwrap();
    engine.store.list(container, "").unwrap().into_iter().map(|it| it.name).collect()
}

/// In both ways of looking, and read again once the increment is gone.
pub(crate) fn keeps_and_forgets(engine: &Engine) {
    let first = back_up(engine, "1", content(1), None).unwrap();
    let mut changed = first.content.clone();
    changed[MIB + 5..MIB + 70_000].fill(9);
    let second = back_up(engine, "2", changed, Some(&first)).unwrap();
    for made in [&first, &second] {
        assert_restores(engine, made);
        for depth in [Depth::Shallow, Depth::Deep] {
            engine.verify(&made.layer, depth, &Work::new()).unwrap();
        }
    }
    engine.remove(&second.layer.at).unwrap();
    assert_restores(engine, &first);
    engine.remove(&first.layer.at).unwrap();
    assert_eq!(objects(engine), [""; 0]);
}

pub(crate) fn disk(content: &[u8]) -> FileDisk {
    let file = tempfile::tempfile().unwrap();
    file.set_len(content.len() as u64).unwrap();
    let disk = FileDisk::new(file).unwrap();
    disk.write_at(content, 0).unwrap();
    disk
}

/// Noise, zeros and text.
pub(crate) fn content(seed: usize) -> Vec<u8> {
    let mut content = vec![0; 5 * MIB + 4096];
    let mut state = seed as u64 * 2 + 1;
    for byte in &mut content[..2 * MIB] {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *byte = state.to_le_bytes()[0];
    }
    content[4 * MIB..5 * MIB].fill(b'a');
    content
}
