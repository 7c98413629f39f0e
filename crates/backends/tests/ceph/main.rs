//! Images in a real Ceph cluster.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the cluster is programs of other people")]

#[path = "../support/ceph.rs"]
mod ceph;
mod store;

use backends::rbd::{Cluster, Layout, Pool};
use ports::volume::Access;
use ports::{DriverError, Exec};

use crate::ceph::{Ceph, USER};

const MIB: usize = 1 << 20;

/// A pool, or why there is none.
fn pool() -> Result<(Ceph, Pool), String> {
    let cluster = Ceph::start(&["images"])?;
    let exec = Exec::direct();
    if !std::path::Path::new("/usr/lib/x86_64-linux-gnu/qemu/block-rbd.so").exists() {
        return Err("qemu has no client of Ceph".to_owned());
    }
    let pool = Cluster::new(cluster.conf(), USER.to_owned(), exec).pool("images");
    Ok((cluster, pool))
}

#[test]
fn images_are_made_written_kept_as_snapshots_and_removed() {
    let (_cluster, pool) = match pool() {
        Ok(pool) => pool,
        Err(reason) => return skips::report(&reason),
    };
    let size_bytes = 9 * MIB as u64 + 512;
    for (name, layout) in [
        ("plain", Layout::default()),
        (
            "striped",
            Layout { stripes: Some((64 << 10, 4)), object_bytes: Some(1 << 20), ..Layout::default() },
        ),
        ("journaled", Layout { is_journaled: true, ..Layout::default() }),
    ] {
        assert!(matches!(pool.image_bytes(name), Err(DriverError::Missing { .. })));
        assert!(matches!(pool.open_image(name, None, Access::Read), Err(DriverError::Missing { .. })));
        for _ in 0..2 {
            pool.ensure_image(name, size_bytes, &layout).unwrap();
        }
        assert!(matches!(pool.ensure_image(name, 1, &layout), Err(DriverError::Refused(_))));
        assert_eq!(pool.image_bytes(name).unwrap(), size_bytes);
        writes(&pool, name, 1);
        for _ in 0..2 {
            pool.ensure_snapshot(name, "first").unwrap();
        }
        writes(&pool, name, 2);
        assert_eq!(read(&pool, name, Some("first")), [1; 4096]);
        assert_eq!(read(&pool, name, None), [2; 4096]);
        let snapshots = pool.snapshots(name).unwrap();
        assert_eq!(snapshots.len(), 1);
        assert_eq!((snapshots[0].name.as_str(), snapshots[0].size_bytes), ("first", size_bytes));
        assert!(matches!(pool.remove_image(name), Err(DriverError::Busy { .. })), "a snapshot is protected");
        for _ in 0..2 {
            pool.remove_snapshot(name, "first").unwrap();
        }
        assert_eq!(pool.image_names().unwrap(), [name]);
        for _ in 0..2 {
            pool.remove_image(name).unwrap();
        }
    }
    assert_eq!(pool.image_names().unwrap(), [""; 0]);
    let nowhere = Cluster::new("/nowhere/ceph.conf".into(), USER.to_owned(), Exec::direct()).pool("images");
    assert!(nowhere.image_names().is_err());
}

fn writes(pool: &Pool, image: &str, byte: u8) {
    let disk = pool.open_image(image, None, Access::Write).unwrap();
    assert_eq!(disk.size_bytes(), pool.image_bytes(image).unwrap());
    disk.write_at(&[byte; 4096], 5 * MIB as u64).unwrap();
    disk.sync().unwrap();
    // QEMU does not tell holes of images whose stripes are their own.
    assert!(disk.extent_at(0).unwrap().is_zero || image == "striped", "{image}");
}

fn read(pool: &Pool, image: &str, snapshot: Option<&str>) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    pool.open_image(image, snapshot, Access::Read).unwrap().read_at(&mut bytes, 5 * MIB as u64).unwrap();
    bytes
}
