//! Images in Ceph: the RBD image that is called by the image's identifier, with a snapshot, as Glance's `rbd` has it.
//!
//! What is still being put has a name of its own and grows as it comes; it gets the image's name when it is whole. Several
//! hosts may share a pool, so that nothing is swept at start: what a killed process left goes with the next attempt to put
//! the same image, or with its removal.

mod disk;
mod writer;

use std::path::PathBuf;
use std::sync::OnceLock;

use config::{OptionError, Section};
use model::ImageId;
use ports::image::{FoundImage, ImageCapabilities, ImageStore, ImageWriter, StoreSpace};
use ports::volume::{Access, Disk};
use ports::{DriverError, Exec};

use self::disk::Exact;
use self::writer::Writer;
use crate::image::named;
use crate::rbd::{Cluster, Layout, Pool};

/// What the snapshot of a whole image is called, by Glance and by whoever clones it.
const SNAPSHOT: &str = "snap";
/// What the names of half-made images begin with.
const UNFINISHED: &str = "besser-unfinished-";
/// Size of the objects that an image consists of, in MiB, when nobody says otherwise.
const OBJECT_MIB: u64 = 8;
/// Bytes of a MiB, the unit of the sizes in the configuration.
const MIB: u64 = 1 << 20;

/// Images as RBD images of a pool.
#[derive(Debug)]
pub struct RbdImageStore {
    cluster: Cluster,
    pool: Pool,
    layout: Layout,
    /// The identifier of the cluster, once it was asked.
    id: OnceLock<String>,
}

impl RbdImageStore {
    /// The pool that `rbd_store_*` name. Nobody is asked yet.
    ///
    /// # Errors
    /// The options are wrong.
    pub fn read(section: &Section<'_>, exec: Exec) -> Result<Self, OptionError> {
        let conf = section.nonempty("rbd_store_ceph_conf")?;
        let conf = conf.map_or_else(|| PathBuf::from("/etc/ceph/ceph.conf"), PathBuf::from);
        let user = section.nonempty("rbd_store_user")?.unwrap_or_else(|| "admin".to_owned());
        // Cinder's driver has an option of this name, and another default.
        let object_mib = match section.sets("rbd_store_chunk_size") {
            true => u64::try_from(section.int_in("rbd_store_chunk_size", 1..=32)?).unwrap_or(1),
            false => OBJECT_MIB,
        };
        let object_bytes = object_mib.next_power_of_two() * MIB;
        let cluster = Cluster::new(conf, user, exec);
        Ok(Self {
            pool: cluster.pool(&section.text("rbd_store_pool")?),
            cluster,
            layout: Layout { object_bytes: Some(object_bytes), ..Layout::default() },
            id: OnceLock::new(),
        })
    }

    /// The length of a whole image.
    fn length_of(&self, image: ImageId) -> Result<u64, DriverError> {
        let found = self.pool.snapshots(&image.to_string())?.into_iter().find(|found| found.name == SNAPSHOT);
        let missing = || DriverError::Missing { what: format!("image {image}") };
        found.map(|found| found.size_bytes).ok_or_else(missing)
    }
}

impl ImageStore for RbdImageStore {
    fn capabilities(&self) -> ImageCapabilities {
        ImageCapabilities { kind: "rbd", sparse: false, local_files: false, shared: true }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.pool.image_names()?;
        let id = self.cluster.id()?;
        self.id.get_or_init(|| id);
        Ok(())
    }

    fn space(&self) -> Result<StoreSpace, DriverError> {
        // What is left depends on how the cluster spreads it.
        Ok(StoreSpace { total_bytes: u64::MAX, free_bytes: u64::MAX })
    }

    fn begin(&self, image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError> {
        Ok(Box::new(Writer::begin(self.pool.clone(), self.layout, image)?))
    }

    fn open(&self, image: ImageId) -> Result<Box<dyn Disk>, DriverError> {
        let size_bytes = self.length_of(image)?;
        if size_bytes == 0 {
            return Ok(Box::new(Exact::empty()));
        }
        let disk = self.pool.open_image(&image.to_string(), Some(SNAPSHOT), Access::Read)?;
        Ok(Box::new(Exact::new(disk, size_bytes)))
    }

    fn path_of(&self, _image: ImageId) -> Option<PathBuf> {
        None
    }

    fn url_of(&self, image: ImageId) -> String {
        let cluster = self.id.get().map_or("", String::as_str);
        format!("rbd://{cluster}/{}/{image}/{SNAPSHOT}", self.pool.name())
    }

    fn remove(&self, image: ImageId) -> Result<(), DriverError> {
        remove(&self.pool, &image.to_string())?;
        self.pool.remove_image(&writer::unfinished(image))
    }

    fn list(&self) -> Result<Vec<FoundImage>, DriverError> {
        named::found(self.pool.image_names()?, |id| self.length_of(id))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        Ok(0)
    }
}

/// Removes an image with its snapshot. Already gone is a success.
fn remove(pool: &Pool, name: &str) -> Result<(), DriverError> {
    pool.remove_snapshot(name, SNAPSHOT)?;
    pool.remove_image(name)
}
