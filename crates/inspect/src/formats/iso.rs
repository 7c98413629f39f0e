//! ISO 9660 (ECMA-119): the primary volume descriptor in sector 16.

use super::Found;
use crate::Format;
use crate::field::Fields;
use crate::source::{Source, Unread};

const DESCRIPTOR_AT: u64 = 16 * 2048;
const DESCRIPTOR_BYTES: usize = 2048;
const PRIMARY: u8 = 1;

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let descriptor = source.read(DESCRIPTOR_AT, DESCRIPTOR_BYTES)?;
    let fields = Fields(&descriptor);
    if !fields.has(1, b"CD001") || descriptor.first() != Some(&PRIMARY) {
        return Ok(None);
    }
    let mut found = Found::new(Format::Iso);
    // Both numbers stand there twice, with the lowest byte first and last.
    found.virtual_size_bytes = Some(u64::from(fields.u32_le(80)) * u64::from(fields.u16_le(128)));
    Ok(Some(found))
}
