//! The disk in an image, opened for copying it to a volume.
//!
//! What the image says about itself was looked at before anything opens it; whatever is more than a row of bytes is
//! opened by QEMU, in its own process and under limits, as exactly the format that was found.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use inspect::{Refused, expansion, inspect};
use model::{Image, ImageId, KeyId};
use ports::image::Web;
use ports::volume::{Access, Disk};
use ports::{DriverError, Exec, ImageStore, Work, nbd};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::ImageStores;
use super::conversion::{self, Conversion};
use super::import::fill::{self, fill};
use crate::Tools;

/// Formats whose bytes are the disk.
const BYTES: [&str; 6] = ["raw", "iso", "gpt", "ami", "ari", "aki"];
/// What an encrypted volume's bytes are.
const LUKS: &str = "luks";
/// Formats that QEMU reads, and what it calls them.
const QEMU: [(&str, &str); 5] =
    [("qcow2", "qcow2"), ("vmdk", "vmdk"), ("vdi", "vdi"), ("vhd", "vpc"), ("vhdx", "vhdx")];

/// What QEMU calls an image format that it reads and writes.
pub(crate) fn qemu_format(disk_format: &str) -> Option<&'static str> {
    QEMU.into_iter().find(|(ours, _)| *ours == disk_format).map(|(_, theirs)| theirs)
}

/// An image as a source of bytes: what has to be remembered when its record may be gone before they are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ImageSource {
    pub(crate) id: ImageId,
    /// What it was declared as.
    disk_format: String,
    container_format: String,
    /// The stores that keep its data.
    stores: Vec<String>,
    /// Where they are when no store keeps them.
    #[serde(default)]
    web: Option<OnTheWeb>,
    /// What opens the container in it, when it was made of an encrypted volume.
    #[serde(default)]
    pub(crate) key: Option<KeyId>,
}

/// Data on the web.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OnTheWeb {
    address: String,
    /// The name and the value of their hash, where it is known.
    hash: Option<(String, String)>,
}

/// What opens images.
#[derive(Clone)]
pub(crate) struct Opener {
    stores: Option<Arc<ImageStores>>,
    web: Option<Arc<dyn Web>>,
    /// The largest that is fetched.
    most_bytes: u64,
    exec: Exec,
}

impl Opener {
    pub(crate) fn of(tools: &Tools) -> Self {
        Self {
            stores: tools.image_stores.clone(),
            web: tools.image_web.clone(),
            most_bytes: tools.image_limits.as_ref().map_or(u64::MAX, |limits| limits.size_cap_bytes),
            exec: tools.exec.clone(),
        }
    }

    pub(crate) fn stores(&self) -> Option<&ImageStores> {
        self.stores.as_deref()
    }
}

/// The disk in an image.
pub(crate) struct OpenImage {
    disk: Box<dyn Disk>,
    _conversion: Option<Conversion<'static>>,
}

impl Deref for OpenImage {
    type Target = dyn Disk;

    fn deref(&self) -> &Self::Target {
        &*self.disk
    }
}

impl ImageSource {
    /// `key` is that of an image that was made of an encrypted volume.
    pub(crate) fn of(image: &Image, key: Option<KeyId>) -> Self {
        Self {
            id: image.id,
            disk_format: image.disk_format.clone().unwrap_or_default(),
            container_format: image.container_format.clone().unwrap_or_default(),
            stores: image.stores().map(str::to_owned).collect(),
            web: image.locations.first().map(|location| OnTheWeb {
                address: location.address().to_owned(),
                hash: image.os_hash_algo.clone().zip(image.os_hash_value.clone()),
            }),
            key,
        }
    }

    /// Whether no store keeps it.
    pub(crate) fn is_on_the_web(&self) -> bool {
        self.stores.is_empty() && self.web.is_some()
    }

