//! VHDX ([MS-VHDX]): a table of regions, one of which holds a table of metadata items.

use super::{Found, MAX_TABLE_ENTRIES};
use crate::field::Fields;
use crate::source::{MAX_READ_BYTES, Source, Unread};
use crate::{Danger, Format};

/// Where its two headers are, of which the one with the higher number counts, and their length.
const HEADERS_AT: [u64; 2] = [64 * 1024, 128 * 1024];
const HEADER_BYTES: usize = 4096;
const REGIONS_AT: u64 = 192 * 1024;
const REGIONS_BYTES: usize = 64 * 1024;
const ENTRY_BYTES: usize = 32;
/// Most entries of either table (the specification's own limit).
const MAX_ENTRIES: usize = 2047;

const BAT: [u8; 16] = guid(0x2DC2_7766, 0xF623, 0x4200, 0x9D64_115E_9BFD_4A08);
const METADATA: [u8; 16] = guid(0x8B7C_A206, 0x4790, 0x4B9A, 0xB8FE_575F_050F_886E);
const FILE_PARAMETERS: [u8; 16] = guid(0xCAA1_6737, 0xFA36, 0x4D43, 0xB3B6_33F0_AA44_E76B);
const VIRTUAL_SIZE: [u8; 16] = guid(0x2FA5_4224, 0xCD1B, 0x4876, 0xB211_5DBE_D83B_F4B8);
const PAGE_83: [u8; 16] = guid(0xBECA_12AB, 0xB2E6, 0x4523, 0x93EF_C309_E000_C746);
const LOGICAL_SECTOR: [u8; 16] = guid(0x8141_BF1D, 0xA96F, 0x4709, 0xBA47_F233_A8FA_AB5F);
const PHYSICAL_SECTOR: [u8; 16] = guid(0xCDA3_48C7, 0x445D, 0x4471, 0x9CC9_E988_5251_C556);
const PARENT_LOCATOR: [u8; 16] = guid(0xA8D3_5F2D, 0xB30B, 0x454D, 0xABF7_D3D8_4834_AB0C);

/// A GUID as it lies in the file: the first three numbers with their lowest byte first.
const fn guid(first: u32, second: u16, third: u16, rest: u64) -> [u8; 16] {
    let (first, second, third, rest) =
        (first.to_le_bytes(), second.to_le_bytes(), third.to_le_bytes(), rest.to_be_bytes());
    [
        first[0], first[1], first[2], first[3], second[0], second[1], third[0], third[1], rest[0], rest[1],
        rest[2], rest[3], rest[4], rest[5], rest[6], rest[7],
    ]
}

pub(super) fn examine(source: &dyn Source) -> Result<Option<Found>, Unread> {
    if source.read(0, 8)? != *b"vhdxfile" {
        return Ok(None);
    }
    let mut found = Found::new(Format::Vhdx);
    headers(source, &mut found)?;
    let Some(regions) = found.need("region table", source.read(REGIONS_AT, REGIONS_BYTES))? else {
        return Ok(Some(found));
    };
    let fields = Fields(&regions);
    let count = usize::try_from(fields.u32_le(8)).unwrap_or(usize::MAX);
    if !fields.has(0, b"regi") || count > MAX_ENTRIES {
        found.dangers.push(Danger::Malformed("region table"));
        return Ok(Some(found));
    }
    for at in entries(16, count) {
        let known = [BAT, METADATA].iter().any(|known| fields.has(at, known));
        let required = fields.u32_le(at + 28) & 1 != 0;
        found.danger_if(!known && required, Danger::UnknownFeatures(1));
    }
    let Some((at, length)) = metadata_region(fields, count) else {
        found.dangers.push(Danger::Malformed("metadata region"));
        return Ok(Some(found));
    };
    if let Some(region) = found.need("metadata region", source.read(at, length))? {
        metadata(Fields(&region), &mut found);
    }
    Ok(Some(found))
}

/// Looks whether it was closed: who opens one that was not has to replay its log, which QEMU does not when it only reads.
fn headers(source: &dyn Source, found: &mut Found) -> Result<(), Unread> {
    let mut current: Option<(u64, bool)> = None;
    for at in HEADERS_AT {
        let Some(bytes) = found.need("header", source.read(at, HEADER_BYTES))? else { return Ok(()) };
        let fields = Fields(&bytes);
        if !fields.has(0, b"head") || checksum(&bytes) != fields.u32_le(4) {
            continue;
        }
        let number = fields.u64_le(8);
        let has_log = fields.part(48, 16).iter().any(|byte| *byte != 0);
        if current.is_none_or(|(newest, _)| number > newest) {
            current = Some((number, has_log));
        }
    }
    match current {
        None => found.dangers.push(Danger::Malformed("header")),
        Some((_, has_log)) => found.danger_if(has_log, Danger::Log),
    }
    Ok(())
}

