//! The layer around an image store.

use std::path::PathBuf;

use model::ImageId;

use super::Faults;
use super::faults::around;
use crate::image::{FoundImage, ImageCapabilities, ImageStore, ImageWriter, StoreSpace};
use crate::volume::{Disk, DriverError};

/// An image store with a point before and after each of its calls.
#[derive(Debug, Clone)]
pub struct ChaosImages<S> {
    inner: S,
    faults: Faults,
}

impl<S> ChaosImages<S> {
    /// `inner`, subject to `faults`.
    pub fn new(inner: S, faults: Faults) -> Self {
        Self { inner, faults }
    }
}

impl<S: ImageStore> ImageStore for ChaosImages<S> {
    fn capabilities(&self) -> ImageCapabilities {
        self.inner.capabilities()
    }

    fn check(&self) -> Result<(), DriverError> {
        self.faults.ask(around!("images", "check"), || self.inner.check())
    }

    fn space(&self) -> Result<StoreSpace, DriverError> {
        self.faults.ask(around!("images", "space"), || self.inner.space())
    }

    fn begin(&self, image: ImageId) -> Result<Box<dyn ImageWriter>, DriverError> {
        let inner = self.faults.ask(around!("images", "begin"), || self.inner.begin(image))?;
        Ok(Box::new(ChaosWriter { inner: Some(inner), faults: self.faults.clone() }))
    }

    fn open(&self, image: ImageId) -> Result<Box<dyn Disk>, DriverError> {
        self.faults.ask(around!("images", "open"), || self.inner.open(image))
    }

    fn path_of(&self, image: ImageId) -> Option<PathBuf> {
        self.inner.path_of(image)
    }

    fn url_of(&self, image: ImageId) -> String {
        self.inner.url_of(image)
    }

    fn remove(&self, image: ImageId) -> Result<(), DriverError> {
        self.faults.effect(around!("images", "remove"), || self.inner.remove(image))
    }

    fn list(&self) -> Result<Vec<FoundImage>, DriverError> {
        self.faults.ask(around!("images", "list"), || self.inner.list())
    }

    fn sweep(&self) -> Result<usize, DriverError> {
        self.faults.ask(around!("images", "sweep"), || self.inner.sweep())
    }
}

/// Data that are being put by a process that may die. A dead process removes nothing.
#[derive(Debug)]
struct ChaosWriter {
    inner: Option<Box<dyn ImageWriter>>,
    faults: Faults,
}

impl ChaosWriter {
    fn inner(&mut self) -> Result<&mut Box<dyn ImageWriter>, DriverError> {
        self.inner.as_mut().ok_or_else(|| DriverError::Refused("finished".to_owned()))
    }
}

impl ImageWriter for ChaosWriter {
    fn write(&mut self, bytes: &[u8]) -> Result<(), DriverError> {
        self.faults.point("images.write.before")?;
        self.inner()?.write(bytes)
    }

    fn skip(&mut self, length_bytes: u64) -> Result<(), DriverError> {
        self.inner()?.skip(length_bytes)
    }

    fn finish(mut self: Box<Self>) -> Result<u64, DriverError> {
        self.faults.point("images.finish.before")?;
        let inner = self.inner.take().ok_or_else(|| DriverError::Refused("finished".to_owned()))?;
        let answer = inner.finish();
        self.faults.point("images.finish.after")?;
        answer
    }

    fn leave(mut self: Box<Self>) {
        if let Some(inner) = self.inner.take() {
            inner.leave();
        }
    }
}

impl Drop for ChaosWriter {
    fn drop(&mut self) {
        if self.faults.is_crashed()
            && let Some(inner) = self.inner.take()
        {
            inner.leave();
        }
    }
}
