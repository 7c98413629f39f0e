//! RBD images: made and asked for by `rbd`, read and written through `qemu-nbd`.

use ports::DriverError;
use ports::exec::Call;
use ports::nbd;
use ports::volume::{Access, Disk};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Pool, WALK_WITHIN};

const PROGRAM: &str = "rbd";
/// What an image with a journal can do: what Ceph gives others by default, and the journal.
const JOURNALED: &str = "layering,exclusive-lock,object-map,fast-diff,deep-flatten,journaling";

/// How a new image is laid out; the cluster's own defaults unless something else is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// Size of the objects that an image consists of, in bytes: a power of two.
    pub object_bytes: Option<u64>,
    /// Stripe unit in bytes, and how many objects are written in turn.
    pub stripes: Option<(u64, u64)>,
    /// Whether it keeps a journal, for mirrors.
    pub is_journaled: bool,
}

/// A snapshot of an image.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// How long the image was, in bytes.
    #[serde(rename = "size")]
    pub size_bytes: u64,
}

#[derive(Deserialize)]
struct Info {
    size: u64,
}

impl Pool {
    /// Makes an image of zeros. One that is there, and as long, is left as it is.
    ///
    /// # Errors
    /// It was not made, or is there with another length.
    pub fn ensure_image(&self, image: &str, size_bytes: u64, layout: &Layout) -> Result<(), DriverError> {
        match self.image_bytes(image) {
            Ok(found) if found == size_bytes => return Ok(()),
            Ok(found) => {
                let why = format!("{} has {found} bytes already, and not {size_bytes}", self.named(image));
                return Err(DriverError::Refused(why));
            }
            Err(DriverError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let mut call = self.image("create", image).arg(format!("--size={size_bytes}B"));
        if let Some(bytes) = layout.object_bytes {
            call = call.arg(format!("--object-size={bytes}B"));
        }
        if let Some((unit_bytes, count)) = layout.stripes {
            call = call.arg(format!("--stripe-unit={unit_bytes}B")).arg(format!("--stripe-count={count}"));
        }
        if layout.is_journaled {
            call = call.arg(format!("--image-feature={JOURNALED}"));
        }
        self.run(&call, &|| self.named(image)).map(drop)
    }

    /// The length of an image, in bytes.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    pub fn image_bytes(&self, image: &str) -> Result<u64, DriverError> {
        self.read::<Info>(self.image("info", image), image).map(|info| info.size)
    }

    /// The names of all images of the pool.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when there is no such pool.
    pub fn image_names(&self) -> Result<Vec<String>, DriverError> {
        self.read(self.call(PROGRAM).arg("ls"), "the list of images")
    }

    /// Removes an image and its snapshots, unless one of them is protected.
    ///
    /// # Errors
    /// It is still there; [`DriverError::Busy`] when a client has it open.
    pub fn remove_image(&self, image: &str) -> Result<(), DriverError> {
        for verb in [&["snap", "purge"][..], &["rm"]] {
            let call = self.image_call(verb, image).arg("--no-progress").time_limit(WALK_WITHIN);
            match self.run(&call, &|| self.named(image)) {
                Err(DriverError::Missing { .. }) => return Ok(()),
                done => done?,
            };
        }
        Ok(())
    }

    /// The snapshots of an image, in the order in which they were made.
    ///
    /// # Errors
    /// [`DriverError::Missing`] when it is not there.
    pub fn snapshots(&self, image: &str) -> Result<Vec<Snapshot>, DriverError> {
        self.read(self.image_call(&["snap", "ls"], image), image)
    }

    /// Sees to it that an image has the snapshot `name`, and that nobody removes it by accident.
    ///
    /// # Errors
    /// It has not.
    pub fn ensure_snapshot(&self, image: &str, name: &str) -> Result<(), DriverError> {
        if !self.snapshots(image)?.iter().any(|found| found.name == name) {
            self.run(&self.snapshot_call("create", image, name).arg("--no-progress"), &|| self.named(image))?;
        }
        match self.run(&self.snapshot_call("protect", image, name), &|| self.named(image)) {
            Err(DriverError::Busy { .. }) => Ok(()),
            done => done.map(drop),
        }
    }

    /// Removes a snapshot of an image.
    ///
    /// # Errors
    /// It is still there; [`DriverError::Busy`] while another image builds on it.
    pub fn remove_snapshot(&self, image: &str, name: &str) -> Result<(), DriverError> {
        let there = match self.snapshots(image) {
            Err(DriverError::Missing { .. }) => return Ok(()),
            found => found?.into_iter().any(|found| found.name == name),
        };
        if !there {
            return Ok(());
        }
        match self.run(&self.snapshot_call("unprotect", image, name), &|| self.named(image)) {
            // It is not protected.
            Err(DriverError::Io { .. }) => {}
            done => drop(done?),
        }
        self.run(&self.snapshot_call("rm", image, name).arg("--no-progress"), &|| self.named(image)).map(drop)
    }

    /// Opens an image, or a snapshot of it, which can only be read.
    ///
    /// # Errors
    /// It is not there, or there is no `qemu-nbd` with a client of Ceph.
    pub fn open_image(
        &self,
        image: &str,
        snapshot: Option<&str>,
        access: Access,
    ) -> Result<Box<dyn Disk>, DriverError> {
        // QEMU says in many ways that something is not there; this says it in one.
        self.image_bytes(image)?;
        let mut node = json!({
            "driver": "rbd",
            "pool": self.name,
            "image": image,
            "conf": self.cluster.conf.display().to_string(),
            "user": self.cluster.user,
        });
        if let Some(snapshot) = snapshot {
            node["snapshot"] = snapshot.into();
        }
        let node = json!({ "driver": "raw", "file": node });
        nbd::open(&self.cluster.exec, &self.named(image), &node, access)
    }

    pub(super) fn image(&self, verb: &str, image: &str) -> Call {
        self.image_call(&[verb], image)
    }

    fn image_call(&self, verb: &[&str], image: &str) -> Call {
        self.call(PROGRAM).args(verb).arg(format!("--image={image}"))
    }

    fn snapshot_call(&self, verb: &str, image: &str, snapshot: &str) -> Call {
        self.image_call(&["snap", verb], image).arg(format!("--snap={snapshot}"))
    }

    /// What `call` prints as JSON.
    fn read<T: DeserializeOwned>(&self, call: Call, what: &str) -> Result<T, DriverError> {
        let done = self.run(&call.arg("--format=json"), &|| self.named(what))?;
        let odd = |error: serde_json::Error| DriverError::Refused(format!("rbd, of {what}: {error}"));
        serde_json::from_slice(&done.stdout).map_err(odd)
    }
}
