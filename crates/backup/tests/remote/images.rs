//! Backups as images of Ceph, as Cinder's driver makes them.

use std::sync::Arc;

use backends::rbd::{Cluster, Layout};
use backup::chunked::Layer;
use backup::{BackupError, Depth, Engine, Format, Location, chain, imaged};
use ports::volume::{Access, Disk};
use ports::{Exec, Work};

use crate::ceph::{Ceph, USER};
use crate::rounds::{assert_restores, back_up, content, disk, engine};

const POOL: &str = "backups";

pub(crate) fn stand_everything(cluster: &Ceph, store: Arc<dyn ports::BackupStore>) {
    assert_eq!(Format::parse("cinder", &*store), Some(Format::Imaged));
    let engine = engine(store, Format::Imaged);
    ours_are_kept_and_forgotten(cluster, &engine);
    what_cinder_made_step_by_step_is_restored(cluster, &engine);
    assert_eq!(images(cluster), "");
    assert_eq!(notes(cluster), "");
}

fn images(cluster: &Ceph) -> String {
    cluster.ask("rbd", &["ls", POOL]).unwrap()
}

fn notes(cluster: &Ceph) -> String {
    let all = cluster.ask("rados", &["-p", POOL, "ls"]).unwrap();
    all.lines().filter(|name| name.starts_with("backup.")).collect()
}

fn ours_are_kept_and_forgotten(cluster: &Ceph, engine: &Engine) {
    let made = back_up(engine, "1", content(1), None).unwrap();
    assert_eq!(images(cluster), "volume-v.backup.1");
    assert_eq!(notes(cluster), "backup.1.meta");
    assert_restores(engine, &made);
    let layers = chain(&*engine.store, None, "1").unwrap();
    assert_eq!(layers, std::slice::from_ref(&made.layer));
    assert_eq!(engine.volume_data(&layers).unwrap().as_deref(), Some(r#"{"version": 2}"#));
    assert_eq!(engine.size_bytes(&layers).unwrap(), made.content.len() as u64);
    for depth in [Depth::Shallow, Depth::Deep] {
        engine.verify(&made.layer, depth, &Work::new()).unwrap();
    }
    // What an interrupted try has left is made anew.
    let again = back_up(engine, "1", content(2), None).unwrap();
    assert_restores(engine, &again);
    let refused = back_up(engine, "2", content(1), Some(&again)).err().unwrap();
    assert!(matches!(refused, BackupError::Refused(_)), "{refused}");
    for _ in 0..2 {
        engine.remove(&again.layer.at).unwrap();
    }
    let gone = engine.verify(&again.layer, Depth::Shallow, &Work::new()).err().unwrap();
    assert!(gone.to_string().contains("volume-v.backup.1"), "{gone}");
}

/// Of an RBD volume: the differences between snapshots, by the commands that Cinder's driver runs.
fn what_cinder_made_step_by_step_is_restored(cluster: &Ceph, engine: &Engine) {
    let pool = Cluster::new(cluster.conf(), USER.to_owned(), Exec::direct()).pool(POOL);
    let (base, first) = ("volume-w.backup.11", content(3));
    let mut second = first.clone();
    second[4096..70_000].fill(9);
    let size_bytes = first.len() as u64;
    for image in ["volume-w", base] {
        pool.ensure_image(image, size_bytes, &Layout::default()).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let mut before: Option<String> = None;
    for (id, content) in [("11", &first), ("12", &second)] {
        let source = pool.open_image("volume-w", None, Access::Write).unwrap();
        source.write_at(content, 0).unwrap();
        source.sync().unwrap();
        drop(source);
        let snapshot = format!("backup.{id}.snap.1763700000.{id}");
        let of = |image: &str| format!("{POOL}/{image}");
        let diff = directory.path().join(id).display().to_string();
        cluster.ask("rbd", &["snap", "create", &format!("{}@{snapshot}", of("volume-w"))]).unwrap();
        let from = before.as_ref().map(|before| ["--from-snap", before.as_str()]);
        let named = format!("{}@{snapshot}", of("volume-w"));
        let export =
            [&["export-diff"][..], from.as_ref().map_or(&[], |from| from), &[&named, &diff]].concat();
        cluster.ask("rbd", &export).unwrap();
        cluster.ask("rbd", &["import-diff", &diff, &of(base)]).unwrap();
        before = Some(snapshot);
    }
    pool.remove_image("volume-w").unwrap();
    let at = Location { container: POOL.to_owned(), prefix: format!(r#"{{"base": "{base}"}}"#) };
    assert!(imaged::is_imaged(&at));
    let layer = |id: &str| Layer { backup_id: id.to_owned(), at: at.clone() };
    for (id, content) in [("11", &first), ("12", &second)] {
        let target = disk(&vec![0xEE; content.len()]);
        engine.restore(&[layer("11"), layer(id)], &target, &Work::new()).unwrap();
        let mut restored = vec![0; content.len()];
        target.read_at(&mut restored, 0).unwrap();
        assert!(restored == *content, "{id} does not come back");
    }
    let unknown = engine.verify(&layer("13"), Depth::Shallow, &Work::new()).err().unwrap();
    assert!(matches!(unknown, BackupError::Damaged { .. }), "{unknown}");
    engine.remove(&at).unwrap();
}
