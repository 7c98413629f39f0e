//! Compression of whole objects, by the words that documents and configuration have for it.

use std::io::{self, Read, Write};

use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// How much is tried before a large object is taken for one that does not shrink.
const SAMPLE_BYTES: usize = 64 << 10;

/// How an object is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Not at all.
    None,
    /// A zlib stream (RFC 1950), which the word `gzip` means too.
    Zlib,
    /// A bzip2 stream.
    Bzip2,
    /// One frame of Zstandard.
    Zstd,
}

impl Algorithm {
    /// Reads `backup_compression_algorithm`, or the word in a backup's metadata, in any case.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "none" | "off" | "no" => Some(Self::None),
            "zlib" | "gzip" => Some(Self::Zlib),
            "bz2" | "bzip2" => Some(Self::Bzip2),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The word that every reader knows.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::Bzip2 => "bz2",
            Self::Zstd => "zstd",
        }
    }

    /// `bytes` compressed; none when that is not smaller.
    pub(crate) fn compress(self, bytes: &[u8]) -> io::Result<Option<Vec<u8>>> {
        if self == Self::None || (bytes.len() > 4 * SAMPLE_BYTES && !self.samples_shrink(bytes)?) {
            return Ok(None);
        }
        let compressed = self.encode(bytes)?;
        Ok((compressed.len() < bytes.len()).then_some(compressed))
    }

    /// Whether a part from the begin, the middle or the end shrinks: data that is compressed or encrypted already
    /// does not, and is not worth the time.
    fn samples_shrink(self, bytes: &[u8]) -> io::Result<bool> {
        let last = bytes.len() - SAMPLE_BYTES;
        for at in [0, last / 4, last / 2, last / 4 * 3, last] {
            let sample = &bytes[at..at + SAMPLE_BYTES];
            if self.encode(sample)?.len() < sample.len() / 32 * 31 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let out = Vec::with_capacity(bytes.len() / 2);
        match self {
            Self::None => Ok(bytes.to_vec()),
            Self::Zlib => {
                let mut encoder = ZlibEncoder::new(out, flate2::Compression::new(4));
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Bzip2 => {
                let mut encoder = BzEncoder::new(out, bzip2::Compression::best());
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Self::Zstd => zstd::bulk::compress(bytes, zstd::DEFAULT_COMPRESSION_LEVEL),
        }
    }

    /// What `stored` yields decompressed, as it is read.
    pub(crate) fn decoder<'r>(self, stored: impl Read + 'r) -> io::Result<Box<dyn Read + 'r>> {
        Ok(match self {
            Self::None => Box::new(stored),
            Self::Zlib => Box::new(ZlibDecoder::new(stored)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(stored)),
            Self::Zstd => Box::new(zstd::stream::read::Decoder::new(stored)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Algorithm; 4] = [Algorithm::None, Algorithm::Zlib, Algorithm::Bzip2, Algorithm::Zstd];

    #[test]
    fn what_is_compressed_comes_back() {
        let bytes: Vec<u8> = (0..200_000_u32).flat_map(|n| (n / 100).to_le_bytes()).collect();
        for algorithm in ALL {
            let stored = algorithm.compress(&bytes).unwrap();
            assert_eq!(stored.is_none(), algorithm == Algorithm::None);
            let stored = stored.unwrap_or_else(|| bytes.clone());
            let mut read = Vec::new();
            algorithm.decoder(stored.as_slice()).unwrap().read_to_end(&mut read).unwrap();
            assert!(read == bytes, "{algorithm:?}");
        }
    }

    #[test]
    fn what_does_not_shrink_is_kept_as_it_is() {
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for length in [1, 1000, 1 << 20] {
            let bytes: Vec<u8> = (0..length).map(|_| noise()).collect();
            for algorithm in ALL {
                assert_eq!(algorithm.compress(&bytes).unwrap(), None, "{algorithm:?}, {length} bytes");
            }
        }
    }

    #[test]
    fn every_word_of_cinder_is_known() {
        for (word, algorithm) in [
            ("none", Algorithm::None),
            ("off", Algorithm::None),
            ("no", Algorithm::None),
            ("ZLIB", Algorithm::Zlib),
            ("gzip", Algorithm::Zlib),
            ("bz2", Algorithm::Bzip2),
            ("bzip2", Algorithm::Bzip2),
            ("zstd", Algorithm::Zstd),
        ] {
            assert_eq!(Algorithm::parse(word), Some(algorithm));
            assert_eq!(Algorithm::parse(algorithm.word()), Some(algorithm));
        }
        assert_eq!(Algorithm::parse("lzma"), None);
    }
}
