//! Copying one disk to another: by sharing blocks where both are files of one file system that can, else only what is
//! not zeros, several requests at the same time, in bounded memory.

mod kernel;

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread;

use thiserror::Error;

use crate::Work;
use crate::volume::{Disk, DriverError, Extent};
use crate::work::Unwanted;

/// How many stretches are under way at the same time.
const IN_FLIGHT: usize = 4;
/// How much is read at once, and how often a copy looks whether it is still wanted.
const CHUNK_BYTES: u64 = 1 << 20;
/// The grain in which zeros are left out that the source calls data.
const GRAIN_BYTES: usize = 64 << 10;

/// What a copy finds at its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// All of it reads as zeros.
    Blank,
    /// Anything.
    Unknown,
}

/// Why a copy ended early. What was copied stays.
#[derive(Debug, Error)]
pub enum CopyError {
    /// The target is smaller than the source.
    #[error("{target_bytes} bytes cannot hold {source_bytes} bytes")]
    TooSmall {
        /// Length of the source.
        source_bytes: u64,
        /// Length of the target.
        target_bytes: u64,
    },
    /// The source cannot be read.
    #[error("reading at {offset_bytes}")]
    Read {
        /// Where.
        offset_bytes: u64,
        /// The storage's own.
        #[source]
        source: io::Error,
    },
    /// The target cannot be written.
    #[error("writing at {offset_bytes}")]
    Write {
        /// Where.
        offset_bytes: u64,
        /// The storage's own.
        #[source]
        source: io::Error,
    },
    /// It was called off.
    #[error("the copy was called off")]
    Unwanted(#[from] Unwanted),
}

impl From<CopyError> for DriverError {
    fn from(error: CopyError) -> Self {
        let what = error.to_string();
        match error {
            CopyError::TooSmall { .. } => Self::Refused(what),
            CopyError::Read { source, .. } | CopyError::Write { source, .. } => Self::Io { what, source },
            CopyError::Unwanted(unwanted) => Self::Unwanted(unwanted),
        }
    }
}

/// Makes the start of `to` what `from` is, and the rest of it zeros. It is durable when this returns.
///
/// # Errors
/// The disks' own, or the copy was called off. What was copied so far is of no use.
pub fn copy(from: &dyn Disk, to: &dyn Disk, target: Target, work: &Work) -> Result<(), CopyError> {
    let (source_bytes, target_bytes) = (from.size_bytes(), to.size_bytes());
    if source_bytes > target_bytes {
        return Err(CopyError::TooSmall { source_bytes, target_bytes });
    }
    work.set_total(source_bytes);
    if target == Target::Blank && kernel::share(from, to) {
        work.advance(source_bytes)?;
        return to.sync().map_err(|source| CopyError::Write { offset_bytes: 0, source });
    }
    let plan = Mutex::new(Plan { at: 0, extent: Extent { length_bytes: 0, is_zero: true } });
    let copier = Copier { from, to, target, work, plan: &plan };
    thread::scope(|scope| {
        let start = || thread::Builder::new().name("copy".to_owned()).spawn_scoped(scope, || copier.run());
        // Whoever gets no further thread copies with those that it has, at least with its own.
        let helpers: Vec<_> = (1..IN_FLIGHT).map_while(|_| start().ok()).collect();
        let mut result = copier.run();
        for helper in helpers {
            let theirs = helper.join().unwrap_or_else(|_| {
                let source = io::Error::other("a thread of the copy has panicked");
                Err(CopyError::Read { offset_bytes: 0, source })
            });
            result = first(result, theirs);
        }
        result
    })?;
    if target == Target::Unknown && target_bytes > source_bytes {
        copier.zero(source_bytes, target_bytes - source_bytes)?;
    }
    to.sync().map_err(|source| CopyError::Write { offset_bytes: 0, source })
}

/// The error that came first: those who stop because of it have none of their own.
fn first(one: Result<(), CopyError>, other: Result<(), CopyError>) -> Result<(), CopyError> {
    match (one, other) {
        (Err(CopyError::Unwanted(_)), Err(error)) | (Err(error), _) | (Ok(()), Err(error)) => Err(error),
        (Ok(()), Ok(())) => Ok(()),
    }
}

/// How far the stretches are handed out.
#[derive(Debug)]
struct Plan {
    at: u64,
    /// What is left of the stretch that begins there.
    extent: Extent,
}

struct Copier<'a> {
    from: &'a dyn Disk,
    to: &'a dyn Disk,
    target: Target,
    work: &'a Work,
    plan: &'a Mutex<Plan>,
}

