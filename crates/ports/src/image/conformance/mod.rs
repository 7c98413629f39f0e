//! What every image store must do, as checks that any store can be put through.

use std::fmt;
use std::io;

use model::ImageId;
use thiserror::Error;

use super::{ImageCapabilities, ImageStore, ImageWriter};
use crate::volume::DriverError;

/// A store under test, and what the checks need beside it.
pub trait Subject {
    /// The store: fresh and empty.
    fn store(&self) -> &dyn ImageStore;

    /// The same store as a new process would have it.
    fn store_of_next_process(&self) -> Box<dyn ImageStore>;

    /// Puts a thing of somebody else's under a name of our form that no image has, and says whether it could.
    ///
    /// # Errors
    /// It could not be put there.
    fn plant_foreign(&self) -> io::Result<bool>;

    /// How many half-made things are there, as far as a store does not sweep them ([`ImageCapabilities::shared`]).
    ///
    /// # Errors
    /// They cannot be counted.
    fn left_over(&self) -> io::Result<usize> {
        Ok(0)
    }
}

/// Why a check failed.
#[derive(Debug, Error)]
pub enum Broken {
    /// A call failed that must succeed.
    #[error("{what}: {}", source.chain())]
    Failed {
        /// Which call.
        what: &'static str,
        /// Its error.
        source: DriverError,
    },
    /// The subject's own means, or reading what was opened, failed.
    #[error("the subject: {0}")]
    Subject(#[from] io::Error),
    /// Something is not as it must be.
    #[error("{0}")]
    Untrue(String),
}

/// One thing that a store must do.
pub type Check = (&'static str, fn(&dyn Subject) -> Result<(), Broken>);

/// Every check.
pub const CHECKS: &[Check] = &[
    ("what was put is read back, byte for byte", round_trip),
    ("zeros are kept as zeros and take no space where the store is sparse", sparse),
    ("nobody sees what is not finished, and dropping it leaves nothing", unfinished),
    ("what a killed process left is swept, and nothing else", swept),
    ("a second put takes the place of the first", replaced),
    ("removing twice is a success, and a reader reads on", removed),
    ("an empty image is an image", empty),
];

/// The checks that a store failed.
#[derive(Debug)]
pub struct Report {
    /// Name of the check, and why it failed.
    pub failed: Vec<(&'static str, Broken)>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} checks failed", self.failed.len())?;
        for (name, broken) in &self.failed {
            write!(f, "\n  {name}: {broken}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Report {}

/// Puts a store through every check, each with a fresh subject.
///
/// # Errors
/// The checks that it failed.
pub fn suite(make: &dyn Fn() -> Box<dyn Subject>) -> Result<(), Report> {
    let run = |(name, check): &Check| check(&*make()).err().map(|broken| (*name, broken));
    let failed: Vec<_> = CHECKS.iter().filter_map(run).collect();
    if failed.is_empty() { Ok(()) } else { Err(Report { failed }) }
}

/// A call that must succeed.
trait Must<T> {
    fn must(self, what: &'static str) -> Result<T, Broken>;
}

impl<T> Must<T> for Result<T, DriverError> {
    fn must(self, what: &'static str) -> Result<T, Broken> {
        self.map_err(|source| Broken::Failed { what, source })
    }
}

fn must_be(truth: bool, otherwise: impl FnOnce() -> String) -> Result<(), Broken> {
    if truth { Ok(()) } else { Err(Broken::Untrue(otherwise())) }
}

/// Bytes that are not all alike, and of no round length.
fn sample() -> Vec<u8> {
    (0..300_001_u32).map(|index| u8::try_from(index % 251).unwrap_or(0)).collect()
}

fn begun(subject: &dyn Subject, id: ImageId) -> Result<Box<dyn ImageWriter>, Broken> {
    subject.store().check().must("check")?;
    subject.store().begin(id).must("begin")
}

fn put(subject: &dyn Subject, id: ImageId, bytes: &[u8]) -> Result<(), Broken> {
    let mut writer = begun(subject, id)?;
    // Of odd lengths, so that no block is filled by one call.
    for part in bytes.chunks(70_001) {
        writer.write(part).must("write")?;
    }
    let length = writer.finish().must("finish")?;
    must_be(length == bytes.len() as u64, || format!("{length} bytes were put instead of {}", bytes.len()))
}

fn read(store: &dyn ImageStore, id: ImageId) -> Result<Vec<u8>, Broken> {
    let opened = store.open(id).must("open")?;
    let mut bytes = vec![0xa5; usize::try_from(opened.size_bytes()).unwrap_or(0)];
    opened.read_at(&mut bytes, 0)?;
    Ok(bytes)
}

fn round_trip(subject: &dyn Subject) -> Result<(), Broken> {
    let (id, bytes) = (ImageId::random(), sample());
    put(subject, id, &bytes)?;
    must_be(read(subject.store(), id)? == bytes, || "other bytes were read than put".to_owned())?;
    must_be(read(&*subject.store_of_next_process(), id)? == bytes, || "lost in a restart".to_owned())?;
    let opened = subject.store().open(id).must("open")?;
    let mut part = [0; 5];
    opened.read_at(&mut part, 251)?;
    must_be(part == [0, 1, 2, 3, 4], || format!("a part reads {part:?}"))?;
    must_be(opened.write_at(&[1], 0).is_err(), || "an image was written to".to_owned())?;
    if let Some(path) = subject.store().path_of(id) {
        must_be(std::fs::read(path)? == bytes, || "the file holds something else".to_owned())?;
    }
    let listed = subject.store().list().must("list")?;
    let (ids, sizes): (Vec<_>, Vec<_>) = listed.iter().map(|found| (found.id, found.size_bytes)).unzip();
    must_be((ids, sizes) == (vec![id], vec![300_001]), || format!("list: {listed:?}"))
}

fn sparse(subject: &dyn Subject) -> Result<(), Broken> {
    const HOLE: u64 = 8 << 20;
    let id = ImageId::random();
    let mut writer = begun(subject, id)?;
    writer.write(b"begin").must("write")?;
    writer.skip(HOLE).must("skip")?;
    writer.write(&vec![0; 4 << 20]).must("write")?;
    writer.write(b"end").must("write")?;
    writer.skip(1 << 20).must("skip")?;
    writer.finish().must("finish")?;
    let found = read(subject.store(), id)?;
    let end = 5 + (8 << 20) + (4 << 20);
    let good = found.len() == end + 3 + (1 << 20)
        && found.starts_with(b"begin")
        && &found[end..end + 3] == b"end"
        && found.iter().filter(|byte| **byte != 0).count() == 8;
    must_be(good, || "the zeros were not kept".to_owned())?;
    if subject.store().capabilities().sparse {
        let used = subject.store().list().must("list")?.first().map_or(u64::MAX, |found| found.used_bytes);
        must_be(used < 1 << 20, || format!("12 MiB of zeros take {used} bytes"))?;
    }
    Ok(())
}

fn is_missing(subject: &dyn Subject, id: ImageId) -> Result<(), Broken> {
    let opened = subject.store().open(id);
    must_be(matches!(opened, Err(DriverError::Missing { .. })), || format!("open: {opened:?}"))?;
    let listed = subject.store().list().must("list")?;
    must_be(listed.is_empty(), || format!("list: {listed:?}"))
}

fn unfinished(subject: &dyn Subject) -> Result<(), Broken> {
    let id = ImageId::random();
    let mut writer = begun(subject, id)?;
    writer.write(&sample()).must("write")?;
    is_missing(subject, id)?;
    drop(writer);
    is_missing(subject, id)?;
    let swept = subject.store().sweep().must("sweep")?;
    must_be(swept == 0 && subject.left_over()? == 0, || "something was left".to_owned())
}

fn swept(subject: &dyn Subject) -> Result<(), Broken> {
    let (whole, half) = (ImageId::random(), ImageId::random());
    put(subject, whole, b"whole")?;
    let foreign = subject.plant_foreign()?;
    let mut writer = begun(subject, half)?;
    writer.write(&sample()).must("write")?;
    let next = subject.store_of_next_process();
    next.check().must("check")?;
    let swept = next.sweep().must("sweep")?;
    must_be(swept == 0, || "what somebody is writing was swept".to_owned())?;
    writer.leave();
    let swept = next.sweep().must("sweep")?;
    if let ImageCapabilities { shared: true, .. } = next.capabilities() {
        must_be(swept == 0, || format!("{swept} things were swept that may be somebody's"))?;
        next.remove(half).must("remove")?;
        must_be(subject.left_over()? == 0, || "parts were left".to_owned())?;
        return must_be(read(&*next, whole)? == b"whole", || "another image was removed".to_owned());
    }
    must_be(swept == 1, || format!("{swept} were swept, with a foreign thing there: {foreign}"))?;
    must_be(next.sweep().must("sweep")? == 0, || "swept twice".to_owned())?;
    must_be(read(&*next, whole)? == b"whole", || "an image was swept".to_owned())
}

fn replaced(subject: &dyn Subject) -> Result<(), Broken> {
    let id = ImageId::random();
    put(subject, id, &sample())?;
    put(subject, id, b"second")?;
    must_be(read(subject.store(), id)? == b"second", || "the first is still there".to_owned())
}

fn removed(subject: &dyn Subject) -> Result<(), Broken> {
    let id = ImageId::random();
    put(subject, id, b"bytes")?;
    let opened = subject.store().open(id).must("open")?;
    let is_shared = subject.store().capabilities().shared;
    let opened = match subject.store().remove(id) {
        // Who reads is waited for.
        Err(DriverError::Busy { .. }) if is_shared => {
            drop(opened);
            subject.store().remove(id).must("remove")?;
            None
        }
        removed => removed.map(|()| Some(opened)).must("remove")?,
    };
    subject.store().remove(id).must("remove again")?;
    is_missing(subject, id)?;
    let Some(opened) = opened.filter(|_| !is_shared) else {
        return must_be(subject.left_over()? == 0, || "parts were left".to_owned());
    };
    let mut bytes = [0; 5];
    opened.read_at(&mut bytes, 0)?;
    must_be(&bytes == b"bytes", || "the reader lost what it reads".to_owned())
}

fn empty(subject: &dyn Subject) -> Result<(), Broken> {
    let id = ImageId::random();
    put(subject, id, b"")?;
    must_be(read(subject.store(), id)?.is_empty(), || "nothing became something".to_owned())
}
