//! What is found out about data in the one pass in which they are put: length, hashes, format.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use inspect::{Report, Stream};
use md5::Md5;
use sha2::{Digest as _, Sha256, Sha512};

/// Chunks that the second hash may be behind.
const MAX_BEHIND: usize = 8;

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

/// Takes data as they come. The MD5 is made on a thread of its own: the two hashes take about the same time.
pub(crate) struct Digest {
    size_bytes: u64,
    sha512: Sha512,
    sha256: Option<Sha256>,
    stream: Stream,
    md5: Option<SyncSender<bytes::Bytes>>,
    md5_made: Receiver<String>,
}

impl Digest {
    pub(crate) fn new() -> Self {
        Self::with(None)
    }

    /// The same, with a further hash when it is asked for by its name.
    pub(crate) fn with(further: Option<&str>) -> Self {
        let (md5, chunks) = sync_channel::<bytes::Bytes>(MAX_BEHIND);
        let (made, md5_made) = sync_channel(1);
        tokio::task::spawn_blocking(move || {
            let mut hash = Md5::new();
            for chunk in chunks {
                hash.update(&chunk);
            }
            // Nobody waits for the hash of data that were given up.
            let _ = made.send(hex(&hash.finalize()));
        });
        let sha256 = (further == Some("sha256")).then(Sha256::new);
        Self { size_bytes: 0, sha512: Sha512::new(), sha256, stream: Stream::new(), md5: Some(md5), md5_made }
    }

    pub(crate) fn feed(&mut self, chunk: &bytes::Bytes) {
        if let Some(md5) = &self.md5 {
            // The other end ends only after this one.
            let _ = md5.send(chunk.clone());
        }
        self.size_bytes += chunk.len() as u64;
        self.sha512.update(chunk);
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(chunk);
        }
        self.stream.feed(chunk);
    }

    pub(crate) fn finish(mut self) -> Known {
        drop(self.md5.take());
        Known {
            size_bytes: self.size_bytes,
            md5: self.md5_made.recv().unwrap_or_default(),
            sha512: hex(&self.sha512.finalize()),
            report: self.stream.finish().ok(),
            sha256: self.sha256.map(|hash| hex(&hash.finalize())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