    /// Opens the disk in it, for `work`. What is only on the web is fetched for that, and what is converted waits for
    /// its turn.
    ///
    /// # Errors
    /// Its data are elsewhere, are not what they were declared as, or would do harm.
    pub(crate) fn open(&self, opener: &Opener, work: &Work) -> Result<OpenImage, DriverError> {
        let id = self.id;
        if self.container_format == "compressed" {
            return Err(DriverError::Unsupported(format!("image {id} is compressed as a whole")));
        }
        let store = opener.stores().and_then(|stores| self.nearest(stores));
        let data = match store {
            Some(store) => store.open(id)?,
            None => self.fetch(opener)?,
        };
        let read_at = |buffer: &mut [u8], offset| data.read_at(buffer, offset);
        let unread = || DriverError::io(format!("looking at image {id}"));
        let report = inspect(data.size_bytes(), read_at).map_err(unread())?;
        let refused = |why: String| DriverError::Refused(format!("Image {id} is unacceptable: {why}"));
        // Nothing may have been written to the volume that it was made of.
        let is_container = self.key.is_some() && report.check(LUKS).is_ok();
        if !is_container {
            report.check(&self.disk_format).map_err(|error| refused(error.to_string()))?;
        }
        if BYTES.contains(&self.disk_format.as_str()) {
            return Ok(OpenImage { disk: data, _conversion: None });
        }
        let Some(format) = qemu_format(&self.disk_format) else {
            return Err(refused(format!("{} images are not converted", self.disk_format)));
        };
        if let Some(danger) = expansion(&report, read_at).map_err(unread())? {
            return Err(refused(Refused::Danger { format: report.format, danger }.to_string()));
        }
        let conversion = conversion::begin(work)?;
        let cpu_seconds = conversion::cpu_seconds(report.virtual_size_bytes.unwrap_or(0));
        let (exec, what) = (&opener.exec, format!("image {id}"));
        let path = store.and_then(|store| store.path_of(id));
        let Some(path) = path.as_deref().and_then(|path| path.to_str()) else {
            let disk = nbd::open_over(exec, &what, format, data, cpu_seconds)?;
            return Ok(OpenImage { disk, _conversion: Some(conversion) });
        };
        drop(data);
        let mut node = json!({
            "driver": format,
            // The image never changes, so nobody has to be kept from it.
            "file": { "driver": "file", "filename": path, "locking": "off", "aio": "threads" },
        });
        if matches!(format, "qcow2" | "vmdk") {
            node["backing"] = serde_json::Value::Null;
        }
        let disk = nbd::open_within(exec, &what, &node, Access::Read, cpu_seconds)?;
        Ok(OpenImage { disk, _conversion: Some(conversion) })
    }

    /// Fetches data that are only on the web, to a file without a name: what is looked at is what is copied.
    fn fetch(&self, opener: &Opener) -> Result<Box<dyn Disk>, DriverError> {
        /// One at a time: the file has the image's name for a moment.
        static FETCHING: Mutex<()> = Mutex::new(());
        let id = self.id;
        let at = self.web.as_ref().filter(|at| at.address.starts_with("http"));
        let (Some(at), Some(web), Some(stores)) = (at, &opener.web, opener.stores()) else {
            return Err(DriverError::Refused(format!(
                "the data of image {id} are in no store of the process that would copy them"
            )));
        };
        let staging = &*stores.staging;
        let _one = FETCHING.lock().unwrap_or_else(PoisonError::into_inner);
        staging.check()?;
        let from = fill::From::Web(web.open(&at.address)?);
        let known = fill(&Work::new(), from, staging, id, opener.most_bytes)?;
        let data = staging.open(id);
        staging.remove(id)?;
        if let Some((name, value)) = &at.hash
            && known.named(name).is_some_and(|found| !found.eq_ignore_ascii_case(value))
        {
            return Err(DriverError::Refused(format!(
                "the data of image {id} on the web have another {name}"
            )));
        }
        data
    }

    fn nearest<'s>(&self, stores: &'s ImageStores) -> Option<&'s Arc<dyn ImageStore>> {
        let mut kept: Vec<_> = self
            .stores
            .iter()
            .filter_map(|name| Some((stores.entry(name)?.weight, stores.writable(name)?)))
            .collect();
        kept.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        kept.into_iter().next().map(|(_, store)| store)
    }
}