impl Copier<'_> {
    /// Copies one stretch after the other until none is left. A failure leaves none to the others.
    fn run(&self) -> Result<(), CopyError> {
        let mut buffer = Vec::new();
        loop {
            let done = match self.next() {
                Ok(None) => return Ok(()),
                Ok(Some((at, extent))) => self.stretch(at, extent, &mut buffer),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                self.plan().at = u64::MAX;
                return Err(error);
            }
        }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next stretch, which nobody else gets.
    fn next(&self) -> Result<Option<(u64, Extent)>, CopyError> {
        let mut plan = self.plan();
        let (at, size_bytes) = (plan.at, self.from.size_bytes());
        if at >= size_bytes {
            return Ok(None);
        }
        if plan.extent.length_bytes == 0 {
            plan.extent =
                self.from.extent_at(at).map_err(|source| CopyError::Read { offset_bytes: at, source })?;
        }
        let most = if plan.extent.is_zero { u64::MAX } else { CHUNK_BYTES };
        let length_bytes = plan.extent.length_bytes.clamp(1, most).min(size_bytes - at);
        plan.at = at + length_bytes;
        plan.extent.length_bytes = plan.extent.length_bytes.saturating_sub(length_bytes);
        Ok(Some((at, Extent { length_bytes, is_zero: plan.extent.is_zero })))
    }

    fn stretch(&self, at: u64, extent: Extent, buffer: &mut Vec<u8>) -> Result<(), CopyError> {
        if extent.is_zero {
            if self.target == Target::Unknown {
                self.zero(at, extent.length_bytes)?;
            }
            return Ok(self.work.advance(extent.length_bytes)?);
        }
        if kernel::copy(self.from, self.to, at, extent.length_bytes) {
            return Ok(self.work.advance(extent.length_bytes)?);
        }
        buffer.resize(usize::try_from(extent.length_bytes).unwrap_or(usize::MAX), 0);
        self.from.read_at(buffer, at).map_err(|source| CopyError::Read { offset_bytes: at, source })?;
        self.write(buffer, at)?;
        Ok(self.work.advance(extent.length_bytes)?)
    }

    /// Writes what is not zeros, in runs as long as they can be.
    fn write(&self, bytes: &[u8], at: u64) -> Result<(), CopyError> {
        let mut start = 0_usize;
        for run in bytes.chunks(GRAIN_BYTES).map(is_zero).collect::<Vec<_>>().chunk_by(|a, b| a == b) {
            let end = (start + run.len() * GRAIN_BYTES).min(bytes.len());
            let offset_bytes = at + start as u64;
            if !run[0] {
                let written = self.to.write_at(&bytes[start..end], offset_bytes);
                written.map_err(|source| CopyError::Write { offset_bytes, source })?;
            } else if self.target == Target::Unknown {
                self.zero(offset_bytes, (end - start) as u64)?;
            }
            start = end;
        }
        Ok(())
    }

    fn zero(&self, at: u64, length_bytes: u64) -> Result<(), CopyError> {
        self.to.zero_at(at, length_bytes).map_err(|source| CopyError::Write { offset_bytes: at, source })
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().fold(0_u64, |all, word| all | u64::from_ne_bytes(*word)) == 0
        && rest.iter().all(|byte| *byte == 0)
}