/// The CRC-32C of a header, in which its own field counts as zero.
fn checksum(header: &[u8]) -> u32 {
    /// Castagnoli's polynomial, its bits turned round.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let crc = header.iter().enumerate().fold(u32::MAX, |crc, (at, byte)| {
        let byte = if (4..8).contains(&at) { 0 } else { *byte };
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg()))
    });
    !crc
}

/// Where the block allocation table is, how many entries it has, and the size of a block; none when that is not said.
pub(crate) fn table(source: &dyn Source) -> Result<Option<(u64, u64, u64)>, Unread> {
    let regions = source.read(REGIONS_AT, REGIONS_BYTES)?;
    let fields = Fields(&regions);
    let count = usize::try_from(fields.u32_le(8)).unwrap_or(usize::MAX).min(MAX_ENTRIES);
    let Some(bat) = entries(16, count).find(|at| fields.has(*at, &BAT)) else { return Ok(None) };
    let (at, bytes) = (fields.u64_le(bat + 16), u64::from(fields.u32_le(bat + 24)));
    let Some((metadata_at, length)) = metadata_region(fields, count) else { return Ok(None) };
    let region = source.read(metadata_at, length)?;
    let fields = Fields(&region);
    let count = usize::from(fields.u16_le(10)).min(MAX_ENTRIES);
    let Some(item) = entries(32, count).find(|at| fields.has(*at, &FILE_PARAMETERS)) else { return Ok(None) };
    let offset = usize::try_from(fields.u32_le(item + 16)).unwrap_or(usize::MAX);
    Ok(Some((at, bytes / 8, u64::from(Fields(fields.part(offset, 8)).u32_le(0)))))
}

fn entries(first: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |index| first + index * ENTRY_BYTES)
}

fn metadata_region(fields: Fields<'_>, count: usize) -> Option<(u64, usize)> {
    let at = entries(16, count).find(|at| fields.has(*at, &METADATA))?;
    let length = usize::try_from(fields.u32_le(at + 24)).ok()?;
    // The table is 64 KiB, and the items stand behind it.
    (length >= REGIONS_BYTES).then_some((fields.u64_le(at + 16), length.min(MAX_READ_BYTES)))
}

/// Where the metadata are.
pub(super) fn metadata_place(head: &dyn Source) -> Result<Option<(u64, usize)>, Unread> {
    if head.read(0, 8)? != *b"vhdxfile" {
        return Ok(None);
    }
    let regions = head.read(REGIONS_AT, REGIONS_BYTES)?;
    let fields = Fields(&regions);
    let count = usize::try_from(fields.u32_le(8)).unwrap_or(usize::MAX);
    Ok(if count > MAX_ENTRIES { None } else { metadata_region(fields, count) })
}

fn metadata(fields: Fields<'_>, found: &mut Found) {
    let count = usize::from(fields.u16_le(10));
    if !fields.has(0, b"metadata") || count > MAX_ENTRIES {
        found.dangers.push(Danger::Malformed("metadata table"));
        return;
    }
    let (mut block, mut size) = (None, None);
    for at in entries(32, count) {
        let offset = usize::try_from(fields.u32_le(at + 16)).unwrap_or(usize::MAX);
        if fields.has(at, &FILE_PARAMETERS) {
            let parameters = Fields(fields.part(offset, 8));
            block = Some(u64::from(parameters.u32_le(0)));
            found.danger_if(parameters.u32_le(4) & 2 != 0, Danger::BackingFile);
        } else if fields.has(at, &VIRTUAL_SIZE) {
            let item = fields.part(offset, 8);
            size = (item.len() == 8).then(|| Fields(item).u64_le(0));
        } else if fields.has(at, &PARENT_LOCATOR) {
            found.dangers.push(Danger::BackingFile);
        } else if ![PAGE_83, LOGICAL_SECTOR, PHYSICAL_SECTOR].iter().any(|known| fields.has(at, known)) {
            // Bit 2 says that who does not know the item cannot use the disk.
            found.danger_if(fields.u32_le(at + 24) & 4 != 0, Danger::UnknownFeatures(2));
        }
    }
    found.virtual_size_bytes = size;
    found.danger_if(size.is_none_or(|size| i64::try_from(size).is_err()), Danger::Malformed("virtual size"));
    match block {
        Some(block) if block.is_power_of_two() && block >= 1 << 20 => {
            found.table("block allocation table", size.unwrap_or(0).div_ceil(block), MAX_TABLE_ENTRIES);
        }
        _ => found.dangers.push(Danger::Malformed("block size")),
    }
}
