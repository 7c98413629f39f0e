//! Numbers in headers.

/// A stretch of header.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

macro_rules! number {
    ($name:ident, $kind:ty, $from:ident) => {
        /// The number at `at`; zero beyond the end of what was read.
        pub(crate) fn $name(self, at: usize) -> $kind {
            let bytes = self.0.get(at..).and_then(<[u8]>::first_chunk);
            bytes.map_or(0, |bytes| <$kind>::$from(*bytes))
        }
    };
}

impl<'a> Fields<'a> {
    number!(u16_le, u16, from_le_bytes);
    number!(u16_be, u16, from_be_bytes);
    number!(u32_le, u32, from_le_bytes);
    number!(u32_be, u32, from_be_bytes);
    number!(u64_le, u64, from_le_bytes);
    number!(u64_be, u64, from_be_bytes);

    /// Whether `text` stands at `at`.
    pub(crate) fn has(self, at: usize, text: &[u8]) -> bool {
        self.0.get(at..).is_some_and(|rest| rest.starts_with(text))
    }

    /// Up to `length` bytes at `at`.
    pub(crate) fn part(self, at: usize, length: usize) -> &'a [u8] {
        let rest = self.0.get(at..).unwrap_or_default();
        &rest[..length.min(rest.len())]
    }
}
