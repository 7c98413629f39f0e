//! Images in a store of objects: the object that is called by the image's identifier, as Glance's `s3` and `swift` have it.
//!
//! What is larger than a part goes there part by part as it comes, and becomes an object when it is whole. Several hosts
//! may share a bucket, so that nothing is swept at start: parts that a killed process left go with the next attempt to put
//! the same image, or with its removal.

mod disk;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use config::{OptionError, Section};
use model::ImageId;
use ports::DriverError;
use ports::backup::ObjectName;
use ports::image::{FoundImage, ImageCapabilities, ImageStore, ImageWriter, StoreSpace};
use ports::volume::Disk;
use thiserror::Error;

use self::disk::ObjectDisk;
use self::writer::Writer;
use crate::http::HttpError;
use crate::image::named;
use crate::object::InParts;
use crate::object::s3::{S3Error, S3Options, S3Store};
use crate::object::swift::{SwiftError, SwiftOptions, SwiftStore};

/// Bytes of a MiB, the unit of the sizes in the configuration.
const MIB: i64 = 1 << 20;

/// Images as objects of a container.
#[derive(Debug, Clone)]
pub struct ObjectImageStore {
    objects: Arc<dyn InParts>,
    kind: &'static str,
    container: String,
    /// The largest object that is put as a whole.
    whole_bytes: usize,
    part_bytes: usize,
}

/// Why there is no store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// An option cannot be read.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The options of an S3-compatible service are wrong.
    #[error(transparent)]
    S3(#[from] S3Error),
    /// The options of Swift are wrong.
    #[error(transparent)]
    Swift(#[from] SwiftError),
    /// The authorities to trust cannot be read.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl ObjectImageStore {
    /// The bucket that `s3_store_*` name. Nobody is asked yet.
    ///
    /// # Errors
    /// The options are wrong.
    pub fn s3(section: &Section<'_>) -> Result<Self, OpenError> {
        let container = section.text("s3_store_bucket")?;
        let objects = S3Store::new(S3Options::read_for_images(section)?)?;
        Ok(Self {
            objects: Arc::new(objects),
            kind: "s3",
            container,
            whole_bytes: mib(section, "s3_store_large_object_size", 1)?,
            part_bytes: mib(section, "s3_store_large_object_chunk_size", 5)?,
        })
    }

    /// The container that `swift_store_*` name. Nobody is asked yet.
    ///
    /// # Errors
    /// The options are wrong.
    pub fn swift(section: &Section<'_>) -> Result<Self, OpenError> {
        let container = section.text("swift_store_container")?;
        let objects = SwiftStore::new(SwiftOptions::read_for_images(section)?)?;
        Ok(Self {
            objects: Arc::new(objects),
            kind: "swift",
            container,
            whole_bytes: mib(section, "swift_store_large_object_size", 1)?,
            part_bytes: mib(section, "swift_store_large_object_chunk_size", 1)?,
        })
    }

    fn object(&self, image: ImageId) -> Result<ObjectName, DriverError> {
        ObjectName::new(&self.container, &image.to_string())
    }
}

fn mib(section: &Section<'_>, name: &str, least: i64) -> Result<usize, OptionError> {
    let bytes = section.int_in(name, least..=5 << 10)?.saturating_mul(MIB);
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

impl ImageStore for ObjectImageStore {
    fn capabilities(&self) -> ImageCapabilities {
        ImageCapabilities { kind: self.kind, sparse: false, local_files: false, shared: true }
    }

    fn check(&self) -> Result<(), DriverError> {
        self.objects.check()
    }

    fn space(&self) -> Result<StoreSpace, DriverError> {
        // Nobody says.
        Ok(StoreSpace { total_bytes: u64::MAX, free_bytes: u64::MAX })
    }

    fn begin(&self, image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError> {
        let object = self.object(image)?;
        // Nobody else puts the same image now.
        self.objects.remove_parts(&object, None)?;
        Ok(Box::new(Writer::new(self.clone(), object)))
    }

    fn open(&self, image: ImageId) -> Result<Box<dyn Disk>, DriverError> {
        let object = self.object(image)?;
        let size_bytes = self.objects.length_of(&object)?;
        Ok(Box::new(ObjectDisk::new(Arc::clone(&self.objects), object, size_bytes)))
    }

    fn path_of(&self, _image: ImageId) -> Option<PathBuf> {
        None
    }

    fn url_of(&self, image: ImageId) -> String {
        self.object(image).map(|object| self.objects.address_of(&object)).unwrap_or_default()
    }

    fn remove(&self, image: ImageId) -> Result<(), DriverError> {
        let object = self.object(image)?;
        self.objects.remove(&object)?;
        self.objects.remove_parts(&object, None)
    }

    fn list(&self) -> Result<Vec<FoundImage>, DriverError> {
        let names = self.objects.list(&self.container, "")?.into_iter().map(|found| found.name);
        // The length in a list is not that of what was assembled.
        named::found(names, |id| self.objects.length_of(&self.object(id)?))
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        Ok(0)
    }
}
