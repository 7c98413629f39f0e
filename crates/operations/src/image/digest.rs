//! What is found out about data in the one pass in which they are put: length, hashes, format.

use std::io;
use std::thread::{self, ScopedJoinHandle};

use inspect::{Report, Stream};
use md5::{Digest as _, Md5};
use ports::DriverError;
use sha2::{Digest as _, Sha256, Sha512};

/// From how many bytes on the two hashes, which take about the same time, and what is done beside them are threads of
/// their own. Each is waited for, so that no data are kept behind.
const WORTH_THREADS_BYTES: usize = 256 << 10;

/// The name of the hash in [`Known::sha512`].
pub(crate) const HASH_NAME: &str = "sha512";

/// What is known of data.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) size_bytes: u64,
    pub(crate) md5: String,
    pub(crate) sha512: String,
    pub(crate) report: Option<Report>,
    sha256: Option<String>,
}

impl Known {
    /// The hash of this name, when it was made.
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        match name {
            "md5" => Some(&self.md5),
            "sha512" => Some(&self.sha512),
            "sha256" => self.sha256.as_deref(),
            _ => None,
        }
    }
}

/// Takes data as they come.
pub(crate) struct Digest {
    md5: Md5Part,
    rest: Rest,
}

/// The half of a digest that is the MD5.
#[derive(Default)]
pub(crate) struct Md5Part(Md5);

/// All of a digest but the MD5.
pub(crate) struct Rest {
    size_bytes: u64,
    sha512: Sha512,
    sha256: Option<Sha256>,
    stream: Stream,
}

impl Md5Part {
    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }
}

impl Rest {
    /// Takes the next piece.
    pub(crate) fn feed(&mut self, piece: &[u8]) {
        self.size_bytes += piece.len() as u64;
        self.sha512.update(piece);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(piece);
        }
        self.stream.feed(piece);
    }
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// The same, with a further hash when it is asked for by its name.
    pub(crate) fn with(further: Option<&str>) -> Self {
        let sha256 = (further == Some("sha256")).then(Sha256::new);
        let rest = Rest { size_bytes: 0, sha512: Sha512::new(), sha256, stream: Stream::new() };
        Self { md5: Md5Part::default(), rest }
    }

    /// Its halves, which take about the same time: both are to be given the same data.
    pub(crate) fn apart(self) -> (Md5Part, Rest) {
        (self.md5, self.rest)
    }

    /// What [`Digest::apart`] gave, together again.
    pub(crate) fn of(md5: Md5Part, rest: Rest) -> Self {
        Self { md5, rest }
    }

    /// Takes the next pieces, while `put` does with them whatever else is to be done.
    ///
    /// # Errors
    /// Those of `put`, or there is no thread. What is known of the data is of no use then.
    pub(crate) fn feed(
        &mut self,
        pieces: &[&[u8]],
        put: impl FnOnce() -> Result<(), DriverError> + Send,
    ) -> Result<(), DriverError> {
        let (md5, rest) = (&mut self.md5, &mut self.rest);
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        if length < WORTH_THREADS_BYTES {
            pieces.iter().for_each(|piece| md5.feed(piece));
            pieces.iter().for_each(|piece| rest.feed(piece));
            return put();
        }
        thread::scope(|scope| {
            let hashing = named("image-md5")
                .spawn_scoped(scope, move || pieces.iter().for_each(|piece| md5.feed(piece)));
            let putting = named("image-put").spawn_scoped(scope, put);
            let (hashing, putting) = (hashing.map_err(no_thread())?, putting.map_err(no_thread())?);
            pieces.iter().for_each(|piece| rest.feed(piece));
            ended(hashing);
            ended(putting)
        })
    }

    pub(crate) fn finish(self) -> Known {
        Known {
            size_bytes: self.rest.size_bytes,
            md5: hex(&self.md5.0.finalize()),
            sha512: hex(&self.rest.sha512.finalize()),
            report: self.rest.stream.finish().ok(),
            sha256: self.rest.sha256.map(|hash| hex(&hash.finalize())),
        }
    }
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

fn no_thread() -> impl FnOnce(io::Error) -> DriverError {
    DriverError::io("starting a thread")
}

/// What a thread gave; its panic is passed on.
fn ended<T>(handle: ScopedJoinHandle<'_, T>) -> T {
    handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
