//! What every store has to stand, whichever server is behind it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use backends::backup::registry;
use backup::chunked::{Layer, Options};
use backup::packed::{PREFIX, StoreKey};
use backup::{Algorithm, BackupError, Budget, Depth, Engine, Facts, Format, Location, Means, imaged};
use config::Config;
use model::secret::Secret;
use ports::volume::{Disk, FileDisk};
use ports::{BackupStore, DriverError, Exec, Work};

use crate::ceph::Ceph;
use crate::proxy::{Fault, Proxy};
use crate::servers::{self, Server};
use crate::skip::skip;

const MIB: usize = 1 << 20;

fn open(text: &str) -> Arc<dyn BackupStore> {
    let mut config = Config::load::<PathBuf>(&[]).unwrap();
    config.overlay("test", format!("[DEFAULT]\n{text}\n").as_bytes()).unwrap();
    registry::open(&config.default_section(), "/nowhere".into(), &Exec::direct()).unwrap()
}

fn s3(at: SocketAddr) -> Arc<dyn BackupStore> {
    open(&format!(
        "backup_driver = cinder.backup.drivers.s3.S3BackupDriver\nbackup_s3_endpoint_url = http://{at}\n\
         backup_s3_store_access_key = key\nbackup_s3_store_secret_key = secret\nbackup_s3_timeout = 20\n\
         backup_s3_retry_max_attempts = 3"
    ))
}

fn swift(at: SocketAddr) -> Arc<dyn BackupStore> {
    open(&format!(
        "backup_driver = cinder.backup.drivers.swift.SwiftBackupDriver\nbackup_swift_auth = single_user\n\
         backup_swift_auth_url = http://{at}/auth/v1.0\nbackup_swift_user = test:tester\n\
         backup_swift_key = testing\nbackup_swift_retry_attempts = 2\nbackup_swift_retry_backoff = 0"
    ))
}

#[test]
fn s3_stands_everything() {
    stands_everything("s3_stands_everything", servers::moto(), s3);
}

#[test]
fn swift_stands_everything() {
    stands_everything("swift_stands_everything", servers::swift(), swift);
}

#[test]
fn ceph_stands_everything() {
    // A container is a pool: those that the port's suite names, and that of the backups.
    let cluster = match Ceph::start(&["container", "listed", "many", "somewhere", "backups"]) {
        Ok(cluster) => cluster,
        Err(reason) => return skip("ceph_stands_everything", &reason),
    };
    let store = || {
        open(&format!(
            "backup_driver = cinder.backup.drivers.ceph.CephBackupDriver\nbackup_ceph_conf = {}\n\
             backup_ceph_user = {}",
            cluster.conf().display(),
            crate::ceph::USER
        ))
    };
    ports::backup::conformance::run(&*store());
    keeps_and_forgets(&engine(store(), Format::Packed));
    crate::images::stand_everything(&cluster, store());
}

fn stands_everything(
    test: &str,
    server: Result<Server, String>,
    store: fn(SocketAddr) -> Arc<dyn BackupStore>,
) {
    let server = match server {
        Ok(server) => server,
        Err(reason) => return skip(test, &reason),
    };
    ports::backup::conformance::run(&*store(server.at));
    for format in [Format::Packed, Format::Chunked] {
        keeps_and_forgets(&engine(store(server.at), format));
    }
    let proxy = Proxy::before(server.at);
    bears_faults(&proxy, &engine(store(proxy.at), Format::Packed), &PASSING, &LASTING);
    bears_faults(&proxy, &engine(store(proxy.at), Format::Chunked), &PASSING[2..3], &LASTING[2..3]);
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

fn objects(engine: &Engine) -> Vec<String> {
    let container = engine.store.container().unwrap();
    engine.store.list(container, "").unwrap().into_iter().map(|it| it.name).collect()
}

fn keeps_and_forgets(engine: &Engine) {
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

/// What passes is tried again.
const PASSING: [Fault; 4] =
    [Fault::Status(503), Fault::CutBefore, Fault::CutAfter, Fault::Slow(Duration::from_millis(300))];
/// Whether an error is the right one.
type Telling = fn(&DriverError) -> bool;
/// What does not pass is told, as this.
const LASTING: [(Fault, Telling); 4] = [
    (Fault::Status(503), |error| matches!(error, DriverError::Io { .. })),
    (Fault::CutBefore, |error| matches!(error, DriverError::Io { .. }) && error.may_pass()),
    (Fault::Status(507), |error| matches!(error, DriverError::NoSpace { .. })),
    (Fault::Status(403), |error| matches!(error, DriverError::Refused(_))),
];

fn bears_faults(proxy: &Proxy, engine: &Engine, passing: &[Fault], lasting: &[(Fault, Telling)]) {
    for (number, fault) in passing.iter().enumerate() {
        proxy.spoil(*fault, "PUT", 2);
        let made = back_up(engine, &format!("f{number}"), content(number), None).unwrap();
        assert_eq!(proxy.heal(), 2, "{fault:?}");
        proxy.spoil(*fault, "GET", 2);
        assert_restores(engine, &made);
        assert!(proxy.heal() > 0, "{fault:?}");
        engine.remove(&made.layer.at).unwrap();
    }
    // What was put before it was told goes with the next that is made.
    for (fault, is_told) in lasting {
        proxy.spoil(*fault, "PUT", usize::MAX);
        let error = back_up(engine, "bad", content(3), None).err().map(DriverError::from).unwrap();
        assert!(proxy.heal() > 0 && is_told(&error), "{fault:?}: {error:?}");
        let made = back_up(engine, "bad", content(3), None).unwrap();
        assert_restores(engine, &made);
        engine.remove(&made.layer.at).unwrap();
    }
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
