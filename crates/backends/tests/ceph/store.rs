//! The image store `rbd`.

use std::io;
use std::path::{Path, PathBuf};

use backends::image::rbd::RbdImageStore;
use backends::rbd::{Cluster, Pool};
use config::Config;
use model::ImageId;
use ports::image::conformance::{Subject, suite};
use ports::image::{ImageStore, ImageWriter};
use ports::{DriverError, Exec};

use crate::ceph::USER;
use crate::{MIB, pool};

fn open(conf: &Path) -> RbdImageStore {
    let text = format!(
        "[place]\nrbd_store_ceph_conf = {}\nrbd_store_user = {USER}\nrbd_store_pool = images\n",
        conf.display()
    );
    let mut config = Config::load::<PathBuf>(&[]).unwrap();
    config.overlay("test", text.as_bytes()).unwrap();
    RbdImageStore::read(&config.section("place"), Exec::direct()).unwrap()
}

/// A pool that is made empty.
struct Fresh {
    conf: PathBuf,
    pool: Pool,
    store: RbdImageStore,
}

impl Fresh {
    fn new(conf: PathBuf) -> Self {
        let pool = Cluster::new(conf.clone(), USER.to_owned(), Exec::direct()).pool("images");
        for name in pool.image_names().unwrap() {
            pool.remove_snapshot(&name, "snap").unwrap();
            pool.remove_image(&name).unwrap();
        }
        Self { store: open(&conf), conf, pool }
    }
}

impl Subject for Fresh {
    fn store(&self) -> &dyn ImageStore {
        &self.store
    }

    fn store_of_next_process(&self) -> Box<dyn ImageStore> {
        Box::new(open(&self.conf))
    }

    fn plant_foreign(&self) -> io::Result<bool> {
        let planted =
            self.pool.ensure_image("volume-of-somebody", 1 << 20, &backends::rbd::Layout::default());
        planted.map(|()| true).map_err(|error| io::Error::other(error.chain()))
    }

    fn left_over(&self) -> io::Result<usize> {
        let names = self.pool.image_names().map_err(|error| io::Error::other(error.chain()))?;
        Ok(names.iter().filter(|name| name.starts_with("besser-unfinished-")).count())
    }
}

/// Bytes that are alike nowhere.
fn content(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

fn put(mut writer: Box<dyn ImageWriter>, bytes: &[u8], hole: u64) -> u64 {
    bytes.chunks(MIB - 7).for_each(|part| writer.write(part).unwrap());
    writer.skip(hole).unwrap();
    writer.write(b"end").unwrap();
    writer.finish().unwrap()
}

#[test]
fn ceph_keeps_images_as_glance_does() {
    let (cluster, pool) = match pool() {
        Ok(pool) => pool,
        Err(reason) => return skips::report(&reason),
    };
    suite(&|| Box::new(Fresh::new(cluster.conf()))).unwrap();
    let fresh = Fresh::new(cluster.conf());
    fresh.store.check().unwrap();

    // One that outgrows what it began with, twice.
    let (id, bytes, hole) = (ImageId::random(), content(9 * MIB + 5), 2_u64 << 30);
    let length = put(fresh.store.begin(id).unwrap(), &bytes, hole);
    assert_eq!(length, bytes.len() as u64 + hole + 3);
    let disk = fresh.store.open(id).unwrap();
    let mut found = vec![0; bytes.len()];
    disk.read_at(&mut found, 0).unwrap();
    assert!(found == bytes, "other bytes");
    let mut end = [0; 4];
    disk.read_at(&mut end, length - 4).unwrap();
    assert_eq!(&end, b"\0end");
    assert!(!disk.extent_at(0).unwrap().is_zero, "QEMU does not end when it is asked");
    assert!(disk.read_at(&mut end, length - 3).is_err(), "read beyond the end");

    // As Glance has it, and whoever clones it.
    let fsid = cluster.ask("ceph", &["fsid"]).unwrap();
    assert_eq!(fresh.store.url_of(id), format!("rbd://{fsid}/images/{id}/snap"));
    let info = cluster.ask("rbd", &["info", &format!("images/{id}@snap")]).unwrap();
    assert!(info.contains("protected: True") && info.contains("order 23"), "{info}");
    drop(disk);
    let clone = ["clone", &format!("images/{id}@snap"), "images/volume-of-it"];
    cluster.ask("rbd", &clone).unwrap();
    assert!(matches!(fresh.store.remove(id), Err(DriverError::Busy { .. })), "a volume stands on it");
    cluster.ask("rbd", &["rm", "--no-progress", "images/volume-of-it"]).unwrap();
    fresh.store.remove(id).unwrap();
    assert_eq!(pool.image_names().unwrap(), [""; 0]);

    // What Glance put there is read.
    let of_glance = ImageId::random();
    let name = format!("images/{of_glance}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &bytes[..MIB]).unwrap();
    let path = file.path().to_str().unwrap();
    cluster.ask("rbd", &["import", "--no-progress", "--image-format", "2", path, &name]).unwrap();
    assert!(matches!(fresh.store.open(of_glance), Err(DriverError::Missing { .. })), "it is not whole");
    cluster.ask("rbd", &["snap", "create", "--no-progress", &format!("{name}@snap")]).unwrap();
    cluster.ask("rbd", &["snap", "protect", &format!("{name}@snap")]).unwrap();
    let mut found = vec![0; MIB];
    fresh.store.open(of_glance).unwrap().read_at(&mut found, 0).unwrap();
    assert!(found == bytes[..MIB], "other bytes");
    fresh.store.remove(of_glance).unwrap();
}
