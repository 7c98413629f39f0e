//! Partition tables: a disk with a GPT (UEFI specification, chapter 5) or an MBR.

use super::Found;
use crate::Format;
use crate::field::Fields;
use crate::source::{Source, Unread};

const BOOT_SECTOR_BYTES: usize = 512;
const TABLE_AT: usize = 446;
const ENTRY_BYTES: usize = 16;
/// Sector sizes at which the header of a GPT stands in the second sector.
const SECTORS: [u64; 2] = [512, 4096];

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    let sector = source.read(0, BOOT_SECTOR_BYTES)?;
    let fields = Fields(&sector);
    if !fields.has(510, &[0x55, 0xaa]) {
        return Ok(None);
    }
    let mut is_partitioned = is_mbr(fields);
    for at in SECTORS {
        is_partitioned |= matches!(source.read(at, 8), Ok(header) if header == *b"EFI PART");
    }
    let mut found = Found::new(Format::Gpt);
    found.virtual_size_bytes = Some(source.len());
    Ok(is_partitioned.then_some(found))
}

/// Whether the four entries can be partitions; the boot sector of a file system has code there.
fn is_mbr(fields: Fields<'_>) -> bool {
    let entries = (0..4).map(|index| fields.part(TABLE_AT + index * ENTRY_BYTES, ENTRY_BYTES));
    let (mut used, mut all_valid) = (false, true);
    for entry in entries {
        all_valid &= matches!(entry.first(), Some(0x00 | 0x80));
        used |= entry.get(4).is_some_and(|kind| *kind != 0) && Fields(entry).u32_le(12) != 0;
    }
    used && all_valid
}
