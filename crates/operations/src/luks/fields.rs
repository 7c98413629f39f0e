//! Fields of binary headers: big-endian numbers, and texts that end with a zero.

/// Appends a text that ends with a zero in a field of `length` bytes.
pub(super) fn push_text(bytes: &mut Vec<u8>, text: &str, length: usize) {
    let end = bytes.len() + length;
    bytes.extend(text.bytes().take(length - 1));
    bytes.resize(end, 0);
}

/// Reads one field after the other.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next `length` bytes; none behind the end.
    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.bytes(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.bytes(8)?.try_into().ok().map(u64::from_be_bytes)
    }

    pub(super) fn text(&mut self, length: usize) -> Option<&'a str> {
        let field = self.bytes(length)?;
        let end = field.iter().position(|byte| *byte == 0).unwrap_or(length);
        std::str::from_utf8(&field[..end]).ok()
    }
}
